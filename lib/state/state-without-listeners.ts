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
  /** The version of the last such change; null: the version of the state, since nothing has followed it. */
  #version: string | null = null
  /** The version of the last change that was not of listener numbers alone. */
  #lastVersion: string
  /** Made of this list of the state. */
  #listedFrom: readonly Station[] = []
  #list: readonly Station[] = []

  /** Has to be created before everything that asks it about changes. */
  constructor (state: PublishedState) {
    this.#state = state
    this.#lastVersion = state.version
    for (const station of state.list) this.#known.set(station.id, { station, version: state.versionOf(station.id) ?? state.version })
    state.subscribe((change) => this.#note(change))
  }
