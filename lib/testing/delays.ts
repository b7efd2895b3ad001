/** Functions that run later, unless they are cancelled before. */
export class Delays {
  readonly #timers = new Set<NodeJS.Timeout>()

  /** Runs a function after `ms`, or synchronously if there is nothing to wait for. */
  run (ms: number, run: () => void): void {
    if (ms <= 0) return run()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
  }

  cancel (): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
