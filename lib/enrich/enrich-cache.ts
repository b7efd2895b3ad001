/** As many are remembered; the one that was longest not played goes. */
const MOST = 1000
/** ms that what was found, or that there is nothing, is believed. */
const KEPT = 86_400_000
/** ms after which a song is asked about again when that failed. */
const KEPT_FAILURE = 60_000

interface Song {
  fields: object | null
  until: number
}

/** What is known of songs. */
export class EnrichCache {
  readonly #songs = new Map<string, Song>()

  /** Undefined: it has to be asked about; null: there is nothing to add, or not now. */
  get (key: string, tick: number): object | null | undefined {
    const song = this.#songs.get(key)
    if (song === undefined) return undefined
    this.#songs.delete(key)
    if (tick >= song.until) return undefined
    this.#songs.set(key, song)
    return song.fields
  }

  /** `found` is null where asking has failed. */
  set (key: string, found: { fields: object | null } | null, tick: number): void {
    this.#songs.delete(key)
    this.#songs.set(key, { fields: found?.fields ?? null, until: tick + (found === null ? KEPT_FAILURE : KEPT) })
    const [oldest] = this.#songs.keys()
    if (this.#songs.size > MOST && oldest !== undefined) this.#songs.delete(oldest)
  }
}
