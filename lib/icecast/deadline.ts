/** A timer that fires later than this shows that the process did not run: it was paused, or its event loop was blocked. */
const MAX_TIMER_DELAY_MS = 200
/** ms that are granted after such a pause, to process what has arrived in the meantime. */
const GRACE_PERIOD_MS = 1000
/** An event loop that is blocked all the time does not extend a deadline for longer than this many grace periods. */
const MAX_GRACE_PERIODS = 5

/**
 * Calls `onExpire` after `ms`, like `setTimeout`. After a pause of the process (SIGSTOP, a suspended container, a blocked
 * event loop) timers fire before the sockets are read, so an answer that arrived in time would count as missing. Then the
 * deadline is extended. Returns a function that cancels it. It does not keep the process running.
 */
export function startDeadline (ms: number, onExpire: () => void): () => void {
  let gracePeriods = 0
  let timer: NodeJS.Timeout | undefined
  const wait = (delay: number) => {
    const dueAt = performance.now() + delay
    timer = setTimeout(() => {
      const wasPaused = performance.now() - dueAt > MAX_TIMER_DELAY_MS
      if (!wasPaused || gracePeriods === MAX_GRACE_PERIODS) return onExpire()
      gracePeriods++
      wait(Math.min(ms, GRACE_PERIOD_MS))
    }, delay).unref()
  }
  wait(ms)
  return () => clearTimeout(timer)
}
