/** One moment by two clocks. */
export interface Timestamp {
  /** ms since 1970, for published dates. This clock may be set forward or back. */
  wall: number
  /** ms by `performance.now()`, for durations. This clock only runs forward. */
  monotonic: number
}

export function iso (timestamp: Timestamp): string {
  return new Date(timestamp.wall).toISOString()
}

/** A moment `ms` later, or earlier if negative. */
export function after (timestamp: Timestamp, ms: number): Timestamp {
  return { wall: timestamp.wall + ms, monotonic: timestamp.monotonic + ms }
}
