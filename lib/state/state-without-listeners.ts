import type { Station } from '../schemas.ts'
import { substanceOf } from '../stations/substance.ts'
import type { PublishedState, StationChange } from './published-state.ts'
import type { ReadableState } from './version-order.ts'

interface Known {
  station: Station
  version: string
}

/**
 * The published state for clients that did not ask for listener numbers: a change of nothing but these numbers is left out,
 * and changes no version. A station has the numbers that it had at its version.
 */
export class StateWithoutListeners implements ReadableState {
  readonly #state: PublishedState
  /** Each station at its last change that was not of listener numbers alone. */
  readonly #known = new Map<string, Known>()
  /** The version of the last such change. */
  #version: string
  /** Whether listener numbers have changed since. */
  #isBehind = false
  #list: readonly Station[] = []
  /** The version of the list; empty: it has to be made again. */
  #listVersion = ''

  /** Has to be created before everything that asks it about changes. */
  constructor (state: PublishedState) {
    this.#state = state
    this.#version = state.version
    for (const station of state.list) this.#known.set(station.id, { station, version: state.version })
    state.subscribe((change) => this.#note(change))
  }

  // A new leader may change versions without a change of the stations.
  get version (): string { return this.#isBehind ? this.#version : this.#state.version }

  get isComplete (): boolean { return this.#state.isComplete }

  /** The same array until the version changes. */
  get list (): readonly Station[] {
    const { version } = this
    const { list } = this.#state
    if (version !== this.#listVersion || list.length !== this.#list.length) {
      this.#list = list.map((station) => this.#known.get(station.id)?.station ?? station)
      this.#listVersion = version
    }
    return this.#list
  }

  get (id: string): Station | undefined {
    const station = this.#state.get(id)
    return station && (this.#known.get(id)?.station ?? station)
  }

  versionOf (id: string): string | undefined {
    const station = this.#state.get(id)
    const known = this.#known.get(id)
    return known === undefined || station === undefined || known.station === station ? this.#state.versionOf(id) : known.version
  }

  /** Whether a change that is being published is one of listener numbers alone. */
  isListenersOnly ({ station }: StationChange): boolean { return this.#known.get(station.id)?.station !== station }

  #note ({ station, version }: StationChange): void {
    const known = this.#known.get(station.id)
    this.#isBehind = known !== undefined && substanceOf(known.station) === substanceOf(station)
    if (this.#isBehind) return
    this.#known.set(station.id, { station, version })
    this.#version = version
    this.#listVersion = ''
    if (this.#known.size <= this.#state.list.length) return
    for (const id of this.#known.keys()) if (this.#state.get(id) === undefined) this.#known.delete(id)
  }
}
