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
  /** By station. */
  readonly #known = new Map<string, Known>()
  #version: string
  /** Null: it has to be made again. */
  #list: readonly Station[] | null = null

  /** Has to be created before everything that asks it about changes. */
  constructor (state: PublishedState) {
    this.#state = state
    this.#version = state.version
    for (const station of state.list) this.#known.set(station.id, { station, version: state.versionOf(station.id) ?? state.version })
    state.subscribe((change) => this.#note(change))
  }

  get version (): string { return this.#version }
  /** The same array until a version changes. */
  get list (): readonly Station[] {
    this.#list ??= this.#state.list.map((station) => this.#known.get(station.id)?.station ?? station)
    return this.#list
  }

  get (id: string): Station | undefined { return this.#find(id)?.station }
  versionOf (id: string): string | undefined { return this.#find(id)?.version }

  /** Whether a change that is being published is one of listener numbers alone. */
  isListenersOnly ({ station }: StationChange): boolean { return this.#known.get(station.id)?.station !== station }

  #find (id: string): Known | undefined {
    // Stations that are removed are not announced.
    return this.#state.get(id) === undefined ? undefined : this.#known.get(id)
  }

  #note ({ station, version }: StationChange): void {
    const known = this.#known.get(station.id)
    if (known !== undefined && substanceOf(known.station) === substanceOf(station)) return
    this.#known.set(station.id, { station, version })
    this.#version = version
    this.#list = null
    if (this.#known.size <= this.#state.list.length) return
    for (const id of this.#known.keys()) if (this.#state.get(id) === undefined) this.#known.delete(id)
  }
}
