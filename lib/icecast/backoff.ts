export interface Backoff {
  /** The ms to wait before the next attempt; grows with each call. */
  next (): number
  /** Call it after a success. */
  reset (): void
}

/**
 * Exponential backoff with full jitter, so that many readers of one broken server do not return together.
 * Each wait is between `floor` and `cap` ms.
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
