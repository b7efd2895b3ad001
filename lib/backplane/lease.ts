/** The time for which this instance leads, unless it extends it. By the monotonic clock, so that a clock that is set does no harm. */
export class Lease {
  readonly #onEnd: () => void
  #until = -Infinity
  #timer: NodeJS.Timeout | undefined

  /** `onEnd`: the lease has ended without being extended. */
  constructor (onEnd: () => void) {
    this.#onEnd = onEnd
  }

  get isHeld (): boolean { return performance.now() < this.#until }

  /** The time since its end, in ms; negative before. */
  get overdueMs (): number { return performance.now() - this.#until }

  /** `until`: by the monotonic clock, in ms. */
  extend (until: number): void {
    this.#until = until
    this.stopTimer()
    this.#timer = setTimeout(this.#onEnd, Math.max(0, until - performance.now())).unref()
  }

  /** `onEnd` is not called any more. */
  stopTimer (): void {
    clearTimeout(this.#timer)
  }
}
