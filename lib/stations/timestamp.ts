/** A moment by two clocks: people's, which may jump, and one that only runs forward. */
export interface Timestamp {
  /** ms since 1970, for what people read. */
  wall: number
  /** ms since some start, for measuring how long ago. */
  monotonic: number
}

export function iso (moment: Timestamp): string {
  return new Date(moment.wall).toISOString()
}

/** As much later, or earlier, by both clocks. */
export function after (moment: Timestamp, ms: number): Timestamp {
  return { wall: moment.wall + ms, monotonic: moment.monotonic + ms }
}
