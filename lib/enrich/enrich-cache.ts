/** The least recently played songs are forgotten beyond this number. */
const MAX_SONGS = 1000
/** How long a result is used, also that there is nothing to add. */
const RESULT_TTL_MS = 86_400_000
/** How long after a failed lookup the same song is not looked up again. */
const FAILURE_TTL_MS = 60_000

interface Entry {
  fields: object | null
  expiresAt: number
}

/** What `enrich.handler` has returned for each song. `now` is a monotonic time in ms. */
export class EnrichCache {
  readonly #entries = new Map<string, Entry>()

  /** Undefined when the song must be looked up; null when there is nothing to add, or the last lookup failed a moment ago. */
  get (key: string, now: number): object | null | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (now >= entry.expiresAt) return undefined
    this.#entries.set(key, entry)
    return entry.fields
  }

  /** `result` is null when the lookup failed. */
  set (key: string, result: { fields: object | null } | null, now: number): void {
    this.#entries.delete(key)
    this.#entries.set(key, { fields: result?.fields ?? null, expiresAt: now + (result === null ? FAILURE_TTL_MS : RESULT_TTL_MS) })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MAX_SONGS && oldest !== undefined) this.#entries.delete(oldest)
  }
}
