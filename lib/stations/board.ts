import { randomBytes } from 'node:crypto'
import type { Report } from '../icecast/report.ts'
import type { StationOptions } from '../options.ts'
import type { Station } from '../schemas.ts'
import type { Moment } from './moment.ts'
import { StationState, type StationRules } from './station.ts'

export interface BoardOptions extends StationRules {
  /** The stations there are; null: each mount is one. */
  stations: ReadonlyMap<string, StationOptions> | null
  /** ms without a good read after which stations are stale. */
  staleAfter: number
}

/** One station's change, as published. */
export interface Change {
  version: string
  station: Station
  /** Undefined when the station is new. */
  previous: Station | undefined
  /** Its track began; one that has only come back after a gap did not. */
  isNewPlay: boolean
}

/** A change of listener numbers alone is published no more often than this. */
const LISTENERS_EVERY = 10_000
/** Encoders name mounts: of those that come and go, no more are remembered. */
const MOST_STATIONS = 1000

interface Entry {
  state: StationState
  published: Station
  /** Until its first change has been published: it was found in the report that is being read. */
  isNew: boolean
  /** The version of its last change. */
  version: string
  /** The tick at which listener numbers alone were last published. */
  listenersAt: number
  /** The id of the last track that was published. */
  play: string | null
  /** Listener numbers have changed and wait for their turn. */
  isBehind: boolean
}

/** What every station is playing, and what changed: the one state that everything published comes from. */
export class Board {
  readonly #options: BoardOptions
  readonly #entries = new Map<string, Entry>()
  /** Differs from process to process, so that a version of an earlier run matches nothing. */
  readonly #run: string
  #count = 0
  #list: readonly Station[] = Object.freeze([])
  #isRead = false
  #isFailing = false
  /** The tick at which everything becomes stale unless a good report comes; null: no read has failed, or it has happened. */
  #staleAt: number | null = null

  constructor (options: BoardOptions, now: Moment) {
    this.#options = options
    this.#run = `${now.date.toString(36)}${randomBytes(2).toString('hex')}`
    for (const [id, { name, mounts }] of options.stations ?? []) {
      this.#add(id, mounts, name ?? null, now).isNew = false
    }
    this.#relist()
  }

  /** Of the whole state. */
  get version (): string { return `${this.#run}-${this.#count.toString(36)}` }
  /** Sorted as configured, else by id; deeply frozen. */
  get list (): readonly Station[] { return this.#list }
  /** Whether an unknown id may yet turn out to be a station: nothing has been read, and none are configured. */
  get isOpen (): boolean { return this.#options.stations === null && !this.#isRead }

  get (id: string): Station | undefined { return this.#entries.get(id)?.published }
  /** Of one station: its last change. */
  versionOf (id: string): string | undefined { return this.#entries.get(id)?.version }

  /** A good report came in. */
  report ({ mounts }: Report, now: Moment): Change[] {
    this.#isRead = true
    this.#isFailing = false
    this.#staleAt = null
    const byPath = new Map(mounts.map((mount) => [mount.path, mount]))
    if (this.#options.stations === null) this.#discover(byPath, now)
    for (const { state } of this.#entries.values()) state.report(byPath, now)
    return this.#publish(now)
  }

  /** A read failed. `since`: the tick at which the first read of this outage began. */
  fail (since: number, now: Moment): Change[] {
    if (!this.#isFailing) this.#staleAt = since + this.#options.staleAfter
    this.#isFailing = true
    return this.tick(now)
  }

  /** The next tick at which `tick` has something to do; null for none. */
  get deadline (): number | null {
    let first = this.#staleAt ?? Infinity
    for (const { state, isBehind, listenersAt } of this.#entries.values()) {
      if (!this.#isFailing) first = Math.min(first, state.deadline ?? Infinity)
      if (isBehind) first = Math.min(first, listenersAt + LISTENERS_EVERY)
    }
    return first === Infinity ? null : first
  }

  /** Time has passed. A track isn't taken away while the server can't be read: nobody knows that it has gone. */
  tick (now: Moment): Change[] {
    const isStale = this.#staleAt !== null && now.tick >= this.#staleAt
    if (isStale) this.#staleAt = null
    for (const { state } of this.#entries.values()) {
      if (!this.#isFailing) state.tick(now)
      if (isStale) state.stale(now)
    }
    return this.#publish(now)
  }

  #discover (mounts: ReadonlyMap<string, unknown>, now: Moment): void {
    for (const path of mounts.keys()) {
      const id = path.slice(1) || path
      if (this.#entries.has(id)) continue
      if (this.#entries.size >= MOST_STATIONS && !this.#forgetOne(mounts)) return
      this.#add(id, [path], null, now)
    }
  }

  /** One that has gone: forgetting a mount that is still there would only bring it back as new. */
  #forgetOne (mounts: ReadonlyMap<string, unknown>): boolean {
    for (const [id, { state, published }] of this.#entries) {
      if (published.status === 'offline' && !state.paths.some((path) => mounts.has(path))) return this.#entries.delete(id)
    }
    return false
  }

  #add (id: string, paths: readonly string[], name: string | null, now: Moment): Entry {
    const state = new StationState(id, paths, name, this.#options, now)
    const published = freeze(state.describe())
    const entry: Entry = { state, published, isNew: true, version: this.version, listenersAt: -Infinity, play: null, isBehind: false }
    this.#entries.set(id, entry)
    return entry
  }

  #publish (now: Moment): Change[] {
    const changes: Change[] = []
    for (const entry of this.#entries.values()) {
      const station = entry.state.describe()
      const previous = entry.isNew ? undefined : entry.published
      if (previous !== undefined && !this.#isDue(entry, previous, station, now)) continue
      this.#count++
      entry.published = freeze(station)
      entry.version = this.version
      entry.isNew = entry.isBehind = false
      const play = station.track?.id ?? entry.play
      changes.push({ version: this.version, station, previous, isNewPlay: play !== entry.play })
      entry.play = play
    }
    if (changes.length > 0) this.#relist()
    return changes
  }

  /** Whether there is a change that it is time to publish: numbers of listeners may have to wait. */
  #isDue (entry: Entry, previous: Station, station: Station, now: Moment): boolean {
    if (substanceOf(station) !== substanceOf(previous)) return true
    entry.isBehind = listenersOf(station) !== listenersOf(previous)
    // The same sum as the deadline's: a difference may round to just below it.
    if (!entry.isBehind || now.tick < entry.listenersAt + LISTENERS_EVERY) return false
    entry.listenersAt = now.tick
    return true
  }

  #relist (): void {
    const list = Array.from(this.#entries.values(), ({ published }) => published)
    if (this.#options.stations === null) list.sort((a, b) => a.id < b.id ? -1 : 1)
    this.#list = Object.freeze(list)
  }
}

/** All but the numbers of listeners. */
function substanceOf ({ listeners, mounts, ...rest }: Station): string {
  return JSON.stringify([rest, mounts.map(({ listeners, ...mount }) => mount)])
}

function listenersOf ({ listeners, mounts }: Station): string {
  return JSON.stringify([listeners, mounts.map((mount) => mount.listeners)])
}

function freeze<T> (value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(freeze)
  }
  return value
}
