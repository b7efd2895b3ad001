/** What a client has asked for. */
export interface Selection {
  /** The ids of the stations; null: all. */
  readonly stations: ReadonlySet<string> | null
  /** The most earlier tracks of each station; Infinity: all. */
  readonly history: number
  /** Whether the client receives changes of listener numbers alone. */
  readonly hasListeners: boolean
}

/** The same key for the same stations in any order. */
export function keyOfStations (stations: ReadonlySet<string> | null): string {
  return stations === null ? '' : JSON.stringify([...stations].sort())
}

/** The same key for the same selection. */
export function keyOf ({ stations, history, hasListeners }: Selection): string {
  return `${history} ${hasListeners} ${keyOfStations(stations)}`
}
