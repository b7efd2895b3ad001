import type { FastifyBaseLogger } from 'fastify'
import type { FieldCheck } from '../enrich/fields.ts'
import { FST_ICECAST_STORE_TIMEOUT } from '../errors.ts'
import { OutageLog } from '../log/outage-log.ts'
import { readSavedStations } from './read-saved-stations.ts'
import type { HistoryStore, StationMemory } from './store.ts'
import { withTimeout } from './with-timeout.ts'

interface KeeperOptions {
  store: HistoryStore
  /** What is to be kept of a station now. */
  recall (station: string): StationMemory | undefined
  /** What tracks have of the user's own; null: nothing. */
  fields: FieldCheck | null
  log: FastifyBaseLogger
}

// All in ms.

/** Start-up waits for a store no longer. */
const LOAD_LIMIT = 2000
/** From one save of what is on to the next, which tells that it is still on. */
const REFRESH = 60_000
/** For the last saves, and for closing the store. */
const LAST_LIMIT = 750
const CLOSE_LIMIT = 250

interface Kept {
  /** What was last saved, but for when. */
  saved: string | null
  isSaving: boolean
  /** Ends with the saves that are under way. */
  saves: Promise<void>
  /** The one that is under way was already at the last refresh. */
  isSlow: boolean
  /** Something has changed since the save that is under way began. */
  isBehind: boolean
}

/** Keeps what stations have played in a store, and gets it back from there. Whatever the store does, nothing waits for it. */
export class HistorySaver {
  readonly #options: KeeperOptions
  readonly #outage: OutageLog
  readonly #stations = new Map<string, Kept>()
  #timer: NodeJS.Timeout | undefined
  #isLoaded = false
  #closing: Promise<void> | null = null
  #isOver = false

  constructor (options: KeeperOptions) {
    this.#options = options
    this.#outage = new OutageLog(options.log, null, {
      begins: '`store` can not keep the history; trying again with each change', ends: '`store` keeps the history again'
    })
  }

  /** What was kept, of each station. Never rejects. Until it has ended nothing is saved. */
  async load (): Promise<ReadonlyMap<string, StationMemory>> {
    const memories = await this.#load()
    if (this.#closing !== null) return memories
    for (const [station, memory] of memories) this.#kept(station).saved = print(memory)
    this.#timer = setInterval(() => this.#refresh(), REFRESH).unref()
    this.#isLoaded = true
    return memories
  }

  /** Something about a station has changed: what is new is saved. */
  note (station: string): void {
    if (!this.#isLoaded || this.#closing !== null) return
    const kept = this.#kept(station)
    const memory = this.#options.recall(station)
    if (memory !== undefined && !isSaved(memory, kept)) this.#save(station, kept)
  }

  /** Saves how things are now, and closes the store. Never rejects. */
  async close (): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #load (): Promise<ReadonlyMap<string, StationMemory>> {
    const { store, fields, log } = this.#options
    try {
      return readSavedStations(await withTimeout(LOAD_LIMIT, 'load', () => store.load()), fields)
    } catch (err) {
      log.warn({ err }, '`store` did not give the history back; it begins anew')
      return new Map()
    }
  }

  async #close (): Promise<void> {
    const { store, log } = this.#options
    clearInterval(this.#timer)
    this.#refresh()
    try {
      await withTimeout(LAST_LIMIT, 'save', () => Promise.all(Array.from(this.#stations.values(), ({ saves }) => saves)))
    } catch (err) {
      log.warn({ err }, '`store` did not keep the latest of the history')
    }
    this.#isOver = true
    try {
      await withTimeout(CLOSE_LIMIT, 'close', () => store.close?.())
    } catch (err) {
      log.warn({ err }, '`store` did not close')
    }
  }

  #refresh (): void {
    for (const [station, kept] of this.#stations) {
      // It is waited for all the same: of one station there is one save at a time.
      if (kept.isSlow) this.#fail(new FST_ICECAST_STORE_TIMEOUT('save', REFRESH))
      kept.isSlow = kept.isSaving
      const memory = this.#options.recall(station)
      if (memory === undefined) {
        if (!kept.isSaving) this.#stations.delete(station)
      } else if (memory.track !== null || !isSaved(memory, kept)) {
        this.#save(station, kept)
      }
    }
  }

  #kept (station: string): Kept {
    const kept = this.#stations.get(station) ?? { saved: null, isSaving: false, saves: Promise.resolve(), isSlow: false, isBehind: false }
    this.#stations.set(station, kept)
    return kept
  }

  #save (station: string, kept: Kept): void {
    kept.isBehind = true
    if (kept.isSaving) return
    kept.isSaving = true
    kept.saves = this.#saveAll(station, kept)
  }

  /** One at a time, until nothing has changed meanwhile. */
  async #saveAll (station: string, kept: Kept): Promise<void> {
    while (kept.isBehind && !this.#isOver) {
      kept.isBehind = kept.isSlow = false
      const memory = this.#options.recall(station)
      if (memory === undefined) break
      const saved = print(memory)
      try {
        await this.#options.store.save(station, JSON.parse(JSON.stringify(memory)))
        kept.saved = saved
        this.#outage.recover(performance.now())
      } catch (error) {
        this.#fail(error)
      }
    }
    kept.isSaving = kept.isSlow = false
  }

  #fail (error: unknown): void {
    const now = performance.now()
    this.#outage.fail(error, now, now)
  }
}

function isSaved (memory: StationMemory, { saved }: Kept): boolean {
  return print(memory) === saved
}

/** All but when it was so, which is another moment each time. */
function print ({ track, history }: StationMemory): string {
  return JSON.stringify([track, history])
}
