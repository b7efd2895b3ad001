import type { SavedStation } from '../stations/play-tracker.ts'

/** What is kept of a station across restarts, as plain JSON. `seenAt` is when it was last known to be right. */
export type StationMemory = SavedStation

/**
 * Keeps the tracks of stations across restarts: in a file, in Redis, in a table. The tests of `historyStoreTests` in
 * `fastify-icecast/testing` are its contract. A store that throws, rejects or hangs is logged and affects nothing else.
 */
export interface HistoryStore {
  /**
   * Returns everything that is kept, as pairs of a station's id and its memory: a Map, `Object.entries(…)` or any other
   * iterable. It is called once, before anything is saved, and may take 2 s. The result is validated: memories of an
   * unknown format are left out.
   */
  load (): Promise<Iterable<readonly [station: string, memory: unknown]>>
  /**
   * Replaces the memory of one station. Ids are any text: `main`, `dir/live.mp3`, `__proto__`. Calls for one station never
   * overlap; calls for several stations may. It is called when a track begins or ends, and about once a minute while
   * a track is playing. The memory is a copy that the store may keep.
   */
  save (station: string, memory: StationMemory): Promise<void>
  /** Called last, when the app closes. It and the last saves together may take 1 s. */
  close? (): Promise<void>
}
