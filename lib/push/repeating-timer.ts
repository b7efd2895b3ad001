/**
 * A repeating timer that does not keep the process alive.
 * When the process was paused (a suspended container, a blocked event loop), Node runs its timers before it handles the data
 * that has arrived in the meantime. A run that is late is therefore postponed until pending I/O has been handled, so that no
 * connection is judged by data that has not been read yet. Runs that were missed are not made up for: time in which the
 * process did not run can be left out by counting runs instead of comparing clocks.
 */
export class RepeatingTimer {
  readonly #callback: () => void
  readonly #interval: number
  #timer: NodeJS.Timeout | undefined
  #lastRun = 0

  /** `interval`: ms between two runs. */
  constructor (callback: () => void, interval: number) {
    this.#callback = callback
    this.#interval = interval
  }

  /** Does nothing when it is running already. */
  start (): void {
    if (this.#timer !== undefined) return
    this.#lastRun = performance.now()
    this.#timer = setInterval(() => this.#run(), this.#interval).unref()
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #run (): void {
    const now = performance.now()
    const isLate = now - this.#lastRun > 2 * this.#interval
    this.#lastRun = now
    if (!isLate) return this.#callback()
    setImmediate(() => { if (this.#timer !== undefined) this.#callback() })
  }
}
