import type { SavedStation } from '../stations/play-tracker.ts'

/** What is kept of a station over a restart: plain JSON. `seenAt` says when it was so. */
export type StationMemory = SavedStation

/**
 * Where stations' tracks are kept over a restart: a file, Redis, a table. Its contract is the tests of
 * `historyStoreTests` in `fastify-icecast/testing`. A store that throws, rejects or hangs is logged and harms nothing else.
 */
export interface HistoryStore {
  /**
   * Everything that is kept, each station with its memory: a Map, `Object.entries(…)` or anything else of that kind. It is
   * called once, before anything is saved, and waited for at the most 2 s. What comes is checked: a memory of an older
   * version, or one that isn't right, is left out.
   */
  load (): Promise<Iterable<readonly [station: string, memory: unknown]>>
  /**
   * Keeps a station's memory in the place of the one before. Ids are any text: `main`, `dir/live.mp3`, `__proto__`. Of one
   * station there is one call at a time, the next after it has settled; of several stations there may be many. It comes
   * when a track begins or ends, and about once a minute while one is on. The memory is a copy: it is the store's to keep.
   */
  save (station: string, memory: StationMemory): Promise<void>
  /** The app closes: nothing else is called after it. It, and the last saves before it, are waited for at the most 1 s. */
  close? (): Promise<void>
}
