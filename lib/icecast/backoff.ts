export interface Backoff {
  /** How many ms to wait before the next try; grows with each call. */
  next (): number
  /** After a success. */
  reset (): void
}

/**
 * Exponential with full jitter, so that many readers of one broken server don't return together.
 * Waits at least `floor`, at the most `cap` ms.
 */
export function backoff (floor: number, cap: number, random: () => number = Math.random): Backoff {
  let ceiling = floor
  return {
    next () {
      ceiling = Math.min(cap, ceiling * 2)
      return Math.max(floor, Math.round(random() * ceiling))
    },
    reset () { ceiling = floor }
  }
}
