/** How often the detector checks that the process is running. */
const CHECK_INTERVAL_MS = 500
/** A check that is late by more than this counts as a pause: SIGSTOP, a suspended container, a blocked event loop. */
const MAX_DELAY_MS = 2000

/** Detects that the process did not run for a while, so that this time does not count as time without an answer. */
export class PauseDetector {
  #lastRunAt: number
  #timer: NodeJS.Timeout | undefined

  /** `now`: the time by the monotonic clock, in ms. */
  constructor (now: number) {
    this.#lastRunAt = now
  }

  /** Calls `onCheck` regularly; it calls `hasPaused`. */
  start (onCheck: () => void): void {
    this.#lastRunAt = performance.now()
    this.#timer = setInterval(onCheck, CHECK_INTERVAL_MS).unref()
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  /** True once after each pause. To be called before anything that measures time: which timer fires first is not defined. */
  hasPaused (now: number): boolean {
    const hasPaused = now - this.#lastRunAt > CHECK_INTERVAL_MS + MAX_DELAY_MS
    this.#lastRunAt = now
    return hasPaused
  }
}
