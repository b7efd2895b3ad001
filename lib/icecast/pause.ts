/** Resolves after `ms`, or as soon as `signal` fires. A process that has nothing else to do may exit. */
export function pause (ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms).unref()
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
