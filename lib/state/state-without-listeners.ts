import type { Station } from '../schemas.ts'
import { deepFreeze } from '../stations/deep-freeze.ts'
import type { ReadableState } from './version-order.ts'

interface Version {
  station: Station
  version: string
}

/** The last change of a station that was not of listener numbers alone: its version, and the numbers at that time. */
export interface LastUpdate {
  version: string
  listeners: Station['listeners']
  /** In the order of `station.mounts`. */
  mounts: ReadonlyArray<number | null>
}

/**
 * The published state for clients that did not ask for listener numbers: a change of nothing but these numbers is left out,
 * and changes no version. A station has the numbers that it had at its version.
 */
export class StateWithoutListeners implements ReadableState {
  readonly #state: ReadableState
  /** The stations whose listener numbers have changed since their last other change, as they were then. */
  readonly #earlier = new Map<string, Version>()
  /** The version of the last change that was not of listener numbers alone; null: that of the whole state. */
  #version: string | null = null
  #list: readonly Station[] = []
  /** The version of the list; empty: it has to be made again. */
  #listVersion = ''

  constructor (state: ReadableState) {
    this.#state = state
  }

  get version (): string { return this.#version ?? this.#state.version }

  get isComplete (): boolean { return this.#state.isComplete }

  /** The same array until the version changes. */
  get list (): readonly Station[] {
    const { version } = this
    const { list } = this.#state
    if (version !== this.#listVersion || list.length !== this.#list.length) {
      this.#list = list.map((station) => this.#earlier.get(station.id)?.station ?? station)
      this.#listVersion = version
    }
    return this.#list
  }

  get (id: string): Station | undefined { return this.#earlier.get(id)?.station ?? this.#state.get(id) }

  versionOf (id: string): string | undefined { return this.#earlier.get(id)?.version ?? this.#state.versionOf(id) }

  /** For other instances; undefined: the last change was not of listener numbers alone. */
  lastUpdateOf (id: string): LastUpdate | undefined {
    const earlier = this.#earlier.get(id)
    return earlier && { version: earlier.version, listeners: earlier.station.listeners, mounts: earlier.station.mounts.map(({ listeners }) => listeners) }
  }

  /** Listener numbers are about to change, and nothing else. The state and this station have been as they are now. */
  keep (station: Station): void {
    const { id } = station
    this.#version ??= this.#state.version
    const version = this.#state.versionOf(id)
    if (version !== undefined && !this.#earlier.has(id)) this.#earlier.set(id, { station, version })
  }

  /** Something else is about to change about a station, or it is removed. */
  release (id: string): void {
    this.#version = null
    this.#earlier.delete(id)
    this.#listVersion = ''
  }

  /** Another instance has published a station, and is about to be followed. `lastUpdate`: its `lastUpdateOf`. */
  replicate (station: Station, lastUpdate: LastUpdate | undefined): void {
    const { id } = station
    const known = this.get(id)
    if (lastUpdate === undefined) this.#earlier.delete(id)
    else if (known !== undefined && this.versionOf(id) === lastUpdate.version) this.keep(known)
    else this.#earlier.set(id, { station: withNumbers(station, lastUpdate), version: lastUpdate.version })
    this.#listVersion = ''
  }

  /** `version`: that of the whole state for clients without listener numbers from now on. */
  setVersion (version: string): void {
    this.#version = version === this.#state.version ? null : version
  }
}

function withNumbers (station: Station, { listeners, mounts }: LastUpdate): Station {
  return deepFreeze({ ...station, listeners, mounts: station.mounts.map((mount, index) => ({ ...mount, listeners: mounts[index] ?? null })) })
}
