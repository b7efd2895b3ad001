import type { Station } from '../schemas.ts'

/** The station with at most this many earlier tracks. */
export function limitHistory (station: Station, length: number): Station {
  return station.history.length <= length ? station : { ...station, history: station.history.slice(0, length) }
}
