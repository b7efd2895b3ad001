import { randomBytes } from 'node:crypto'
import type { Station, Track } from '../schemas.ts'
import { substanceOf } from '../stations/substance.ts'
import { isSamePlay } from './same-play.ts'
import { StateWithoutListeners, type LastUpdate } from './state-without-listeners.ts'

/** A new state of one station, before it has a version. */
export interface StationUpdate {
  station: Station
  /** Undefined when the station is new. */
  previous: Station | undefined
  /** True when the track has just begun; false when it only continues after a gap. */
  isNewPlay: boolean
}

/** A new state of one station, as published. */
export interface StationChange extends StationUpdate {
  /** The version of the whole state from this change on. */
  version: string
  /** Nothing but listener numbers has changed. */
  isListenersOnly: boolean
}

/** What has to be published after one event. */
export interface StateUpdate {
  /** In the order in which they are published. */
  changes: readonly StationUpdate[]
  /** Ids of discovered stations that no longer exist, forgotten to make room for new ones. */
  forgotten: readonly string[]
  /** False while stations are still to be discovered: no server has been read yet. */
  isComplete: boolean
}

/** The state of all stations as another instance has published it, or a part of it. */
export interface ReplicatedState {
  /** The version of the whole state. */
  version: string
  /** In the order in which they changed. */
  stations: ReadonlyArray<{ station: Station, version: string, lastUpdate?: LastUpdate | undefined }>
  /** Ids of stations that no longer exist. */
  removed: readonly string[]
  /** False while stations are still to be discovered. */
  isComplete: boolean
  /** The version of the whole state without listener numbers; undefined: the same. */
  versionWithoutListeners?: string | undefined
}

interface PublishedStateOptions {
  /** The configured stations, in their order; empty when stations are discovered. */
  stations: readonly Station[]
  /** Stations are discovered, and listed by id. */
  isDiscovering: boolean
  /** When this process started, in ms since 1970. */
  startedAt: number
  /** The clock that the dates of the tracks are from, in ms since 1970. Default: the one of this process. */
  now?: () => number
}

type Listener = (change: StationChange) => void

/**
 * The state that clients see. The only source for `push/`, `routes/` and `app.nowPlaying`, whatever fills it.
 *
 * A version is `run-count`; the count rises with each change of a run. Without a backplane a run is one process: the time at
 * which it started, in 8 digits of base 36, and 4 random digits. With a backplane a run is the term of the leader, in 8 to 11
 * digits: a higher term is newer. An instance that is cut off from the others has a run of its own, with 12 digits. Clients
 * tell terms from other runs by their length (`lib/client/reorder.ts`).
 */
export class PublishedState {
  /** The same state for those who do not ask for listener numbers. */
  readonly withoutListeners: StateWithoutListeners = new StateWithoutListeners(this)
  readonly #stations = new Map<string, Station>()
  readonly #versions = new Map<string, string>()
  readonly #isSorted: boolean
  readonly #listeners = new Set<Listener>()
  /** When this process started, in ms since 1970. */
  readonly #startedAt: number
  readonly #readTime: () => number
  /** The last track of each station, also while the station has none. */
  readonly #lastTracks = new Map<string, Track>()
  #run: string
  #count = 0
  #version: string
  #hasChanged = false
  #list: readonly Station[] = []
  #isComplete: boolean

  constructor ({ stations, isDiscovering, startedAt, now = Date.now }: PublishedStateOptions) {
    this.#readTime = now
    this.#startedAt = startedAt
    this.#run = ownRun(startedAt)
    this.#version = `${this.#run}-0`
    this.#isSorted = isDiscovering
    this.#isComplete = !isDiscovering
    for (const station of stations) this.#set(station, this.#version)
    this.#updateList()
  }

  /** The version of the whole state. */
  get version (): string { return this.#version }
  /** In configured order, or by id when discovered; deeply frozen. The same array until something changes. */
  get list (): readonly Station[] { return this.#list }
  /** False while an unknown id may still turn out to be a station: stations are discovered, and nothing has been read yet. */
  get isComplete (): boolean { return this.#isComplete }

  get (id: string): Station | undefined { return this.#stations.get(id) }
  /** The version of a station's last change; undefined for an unknown id. */
  versionOf (id: string): string | undefined { return this.#versions.get(id) }

  /** Calls `listener` for every change, when the whole update can be read from this state already. */
  subscribe (listener: Listener): void {
    this.#listeners.add(listener)
  }

  /** The time, by the clock that the dates of the tracks are from, in ms since 1970. */
  now (): number { return this.#readTime() }

  /**
   * Changes are counted in another run from the next one on. The current version stays, unless nothing has changed yet.
   * `isNewState`: the state as a whole gets a version of this run at once.
   */
  startRun (run: string, isNewState = false): void {
    if (run === this.#run) return
    this.#run = run
    this.#count = 0
    if (this.#hasChanged && !isNewState) return
    this.#version = `${run}-0`
    this.withoutListeners.setVersion(this.#version)
    if (!this.#hasChanged) for (const id of this.#versions.keys()) this.#versions.set(id, this.#version)
    this.#updateList()
  }

  /** Publishes an update of the stations that this instance reads. Returns its changes with their versions. */
  apply ({ changes, forgotten, isComplete }: StateUpdate): StationChange[] {
    this.#isComplete ||= isComplete
    this.#forget(forgotten)
    const published = changes.map((change) => {
      const { station, previous } = change
      const isListenersOnly = differInListenersOnly(previous, station)
      if (isListenersOnly) this.withoutListeners.keep(previous)
      else this.withoutListeners.release(station.id)
      this.#version = `${this.#run}-${(++this.#count).toString(36)}`
      this.#set(station, this.#version)
      return { version: this.version, ...change, isListenersOnly }
    })
    this.#publish(published)
    return published
  }

  /** Takes over what another instance has published, with its versions, and publishes what differs. */
  replicate ({ version, stations, removed, isComplete, versionWithoutListeners = version }: ReplicatedState): void {
    this.#isComplete ||= isComplete
    this.#forget(removed)
    const published: StationChange[] = []
    for (const { station, version, lastUpdate } of stations) {
      const previous = this.#stations.get(station.id)
      const isEqual = previous !== undefined && JSON.stringify(previous) === JSON.stringify(station)
      this.withoutListeners.replicate(station, lastUpdate)
      // The same object as before marks the same state.
      this.#set(isEqual ? previous : station, version)
      if (!isEqual) published.push({ version, station, previous, isNewPlay: this.#isNewPlay(station), isListenersOnly: differInListenersOnly(previous, station) })
    }
    const hasNewVersion = version !== this.#version
    this.#version = version
    this.withoutListeners.setVersion(versionWithoutListeners)
    this.#hasChanged = true
    if (published.length === 0 && (hasNewVersion || removed.length > 0)) this.#updateList()
    this.#publish(published)
  }

  #publish (changes: readonly StationChange[]): void {
    if (changes.length === 0) return
    this.#hasChanged = true
    this.#updateList()
    for (const { station: { id, track } } of changes) if (track !== null) this.#lastTracks.set(id, track)
    for (const change of changes) for (const listener of this.#listeners) listener(change)
  }

  /** The track of the first state that this instance takes over is new if it has begun since the start of this instance. */
  #isNewPlay ({ id, track }: Station): boolean {
    if (track === null) return false
    const last = this.#lastTracks.get(id)
    return last === undefined ? Date.parse(track.startedAt) >= this.#startedAt : !isSamePlay(track, last)
  }

  #forget (ids: readonly string[]): void {
    for (const id of ids) {
      this.withoutListeners.release(id)
      this.#stations.delete(id)
      this.#versions.delete(id)
      this.#lastTracks.delete(id)
    }
  }

  #set (station: Station, version: string): void {
    this.#stations.set(station.id, station)
    this.#versions.set(station.id, version)
  }

  #updateList (): void {
    const list = [...this.#stations.values()]
    if (this.#isSorted) list.sort((a, b) => a.id < b.id ? -1 : 1)
    this.#list = Object.freeze(list)
  }
}

function differInListenersOnly (previous: Station | undefined, station: Station): previous is Station {
  return previous !== undefined && substanceOf(previous) === substanceOf(station)
}

/** The run of a leader. */
export function runOf (term: number): string {
  return term.toString(36).padStart(8, '0')
}

/** A run for one process that nobody else uses. `time`: in ms since 1970. */
export function ownRun (time: number): string {
  return `${time.toString(36)}${randomBytes(2).toString('hex')}`
}
