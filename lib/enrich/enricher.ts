import type { FastifyBaseLogger } from 'fastify'
import { FST_ICECAST_CLOSED, FST_ICECAST_ENRICH_TIMEOUT } from '../errors.ts'
import type { Enrich } from '../options/options.ts'
import { OutageLog } from '../log/outage-log.ts'
import type { Track } from '../schemas.ts'
import type { StartedPlay } from '../stations/station-registry.ts'
import type { FieldCheck, FieldsRead } from './fields.ts'
import { EnrichCache } from './enrich-cache.ts'

interface EnricherOptions {
  enrich: Enrich
  /** ms that it may take. */
  enrichTimeout: number
  fields: FieldCheck
  /** Comes once for each play that was asked about, later than the asking; null: there is nothing to add. */
  onFound (begun: StartedPlay, fields: object | null): void
  log: FastifyBaseLogger
}

/** A song that is asked about, and the plays that wait for it: those of other stations too. */
interface Question {
  key: string
  first: StartedPlay
  others: StartedPlay[]
}

/** Calls of the hook at the same time: most services that it may ask want few. */
const AT_ONCE = 4
/** Encoders choose how often titles change: of songs that wait to be asked about, the oldest goes. */
const MOST_WAITING = 100
/** Plays that wait for one song. */
const MOST_OTHERS = 1000

/** Asks the user's hook about each song, once, and hands on what it finds. Whatever the hook does, nothing waits for it. */
export class Enricher {
  readonly #options: EnricherOptions
  readonly #songs = new EnrichCache()
  readonly #questions = new Map<string, Question>()
  readonly #waiting: Question[] = []
  readonly #calls = new Set<AbortController>()
  readonly #failures: OutageLog
  readonly #mistakes: OutageLog
  /** The hook has looked at the station: what it says holds for that one alone. */
  #isByStation = false
  #isClosed = false

  constructor (options: EnricherOptions) {
    this.#options = options
    this.#failures = new OutageLog(options.log, null, {
      begins: '`enrich` failed; tracks go without what it would add', ends: '`enrich` works again'
    })
    this.#mistakes = new OutageLog(options.log, null, {
      begins: '`enrich` gave what `trackFields` does not allow', ends: '`enrich` gives what `trackFields` allows again'
    })
  }

  ask (begun: StartedPlay): void {
    if (this.#isClosed) return
    const key = this.#keyOf(begun)
    const known = this.#songs.get(key, performance.now())
    const question = this.#questions.get(key)
    if (known !== undefined) this.#answer(begun, known)
    else if (question === undefined) this.#add({ key, first: begun, others: [] })
    else if (question.others.length < MOST_OTHERS) question.others.push(begun)
    else this.#answer(begun, null)
  }

  /** Tells the hook to stop; nobody is told anything any more. */
  close (): void {
    this.#isClosed = true
    for (const call of this.#calls) call.abort(new FST_ICECAST_CLOSED())
  }

  /** Later, as if it had been asked for: whoever asks need not expect the answer in the middle of it. */
  #answer (begun: StartedPlay, fields: object | null): void {
    queueMicrotask(() => this.#tell(begun, fields))
  }

  #tell (begun: StartedPlay, fields: object | null): void {
    if (!this.#isClosed) this.#options.onFound(begun, fields)
  }

  #add (question: Question): void {
    this.#questions.set(question.key, question)
    this.#waiting.push(question)
    for (const oldest of this.#waiting.splice(0, this.#waiting.length - MOST_WAITING)) this.#drop(oldest)
    this.#goOn()
  }

  #drop ({ key, first, others }: Question): void {
    this.#questions.delete(key)
    for (const begun of [first, ...others]) this.#answer(begun, null)
  }

  #goOn (): void {
    while (this.#calls.size < AT_ONCE) {
      const question = this.#waiting.shift()
      if (question === undefined) return
      const call = new AbortController()
      this.#calls.add(call)
      this.#resolve(question, call)
    }
  }

  async #resolve (question: Question, call: AbortController): Promise<void> {
    const { first, others } = question
    const found = await this.#find(first, call)
    this.#calls.delete(call)
    if (this.#isClosed) return
    this.#questions.delete(question.key)
    this.#songs.set(question.key, found, performance.now())
    this.#tell(first, found?.fields ?? null)
    for (const begun of others) {
      if (this.#isByStation && begun.station !== first.station) this.ask(begun)
      else this.#tell(begun, found?.fields ?? null)
    }
    this.#goOn()
  }

  /** Null: the hook failed. */
  async #find (begun: StartedPlay, call: AbortController): Promise<FieldsRead | null> {
    const { enrichTimeout, fields } = this.#options
    const limit = setTimeout(() => call.abort(new FST_ICECAST_ENRICH_TIMEOUT(enrichTimeout)), enrichTimeout).unref()
    let found: FieldsRead | null = null
    try {
      found = fields.read(await Promise.race([this.#call(begun, call.signal), aborted(call.signal)]))
      const now = performance.now()
      this.#failures.recover(now)
      if (found.error === null) this.#mistakes.recover(now)
      else this.#mistakes.fail(found.error, now, now)
    } catch (error) {
      const now = performance.now()
      if (!this.#isClosed) this.#failures.fail(error, now, now)
    }
    clearTimeout(limit)
    return found
  }

  async #call ({ station, track }: StartedPlay, signal: AbortSignal): Promise<unknown> {
    const look = (): string => {
      this.#askByStation()
      return station
    }
    const copy: Track = Object.freeze({ ...track })
    return await this.#options.enrich(copy, { signal, get station () { return look() } })
  }

  #askByStation (): void {
    if (this.#isByStation) return
    this.#isByStation = true
    const questions = [...this.#questions.values()]
    this.#questions.clear()
    for (const question of questions) {
      question.key = this.#keyOf(question.first)
      this.#questions.set(question.key, question)
    }
  }

  #keyOf ({ station, track: { artist, title, text } }: StartedPlay): string {
    const song = artist !== null && title !== null ? [artist, title] : [text]
    return JSON.stringify(this.#isByStation ? [...song, { station }] : song)
  }
}

async function aborted (signal: AbortSignal): Promise<never> {
  return await new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
