/** So many at once, and another one each `every` ms. */
export class TokenBucket {
  readonly #burst: number
  readonly #every: number
  #left: number
  #countedAt = 0

  constructor (burst: number, every: number) {
    this.#burst = burst
    this.#every = every
    this.#left = burst
  }

  take (now: number): void {
    this.#left = Math.max(0, this.#leftAt(now) - 1)
    this.#countedAt = now
  }

  /** ms until there is one to take. */
  wait (now: number): number {
    return Math.max(0, 1 - this.#leftAt(now)) * this.#every
  }

  #leftAt (now: number): number {
    return Math.min(this.#burst, this.#left + (now - this.#countedAt) / this.#every)
  }
}
