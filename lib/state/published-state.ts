import { randomBytes } from 'node:crypto'
import type { Station } from '../schemas.ts'

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

interface PublishedStateOptions {
  /** The configured stations, in their order; empty when stations are discovered. */
  stations: readonly Station[]
  /** Stations are discovered, and listed by id. */
  isDiscovering: boolean
  /** When this process started, in ms since 1970. */
  startedAt: number
}

type Listener = (change: StationChange) => void

/** The state that clients see. The only source for `push/`, `routes/` and `app.nowPlaying`, whatever fills it. */
export class PublishedState {
  readonly #stations = new Map<string, Station>()
  readonly #versions = new Map<string, string>()
  readonly #isSorted: boolean
  /** Differs between processes, so that a version from an earlier process never matches. */
  readonly #run: string
  readonly #listeners = new Set<Listener>()
  #count = 0
  #list: readonly Station[] = []
  #isComplete: boolean

  constructor ({ stations, isDiscovering, startedAt }: PublishedStateOptions) {
    this.#run = `${startedAt.toString(36)}${randomBytes(2).toString('hex')}`
    this.#isSorted = isDiscovering
    this.#isComplete = !isDiscovering
    for (const station of stations) this.#set(station)
    this.#updateList()
  }

  /** The version of the whole state. */
  get version (): string { return `${this.#run}-${this.#count.toString(36)}` }
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

  /** Publishes an update. Returns its changes with their versions. */
  apply ({ changes, forgotten, isComplete }: StateUpdate): StationChange[] {
    this.#isComplete ||= isComplete
    for (const id of forgotten) {
      this.#stations.delete(id)
      this.#versions.delete(id)
    }
    const published = changes.map((change) => {
      this.#count++
      this.#set(change.station)
      return { version: this.version, ...change }
    })
    if (published.length > 0) this.#updateList()
    for (const change of published) for (const listener of this.#listeners) listener(change)
    return published
  }

  #set (station: Station): void {
    this.#stations.set(station.id, station)
    this.#versions.set(station.id, this.version)
  }

  #updateList (): void {
    const list = [...this.#stations.values()]
    if (this.#isSorted) list.sort((a, b) => a.id < b.id ? -1 : 1)
    this.#list = Object.freeze(list)
  }
}
