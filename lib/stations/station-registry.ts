import type { Report } from '../icecast/report.ts'
import type { StationOptions } from '../options/options.ts'
import type { Station, Track } from '../schemas.ts'
import type { StateUpdate, StationUpdate } from '../state/published-state.ts'
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

/** A play that has begun on a station. By the station's delay it may be published later. */
export interface StartedPlay {
  station: string
  track: Track
}

/** Everything that follows from one event. */
export interface Outcome extends StateUpdate {
  /** Plays that have begun, and plays that continue after a restart without fields from `enrich`. */
  startedPlays: readonly StartedPlay[]
  /** Indexes of the servers that have to be read at once: a station may have moved to one of them. */
  serversToRefresh: ReadonlySet<number>
  /** When `tick` has to be called, by the monotonic clock in ms; null when nothing is due. */
  nextDeadline: number | null
}

/** A change of listener numbers alone is published no more often than this. */
const LISTENERS_INTERVAL_MS = 10_000
/** Encoders name mounts: of those that come and go, no more are remembered. */
export const MAX_STATIONS = 1000

interface Entry {
  state: StationState
  published: Station
  /** Until its first change has been published: it was found in the report that is being read. */
  isNew: boolean
  /** How it was when it was last looked at. */
  described: Station
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
  readonly #views: readonly ServerView[]
  /** Ids of stations that were forgotten since the last outcome. */
  readonly #forgotten: string[] = []
  /** Of stations that are yet to be discovered. */
  readonly #memories = new Map<string, SavedStation>()

  constructor (options: StationRegistryOptions, now: Timestamp) {
    this.#options = options
    this.#views = Array.from({ length: options.servers }, () => new ServerView(options.staleAfter))
    for (const [id, { name, mounts }] of options.stations ?? []) {
      this.#add(id, mounts, name ?? null, now).isNew = false
    }
  }

  /** The published state of every station. */
  get list (): Station[] { return Array.from(this.#entries.values(), ({ published }) => published) }

  /** A good report came in from a server, told by its place among them. `since`: the tick at which its read began. */
  report (server: number, report: Report, since: number, now: Timestamp): Outcome {
    this.#views[server]?.report(report, since)
    if (this.#options.stations === null) this.#discover(now)
    return this.#see(now)
  }

  /** A read of a server failed. `since`: the tick at which the first read of this outage began. */
  fail (server: number, since: number, now: Timestamp): Outcome {
    this.#views[server]?.fail(since)
    for (const view of this.#views) view.tick(now)
    return this.#see(now)
  }

  /** Time has passed. */
  tick (now: Timestamp): Outcome {
    const lost = this.#views.filter((view) => view.tick(now))
    for (const { state } of this.#entries.values()) state.tick(now)
    return lost.length > 0 ? this.#see(now) : this.#publish(now)
  }

  /** What the user's hook has found for a track; null: nothing. */
  enrich ({ station, track }: StartedPlay, fields: object | null, now: Timestamp): Outcome {
    this.#entries.get(station)?.state.enrich(track.id, fields)
    return this.#publish(now)
  }

  /** What was known of stations before the process was restarted: to be told before the first report. */
  restore (memories: ReadonlyMap<string, SavedStation>, now: Timestamp): Outcome {
    for (const [id, memory] of memories) {
      const entry = this.#entries.get(id)
      if (entry !== undefined) this.#restore(entry, memory, now)
      else if (this.#options.stations === null && this.#memories.size < MAX_STATIONS) this.#memories.set(id, memory)
    }
    return this.#publish(now)
  }

  /** What to remember of a station over a restart. */
  toSaved (id: string): SavedStation | undefined { return this.#entries.get(id)?.state.recall() }

  #see (now: Timestamp): Outcome {
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
      if (published.status !== 'offline' || isThere) continue
      this.#forgotten.push(id)
      return this.#entries.delete(id)
    }
    return false
  }

  #add (id: string, paths: readonly string[], name: string | null, now: Timestamp): Entry {
    const state = new StationState(id, paths, name, this.#options, now)
    const published = deepFreeze(state.describe())
    const entry: Entry = { state, published, described: published, isNew: true, listenersAt: -Infinity, play: null, isBehind: false }
    this.#entries.set(id, entry)
    return entry
  }

  #publish (now: Timestamp): Outcome {
    const changes: StationUpdate[] = []
    for (const entry of this.#entries.values()) {
      // Each view is published, also when the process was too busy to do so in time.
      entry.state.advance(now)
      do this.#look(entry, changes, now)
      while (entry.state.advance(now))
    }
    return {
      changes,
      forgotten: this.#forgotten.splice(0),
      isComplete: this.#options.stations !== null || this.#views.some(({ isRead }) => isRead),
      startedPlays: this.#takeStartedPlays(),
      serversToRefresh: new Set([...this.#entries.values()].flatMap(({ state }) => state.takeServersToRefresh())),
      nextDeadline: this.#nextDeadline
    }
  }

  #takeStartedPlays (): StartedPlay[] {
    return [...this.#entries].flatMap(([station, { state }]) => state.takeStartedPlays().map((track) => ({ station, track })))
  }

  get #nextDeadline (): number | null {
    let first = Infinity
    for (const { deadline } of this.#views) first = Math.min(first, deadline ?? Infinity)
    for (const { state, isBehind, listenersAt } of this.#entries.values()) {
      first = Math.min(first, state.deadline ?? Infinity)
      if (isBehind) first = Math.min(first, listenersAt + LISTENERS_INTERVAL_MS)
    }
    return first === Infinity ? null : first
  }

  #look (entry: Entry, changes: StationUpdate[], now: Timestamp): void {
    const station = entry.state.describe()
    if (station === entry.described && !entry.isBehind && !entry.isNew) return
    entry.described = station
    const previous = entry.isNew ? undefined : entry.published
    if (previous !== undefined && !this.#isDue(entry, previous, station, now)) return
    entry.published = deepFreeze(station)
    entry.isNew = entry.isBehind = false
    const play = station.track?.id ?? entry.play
    changes.push({ station, previous, isNewPlay: play !== entry.play })
    entry.play = play
  }

  /** Whether there is a change that it is time to publish: numbers of listeners may have to wait. */
  #isDue (entry: Entry, previous: Station, station: Station, now: Timestamp): boolean {
    if (substanceOf(station) !== substanceOf(previous)) return true
    entry.isBehind = listenersOf(station) !== listenersOf(previous)
    // The same sum as the deadline's: a difference may round to just below it.
    if (!entry.isBehind || now.monotonic < entry.listenersAt + LISTENERS_INTERVAL_MS) return false
    entry.listenersAt = now.monotonic
    return true
  }
}

/** All but the numbers of listeners. */
function substanceOf ({ listeners, mounts, ...rest }: Station): string {
  return JSON.stringify([rest, mounts.map(({ listeners, ...mount }) => mount)])
}

function listenersOf ({ listeners, mounts }: Station): string {
  return JSON.stringify([listeners, mounts.map((mount) => mount.listeners)])
}
