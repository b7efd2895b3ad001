import { randomBytes } from 'node:crypto'
import type { Report } from '../icecast/report.ts'
import type { StationOptions } from '../options/options.ts'
import type { Station, Track } from '../schemas.ts'
import { deepFreeze } from './deep-freeze.ts'
import type { Timestamp } from './timestamp.ts'
import type { SavedStation } from './play-tracker.ts'
import { ServerView } from './server-view.ts'
import { StationState, type StationRules } from './station-state.ts'

export interface StationRegistryOptions extends StationRules {
  /** The stations there are; null: each mount is one. */
  stations: ReadonlyMap<string, StationOptions> | null
  /** How many servers carry them. */
  servers: number
  /** ms without a good read after which a server is no longer believed. */
  staleAfter: number
}

/** One station's change, as published. */
export interface StationChange {
  version: string
  station: Station
  /** Undefined when the station is new. */
  previous: Station | undefined
  /** Its track began; one that has only come back after a gap did not. */
  isNewPlay: boolean
}

/** A play that has begun on a station, by the server's side of its delay. */
export interface StartedPlay {
  station: string
  track: Track
}

/** A change of listener numbers alone is published no more often than this. */
const LISTENERS_EVERY = 10_000
/** Encoders name mounts: of those that come and go, no more are remembered. */
export const MAX_STATIONS = 1000

interface Entry {
  state: StationState
  published: Station
  /** Until its first change has been published: it was found in the report that is being read. */
  isNew: boolean
  /** How it was when it was last looked at. */
  described: Station
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
export class StationRegistry {
  readonly #options: StationRegistryOptions
  readonly #entries = new Map<string, Entry>()
  /** Differs from process to process, so that a version of an earlier run matches nothing. */
  readonly #run: string
  #count = 0
  #list: readonly Station[] = Object.freeze([])
  readonly #views: readonly ServerView[]
  /** Of stations that are yet to be discovered. */
  readonly #memories = new Map<string, SavedStation>()

  constructor (options: StationRegistryOptions, now: Timestamp) {
    this.#options = options
    this.#views = Array.from({ length: options.servers }, () => new ServerView(options.staleAfter))
    this.#run = `${now.wall.toString(36)}${randomBytes(2).toString('hex')}`
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
  get isOpen (): boolean { return this.#options.stations === null && !this.#views.some(({ isRead }) => isRead) }

  get (id: string): Station | undefined { return this.#entries.get(id)?.published }
  /** Of one station: its last change. */
  versionOf (id: string): string | undefined { return this.#entries.get(id)?.version }

  /** A good report came in from a server, told by its place among them. `since`: the tick at which its read began. */
  report (server: number, report: Report, since: number, now: Timestamp): StationChange[] {
    this.#views[server]?.report(report, since)
    if (this.#options.stations === null) this.#discover(now)
    return this.#see(now)
  }

  /** A read of a server failed. `since`: the tick at which the first read of this outage began. */
  fail (server: number, since: number, now: Timestamp): StationChange[] {
    this.#views[server]?.fail(since)
    for (const view of this.#views) view.tick(now)
    return this.#see(now)
  }

  /** The next tick at which `tick` has something to do; null for none. */
  get deadline (): number | null {
    let first = Infinity
    for (const { deadline } of this.#views) first = Math.min(first, deadline ?? Infinity)
    for (const { state, isBehind, listenersAt } of this.#entries.values()) {
      first = Math.min(first, state.deadline ?? Infinity)
      if (isBehind) first = Math.min(first, listenersAt + LISTENERS_EVERY)
    }
    return first === Infinity ? null : first
  }

  /** Time has passed. */
  tick (now: Timestamp): StationChange[] {
    const lost = this.#views.filter((view) => view.tick(now))
    for (const { state } of this.#entries.values()) state.tick(now)
    return lost.length > 0 ? this.#see(now) : this.#publish(now)
  }

  /** What the user's hook has found for a track; null: nothing. */
  enrich ({ station, track }: StartedPlay, fields: object | null, now: Timestamp): StationChange[] {
    this.#entries.get(station)?.state.enrich(track.id, fields)
    return this.#publish(now)
  }

  /** The plays that have begun since this was last asked, and those that go on after a restart with nothing found. */
  takeStartedPlays (): StartedPlay[] {
    return [...this.#entries].flatMap(([station, { state }]) => state.takeBegun().map((track) => ({ station, track })))
  }

  /** The servers that a station may have gone to since they were read: they are to be read now. Once for each time that it leaves one. */
  takeServersToRefresh (): Set<number> {
    return new Set([...this.#entries.values()].flatMap(({ state }) => state.takeSought()))
  }

  /** What was known of stations before the process was restarted: to be told before the first report. */
  restore (memories: ReadonlyMap<string, SavedStation>, now: Timestamp): StationChange[] {
    for (const [id, memory] of memories) {
      const entry = this.#entries.get(id)
      if (entry !== undefined) this.#restore(entry, memory, now)
      else if (this.#options.stations === null && this.#memories.size < MAX_STATIONS) this.#memories.set(id, memory)
    }
    return this.#publish(now)
  }

  /** What to remember of a station over a restart. */
  toSaved (id: string): SavedStation | undefined { return this.#entries.get(id)?.state.recall() }

  #see (now: Timestamp): StationChange[] {
    for (const { state } of this.#entries.values()) state.see(this.#views, now)
    return this.#publish(now)
  }

  #discover (now: Timestamp): void {
    for (const path of this.#views.flatMap(({ mounts }) => [...mounts.keys()])) {
      const id = path.slice(1) || path
      if (this.#entries.has(id)) continue
      if (this.#entries.size >= MAX_STATIONS && !this.#forgetOne()) return
      const entry = this.#add(id, [path], null, now)
      const memory = this.#memories.get(id)
      if (memory !== undefined) this.#restore(entry, memory, now)
      this.#memories.delete(id)
    }
  }

  #restore (entry: Entry, memory: SavedStation, now: Timestamp): void {
    entry.state.restore(memory, now)
    // What was not audible yet has not been told of.
    const { seenAt, track, history: [last] } = memory
    entry.play = (track !== null && track.audibleAt <= seenAt ? track : last)?.id ?? null
  }

  /** One that has gone: forgetting a mount that is still there would only bring it back as new. */
  #forgetOne (): boolean {
    for (const [id, { state, published }] of this.#entries) {
      const isThere = this.#views.some(({ mounts }) => state.paths.some((path) => mounts.has(path)))
      if (published.status === 'offline' && !isThere) return this.#entries.delete(id)
    }
    return false
  }

  #add (id: string, paths: readonly string[], name: string | null, now: Timestamp): Entry {
    const state = new StationState(id, paths, name, this.#options, now)
    const published = deepFreeze(state.describe())
    const entry: Entry = { state, published, described: published, isNew: true, version: this.version, listenersAt: -Infinity, play: null, isBehind: false }
    this.#entries.set(id, entry)
    return entry
  }

  #publish (now: Timestamp): StationChange[] {
    const changes: StationChange[] = []
    for (const entry of this.#entries.values()) {
      // Each view is published, also when the process was too busy to do so in time.
      entry.state.advance(now)
      do this.#look(entry, changes, now)
      while (entry.state.advance(now))
    }
    if (changes.length > 0) this.#relist()
    return changes
  }

  #look (entry: Entry, changes: StationChange[], now: Timestamp): void {
    const station = entry.state.describe()
    if (station === entry.described && !entry.isBehind && !entry.isNew) return
    entry.described = station
    const previous = entry.isNew ? undefined : entry.published
    if (previous !== undefined && !this.#isDue(entry, previous, station, now)) return
    this.#count++
    entry.published = deepFreeze(station)
    entry.version = this.version
    entry.isNew = entry.isBehind = false
    const play = station.track?.id ?? entry.play
    changes.push({ version: this.version, station, previous, isNewPlay: play !== entry.play })
    entry.play = play
  }

  /** Whether there is a change that it is time to publish: numbers of listeners may have to wait. */
  #isDue (entry: Entry, previous: Station, station: Station, now: Timestamp): boolean {
    if (substanceOf(station) !== substanceOf(previous)) return true
    entry.isBehind = listenersOf(station) !== listenersOf(previous)
    // The same sum as the deadline's: a difference may round to just below it.
    if (!entry.isBehind || now.monotonic < entry.listenersAt + LISTENERS_EVERY) return false
    entry.listenersAt = now.monotonic
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
