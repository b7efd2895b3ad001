import type { FastifyBaseLogger } from 'fastify'
import { FST_ICECAST_CLOSED, FST_ICECAST_ENRICH_TIMEOUT } from '../errors.ts'
import { OutageLog, type OutageState } from '../log/outage-log.ts'
import type { StartedPlay } from '../stations/station-registry.ts'
import { EnrichCache } from './enrich-cache.ts'
import type { EnrichSettings } from './enrich-options.ts'
import type { FieldCheck, FieldsRead } from './fields.ts'

interface EnricherOptions extends Omit<EnrichSettings, 'schema' | 'wait'> {
  fields: FieldCheck
  /** Called once for each play passed to `request`, never synchronously. `fields` is null when there is nothing to add. */
  onResult (play: StartedPlay, fields: object | null): void
  log: FastifyBaseLogger
}

/** One song to look up, and the plays that need the result; several stations may play the same song. */
interface Lookup {
  key: string
  first: StartedPlay
  others: StartedPlay[]
}

/** Simultaneous calls of the handler: most web services allow few. */
const MAX_CONCURRENT = 4
/** Encoders choose how often titles change: beyond this many queued songs the oldest is dropped. */
const MAX_QUEUED = 100
/** Plays that may wait for one song. */
const MAX_WAITING_PLAYS = 1000

/** Calls the `enrich` handler once for each song and reports the result. A slow handler delays a track by at most `wait`. */
export class Enricher {
  readonly #options: EnricherOptions
  readonly #cache = new EnrichCache()
  readonly #lookups = new Map<string, Lookup>()
  readonly #queue: Lookup[] = []
  readonly #calls = new Set<AbortController>()
  readonly #failures: OutageLog
  readonly #invalidResults: OutageLog
  #isClosed = false

  constructor (options: EnricherOptions) {
    this.#options = options
    this.#failures = new OutageLog(options.log, null, {
      component: 'enrich', begins: () => '`enrich.handler` failed; tracks are published without its fields', ends: '`enrich.handler` succeeds again'
    })
    this.#invalidResults = new OutageLog(options.log, null, {
      component: 'enrich_fields', begins: () => '`enrich.handler` returned fields that `enrich.schema` does not allow; they are left out', ends: '`enrich.handler` returns valid fields again'
    })
  }

  get outages (): OutageState[] { return [this.#failures.state, this.#invalidResults.state] }

  request (play: StartedPlay): void {
    if (this.#isClosed) return
    const key = this.#keyOf(play)
    const known = this.#cache.get(key, performance.now())
    const lookup = this.#lookups.get(key)
    if (known !== undefined) this.#reportLater(play, known)
    else if (lookup === undefined) this.#enqueue({ key, first: play, others: [] })
    else if (lookup.others.length < MAX_WAITING_PLAYS) lookup.others.push(play)
    else this.#reportLater(play, null)
  }

  /** Aborts running calls; nothing is reported afterwards. */
  close (): void {
    this.#isClosed = true
    for (const call of this.#calls) call.abort(new FST_ICECAST_CLOSED())
  }

  /** A cached result is reported asynchronously too, so that callers of `request` are never re-entered. */
  #reportLater (play: StartedPlay, fields: object | null): void {
    queueMicrotask(() => this.#report(play, fields))
  }

  #report (play: StartedPlay, fields: object | null): void {
    if (!this.#isClosed) this.#options.onResult(play, fields)
  }

  #enqueue (lookup: Lookup): void {
    this.#lookups.set(lookup.key, lookup)
    this.#queue.push(lookup)
    for (const oldest of this.#queue.splice(0, this.#queue.length - MAX_QUEUED)) this.#drop(oldest)
    this.#startNext()
  }

  #drop ({ key, first, others }: Lookup): void {
    this.#lookups.delete(key)
    for (const play of [first, ...others]) this.#reportLater(play, null)
  }

  #startNext (): void {
    while (this.#calls.size < MAX_CONCURRENT) {
      const lookup = this.#queue.shift()
      if (lookup === undefined) return
      const call = new AbortController()
      this.#calls.add(call)
      this.#resolve(lookup, call)
    }
  }

  async #resolve ({ key, first, others }: Lookup, call: AbortController): Promise<void> {
    const result = await this.#call(first, call)
    this.#calls.delete(call)
    if (this.#isClosed) return
    this.#lookups.delete(key)
    this.#cache.set(key, result, performance.now())
    for (const play of [first, ...others]) this.#report(play, result?.fields ?? null)
    this.#startNext()
  }

  /** The valid fields of the result; null when the handler failed. */
  async #call ({ station, track }: StartedPlay, call: AbortController): Promise<FieldsRead | null> {
    const { handler, timeout, fields } = this.#options
    const { signal } = call
    const timer = setTimeout(() => call.abort(new FST_ICECAST_ENRICH_TIMEOUT(timeout)), timeout).unref()
    const invoke = async (): Promise<unknown> => await handler(Object.freeze({ ...track }), { station, signal })
    let result: FieldsRead | null = null
    try {
      result = fields.read(await Promise.race([invoke(), aborted(signal)]))
      const now = performance.now()
      this.#failures.recover(now)
      if (result.error === null) this.#invalidResults.recover(now)
      else this.#invalidResults.fail(result.error, now, now)
    } catch (error) {
      const now = performance.now()
      if (!this.#isClosed) this.#failures.fail(error, now, now)
    }
    clearTimeout(timer)
    return result
  }

  #keyOf ({ station, track: { artist, title, text } }: StartedPlay): string {
    const song = artist !== null && title !== null ? [artist, title] : [text]
    return JSON.stringify(this.#options.perStation ? [...song, { station }] : song)
  }
}

async function aborted (signal: AbortSignal): Promise<never> {
  return await new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
