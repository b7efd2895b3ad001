import type { Report } from '../icecast/report.ts'
import type { StationOptions } from '../options/options.ts'
import type { Station, Track } from '../schemas.ts'
import type { StateUpdate, StationUpdate } from '../state/published-state.ts'
import { deepFreeze } from './deep-freeze.ts'
import type { Handover } from './handover.ts'
import type { Timestamp } from './timestamp.ts'
import type { ToldTrack } from '../metadata/track-details.ts'
import type { SavedStation } from './play-tracker.ts'
import { notShown, SHOWN, type TellResult } from './tell-result.ts'
import { ServerView } from './server-view.ts'
import { StationState, type StationRules } from './station-state.ts'
import { substanceOf } from './substance.ts'

export interface StationRegistryOptions extends StationRules {
  /** The configured stations; null: each mount is a station. */
  stations: ReadonlyMap<string, StationOptions> | null
  /** The number of servers. */
  servers: number
  /** ms without a successful read after which a server's last report is no longer relied on. */
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

/** Changes of listener numbers alone are published at most this often. */
const LISTENERS_INTERVAL_MS = 10_000
/** The most stations that are discovered: encoders choose the names of mounts. */
export const MAX_STATIONS = 1000

interface Entry {
  state: StationState
  published: Station
  /** Discovered, and not published yet. */
  isNew: boolean
  /** The last description, published or not. */
  described: Station
  /** When a change of listener numbers alone was last published, by the monotonic clock in ms. */
  listenersAt: number
  /** The id of the last track that was published. */
  trackId: string | null
  /** Listener numbers have changed and are published later. */
  hasListenersToPublish: boolean
}

/** All stations. Takes reports, failures and elapsed time, and decides what has to be published. */
export class StationRegistry {
  readonly #options: StationRegistryOptions
  readonly #entries = new Map<string, Entry>()
  readonly #views: readonly ServerView[]
  /** Ids of stations that were forgotten since the last outcome. */
  readonly #forgotten: string[] = []
  /** What was saved about stations that have not been discovered yet, by id. */
  readonly #unclaimed = new Map<string, SavedStation>()

  constructor (options: StationRegistryOptions, now: Timestamp) {
    this.#options = options
    this.#views = Array.from({ length: options.servers }, () => new ServerView(options.staleAfter))
    for (const [id, { name, mounts, fallbacks }] of options.stations ?? []) {
      this.#add(id, { mounts, fallbacks }, name ?? null, now).isNew = false
    }
  }

  /** The published state of every station. */
  get list (): Station[] { return Array.from(this.#entries.values(), ({ published }) => published) }

  /** A server, given by its index, has been read. `since`: when the read began, by the monotonic clock in ms. */
  report (server: number, report: Report, since: number, now: Timestamp): Outcome {
    this.#views[server]?.report(report, since)
    if (this.#options.stations === null) this.#discover(now)
    return this.#update(now)
  }

  /** A read of a server has failed. `since`: when the first read of this outage began, by the monotonic clock in ms. */
  fail (server: number, since: number, now: Timestamp): Outcome {
    this.#views[server]?.fail(since)
    for (const view of this.#views) view.tick(now)
    return this.#update(now)
  }

  /** A read that was requested by `serversToRefresh` at `since` has ended. */
  refreshed (server: number, since: number, now: Timestamp): Outcome {
    this.#views[server]?.refreshed(since)
    return this.#update(now)
  }

  /** The process has been paused until `now`: the time in which it did not run does not make a server stale. */
  resume (now: Timestamp): void {
    for (const view of this.#views) view.resume(now)
    for (const { state } of this.#entries.values()) state.resume(now)
  }

  /** Time has passed. */
  tick (now: Timestamp): Outcome {
    const lost = this.#views.filter((view) => view.tick(now))
    for (const { state } of this.#entries.values()) state.tick(now)
    return lost.length > 0 ? this.#update(now) : this.#publish(now)
  }

  /** `enrich` has returned fields for a track; null: none. */
  enrich ({ station, track }: StartedPlay, fields: object | null, now: Timestamp): Outcome {
    this.#entries.get(station)?.state.enrich(track.id, fields)
    return this.#publish(now)
  }

  /** The playout system tells what it knows of a track of a station that exists. */
  tell (station: string, told: ToldTrack, now: Timestamp): { outcome: Outcome, result: TellResult } {
    const entry = this.#entries.get(station)
    const found = entry?.state.tell(told, now) ?? { reason: 'no-station' }
    const outcome = this.#publish(now)
    if ('reason' in found) return { outcome, result: notShown(found.reason) }
    return { outcome, result: entry?.published.track?.id === found.playId ? SHOWN : notShown('delay') }
  }

  /** Restores what was saved before a restart. To be called before the first report. */
  restore (saved: ReadonlyMap<string, SavedStation>, now: Timestamp): Outcome {
    for (const [id, savedStation] of saved) {
      const entry = this.#entries.get(id)
      if (entry !== undefined) this.#restore(entry, savedStation, now)
      else if (this.#options.stations === null && this.#unclaimed.size < MAX_STATIONS) this.#unclaimed.set(id, savedStation)
    }
    return this.#publish(now)
  }

  /**
   * Goes on from what another instance has published and tracked until now, as if nothing had happened. To be called before the
   * first report. Stations that are not configured here are forgotten.
   */
  takeOver (handovers: ReadonlyMap<string, Handover>, now: Timestamp): Outcome {
    for (const [id, handover] of handovers) {
      if (this.#options.stations !== null && !this.#entries.has(id)) {
        this.#forgotten.push(id)
        continue
      }
      const { station } = handover
      const { state } = this.#entries.get(id) ?? this.#add(id, { mounts: station.mounts.map(({ path }) => path) }, null, now)
      state.takeOver(handover, now)
      this.#entries.set(id, {
        state,
        published: station,
        described: state.describe(),
        isNew: false,
        listenersAt: -Infinity,
        trackId: (station.track ?? station.history[0])?.id ?? null,
        hasListenersToPublish: false
      })
    }
    return this.#publish(now)
  }

  /** What another instance needs in order to go on with a station. */
  toHandover (id: string, now: Timestamp): Handover | undefined {
    const entry = this.#entries.get(id)
    return entry?.state.toHandover(entry.published, now)
  }

  /** What to save about a station across a restart. */
  toSaved (id: string): SavedStation | undefined { return this.#entries.get(id)?.state.toSaved() }

  #update (now: Timestamp): Outcome {
    for (const { state } of this.#entries.values()) state.update(this.#views, now)
    return this.#publish(now)
  }

  #discover (now: Timestamp): void {
    for (const path of this.#views.flatMap(({ mounts }) => [...mounts.keys()])) {
      const id = idOf(path)
      if (this.#entries.has(id)) continue
      if (this.#entries.size >= MAX_STATIONS && !this.#forgetOne()) return
      const entry = this.#add(id, { mounts: [path] }, null, now)
      const savedStation = this.#unclaimed.get(id)
      if (savedStation !== undefined) this.#restore(entry, savedStation, now)
      this.#unclaimed.delete(id)
    }
  }

  #restore (entry: Entry, savedStation: SavedStation, now: Timestamp): void {
    entry.state.restore(savedStation, now)
    // A track that was not audible yet has not been published.
    const { seenAt, track, history: [last] } = savedStation
    entry.trackId = (track !== null && track.audibleAt <= seenAt ? track : last)?.id ?? null
  }

  /** Forgets a station that is offline and whose mounts no server lists. False when there is none. */
  #forgetOne (): boolean {
    for (const [id, { state, published }] of this.#entries) {
      const isListed = this.#views.some(({ mounts }) => state.paths.some((path) => mounts.has(path)))
      if (published.status !== 'offline' || isListed) continue
      this.#forgotten.push(id)
      return this.#entries.delete(id)
    }
    return false
  }

  #add (id: string, mounts: Pick<StationOptions, 'mounts' | 'fallbacks'>, name: string | null, now: Timestamp): Entry {
    const state = new StationState(id, mounts, name, this.#options, now)
    const published = deepFreeze(state.describe())
    const entry: Entry = { state, published, described: published, isNew: true, listenersAt: -Infinity, trackId: null, hasListenersToPublish: false }
    this.#entries.set(id, entry)
    return entry
  }

  #publish (now: Timestamp): Outcome {
    const changes: StationUpdate[] = []
    for (const entry of this.#entries.values()) {
      // Each play is published, also when several have become due at once.
      entry.state.advance(now)
      do this.#publishEntry(entry, changes, now)
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
    for (const { state, hasListenersToPublish, listenersAt } of this.#entries.values()) {
      first = Math.min(first, state.deadline ?? Infinity)
      if (hasListenersToPublish) first = Math.min(first, listenersAt + LISTENERS_INTERVAL_MS)
    }
    return first === Infinity ? null : first
  }

  #publishEntry (entry: Entry, changes: StationUpdate[], now: Timestamp): void {
    const station = entry.state.describe()
    if (station === entry.described && !entry.hasListenersToPublish && !entry.isNew) return
    entry.described = station
    const previous = entry.isNew ? undefined : entry.published
    if (previous !== undefined && !this.#isDue(entry, previous, station, now)) return
    entry.published = deepFreeze(station)
    entry.isNew = entry.hasListenersToPublish = false
    const trackId = station.track?.id ?? entry.trackId
    changes.push({ station, previous, isNewPlay: trackId !== entry.trackId })
    entry.trackId = trackId
  }

  /** Whether a change has to be published now. Listener numbers alone may have to wait. */
  #isDue (entry: Entry, previous: Station, station: Station, now: Timestamp): boolean {
    if (substanceOf(station) !== substanceOf(previous)) return true
    entry.hasListenersToPublish = listenersOf(station) !== listenersOf(previous)
    // The same sum as in the deadline, since a difference may be rounded to just below it.
    if (!entry.hasListenersToPublish || now.monotonic < entry.listenersAt + LISTENERS_INTERVAL_MS) return false
    entry.listenersAt = now.monotonic
    return true
  }
}

/** The id of a discovered station: the path without its slash. A path of slashes alone stays, so that ids are distinct. */
function idOf (path: string): string {
  return /^\/*$/.test(path) ? path : path.slice(1)
}

function listenersOf ({ listeners, mounts }: Station): string {
  return JSON.stringify([listeners, mounts.map((mount) => mount.listeners)])
}
