/** A moment by two clocks: people's, which may jump, and one that only runs forward. */
export interface Moment {
  /** ms since 1970, for what people read. */
  date: number
  /** ms since some start, for measuring how long ago. */
  tick: number
}

export function iso (moment: Moment): string {
  return new Date(moment.date).toISOString()
}

/** As much later, or earlier, by both clocks. */
export function after (moment: Moment, ms: number): Moment {
  return { date: moment.date + ms, tick: moment.tick + ms }
}
