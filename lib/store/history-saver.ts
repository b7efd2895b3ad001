import type { FastifyBaseLogger } from 'fastify'
import type { FieldCheck } from '../enrich/fields.ts'
import { FST_ICECAST_STORE_TIMEOUT } from '../errors.ts'
import { OutageLog, type OutageState } from '../log/outage-log.ts'
import { readSavedStations } from './read-saved-stations.ts'
import type { HistoryStore, StationMemory } from './store.ts'
import { withTimeout } from './with-timeout.ts'

interface HistorySaverOptions {
  store: HistoryStore
  /** What is to be saved of a station now; undefined when the station no longer exists. */
  toSaved (station: string): StationMemory | undefined
  /** Validates the fields that `enrich` added to saved tracks; null when `enrich` is not used. */
  fields: FieldCheck | null
  log: FastifyBaseLogger
}

/** The app starts without the history after this time. */
const LOAD_TIMEOUT_MS = 2000
/** While a track is on it is saved this often, which keeps `seenAt` up to date. */
const REFRESH_INTERVAL_MS = 60_000
const LAST_SAVES_TIMEOUT_MS = 750
const CLOSE_TIMEOUT_MS = 250

interface StationSaves {
  /** What was saved last, without `seenAt`; null before the first save. */
  lastSaved: string | null
  isSaving: boolean
  /** Settles when the saves in progress have ended. */
  saves: Promise<void>
  /** The save in progress had already begun at the last refresh. */
  isSlow: boolean
  /** Something has changed since the save in progress began. */
  hasUnsavedChange: boolean
}

/** Saves what stations have played to a store, and loads it at start-up. Nothing else waits for the store, whatever it does. */
export class HistorySaver {
  readonly #options: HistorySaverOptions
  readonly #outage: OutageLog
  readonly #stations = new Map<string, StationSaves>()
  #timer: NodeJS.Timeout | undefined
  #isLoaded = false
  #closing: Promise<void> | null = null
  #isClosed = false

  constructor (options: HistorySaverOptions) {
    this.#options = options
    this.#outage = new OutageLog(options.log, null, {
      component: 'store', begins: () => '`store.save()` reported an error; saving again with the next change', ends: '`store.save()` succeeds again'
    })
  }

  get outages (): OutageState[] { return [this.#outage.state] }

  /** The saved stations. Never rejects. Nothing is saved before it has ended. */
  async load (): Promise<ReadonlyMap<string, StationMemory>> {
    const memories = await this.#load()
    if (this.#closing !== null) return memories
    for (const [station, memory] of memories) this.#savesOf(station).lastSaved = withoutTime(memory)
    this.#timer = setInterval(() => this.#refresh(), REFRESH_INTERVAL_MS).unref()
    this.#isLoaded = true
    return memories
  }

  /** Saves a station if what is to be saved has changed. */
  noteChange (station: string): void {
    if (!this.#isLoaded || this.#closing !== null) return
    const saves = this.#savesOf(station)
    const memory = this.#options.toSaved(station)
    if (memory !== undefined && !isSaved(memory, saves)) this.#save(station, saves)
  }

  /** Saves the current state and closes the store. Never rejects. */
  async close (): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #load (): Promise<ReadonlyMap<string, StationMemory>> {
    const { store, fields, log } = this.#options
    try {
      return readSavedStations(await withTimeout(LOAD_TIMEOUT_MS, 'load', () => store.load()), fields)
    } catch (err) {
      log.warn({ err }, '`store.load()` failed; starting with an empty history')
      return new Map()
    }
  }

  async #close (): Promise<void> {
    const { store, log } = this.#options
    clearInterval(this.#timer)
    this.#refresh()
    try {
      await withTimeout(LAST_SAVES_TIMEOUT_MS, 'save', () => Promise.all(Array.from(this.#stations.values(), ({ saves }) => saves)))
    } catch (err) {
      log.warn({ err }, '`store.save()` did not end before the app closed; the latest tracks may be missing')
    }
    this.#isClosed = true
    try {
      await withTimeout(CLOSE_TIMEOUT_MS, 'close', () => store.close?.())
    } catch (err) {
      log.warn({ err }, '`store.close()` failed')
    }
  }

  #refresh (): void {
    for (const [station, saves] of this.#stations) {
      // A slow save is logged but not abandoned, since saves of one station must not overlap.
      if (saves.isSlow) this.#fail(new FST_ICECAST_STORE_TIMEOUT('save', REFRESH_INTERVAL_MS))
      saves.isSlow = saves.isSaving
      const memory = this.#options.toSaved(station)
      if (memory === undefined) {
        if (!saves.isSaving) this.#stations.delete(station)
      } else if (memory.track !== null || !isSaved(memory, saves)) {
        this.#save(station, saves)
      }
    }
  }

  #savesOf (station: string): StationSaves {
    const saves = this.#stations.get(station) ?? { lastSaved: null, isSaving: false, saves: Promise.resolve(), isSlow: false, hasUnsavedChange: false }
    this.#stations.set(station, saves)
    return saves
  }

  #save (station: string, saves: StationSaves): void {
    saves.hasUnsavedChange = true
    if (saves.isSaving) return
    saves.isSaving = true
    saves.saves = this.#saveChanges(station, saves)
  }

  /** Saves one after the other until nothing has changed in the meantime. */
  async #saveChanges (station: string, saves: StationSaves): Promise<void> {
    while (saves.hasUnsavedChange && !this.#isClosed) {
      saves.hasUnsavedChange = saves.isSlow = false
      const memory = this.#options.toSaved(station)
      if (memory === undefined) break
      const saved = withoutTime(memory)
      try {
        await this.#options.store.save(station, JSON.parse(JSON.stringify(memory)))
        saves.lastSaved = saved
        this.#outage.recover(performance.now())
      } catch (error) {
        this.#fail(error)
      }
    }
    saves.isSaving = saves.isSlow = false
  }

  #fail (error: unknown): void {
    const now = performance.now()
    this.#outage.fail(error, now, now)
  }
}

function isSaved (memory: StationMemory, { lastSaved }: StationSaves): boolean {
  return withoutTime(memory) === lastSaved
}

/** `seenAt` is another time at each call, and no change by itself. */
function withoutTime ({ track, history }: StationMemory): string {
  return JSON.stringify([track, history])
}
