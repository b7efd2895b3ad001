/** A token bucket: allows `capacity` uses at once, and one more each `refillIntervalMs`. */
export class TokenBucket {
  readonly #capacity: number
  readonly #refillIntervalMs: number
  #tokens: number
  /** When `#tokens` was last brought up to date, by the caller's clock in ms. */
  #updatedAt = 0

  constructor (capacity: number, refillIntervalMs: number) {
    this.#capacity = capacity
    this.#refillIntervalMs = refillIntervalMs
    this.#tokens = capacity
  }

  /** Takes one token. Taking one too many leaves the bucket empty, never in debt. */
  take (now: number): void {
    this.#tokens = Math.max(0, this.#tokensAt(now) - 1)
    this.#updatedAt = now
  }

  /** Returns the ms until a token is available; 0 when one is available now. */
  wait (now: number): number {
    return Math.max(0, 1 - this.#tokensAt(now)) * this.#refillIntervalMs
  }

  #tokensAt (now: number): number {
    return Math.min(this.#capacity, this.#tokens + (now - this.#updatedAt) / this.#refillIntervalMs)
  }
}
