import type { PublishedState } from '../state/published-state.ts'
import type { EncodedMessage, Transport } from './encoded-message.ts'

/** Groups with fewer subscribers do not keep the bytes of a batch: many small groups would have all of them in memory at once. */
const MIN_MEMBERS_TO_CACHE = 10

/** A change of one station that is being published. */
export interface Changed {
  id: string
  message: EncodedMessage
  /** Its index in the order of the versions. */
  index: number
}

/** All subscribers that asked for the same stations. */
export class StationFilterGroup {
  readonly key: string
  /** The ids of the stations; null: all. */
  readonly stations: ReadonlySet<string> | null
  /** The number of subscribers. */
  members = 0
  /** The changes that are being published to this group; null: none. */
  batch: Batch | null = null
  /** The ids of the named stations; empty if all are wanted. */
  readonly #named: readonly string[]
  /** Whether all named stations are known to exist. */
  #isVerified: boolean

  constructor (key: string, stations: ReadonlySet<string> | null) {
    this.key = key
    this.stations = stations
    this.#named = stations === null ? [] : [...stations]
    this.#isVerified = stations === null
  }

  /** The same for the same stations in any order. */
  static keyOf (stations: ReadonlySet<string> | null): string {
    return stations === null ? '' : JSON.stringify([...stations].sort())
  }

  get isVerified (): boolean { return this.#isVerified }

  includes (id: string): boolean { return this.stations === null || this.stations.has(id) }

  /** The first of its stations that does not exist, if any. */
  findUnknown (state: PublishedState): string | undefined {
    const unknown = this.#named.find((id) => state.get(id) === undefined)
    this.#isVerified = unknown === undefined
    return unknown
  }

  /** Whether none of its stations has changed since this version. */
  isCurrent (version: string, state: PublishedState): boolean {
    const [id, ...others] = this.stations ?? []
    return version === state.version || (id !== undefined && others.length === 0 && version === state.versionOf(id))
  }

  /** Sets `batch` to the changes of this group's stations. */
  prepare (changes: ReadonlyMap<string, Changed>): void {
    const own = this.#ownOf(changes)
    this.batch = own.length === 0 ? null : new Batch(own, this.members >= MIN_MEMBERS_TO_CACHE)
  }

  /** Iterates over whichever is smaller, since there may be many groups and many changes. */
  #ownOf (changes: ReadonlyMap<string, Changed>): Changed[] {
    if (this.stations === null || this.stations.size > changes.size) return [...changes.values()].filter(({ id }) => this.includes(id))
    return [...this.stations].flatMap((id) => changes.get(id) ?? []).sort((a, b) => a.index - b.index)
  }
}

/** Changes that are published to a group together. */
export class Batch {
  readonly ids: readonly string[]
  readonly #messages: readonly EncodedMessage[]
  readonly #isCached: boolean
  readonly #bytes = new Map<Transport, Buffer>()

  constructor (changes: readonly Changed[], isCached: boolean) {
    this.ids = changes.map(({ id }) => id)
    this.#messages = changes.map(({ message }) => message)
    this.#isCached = isCached
  }

  /** A single Buffer, so that there is one write per subscriber. */
  for (transport: Transport): Buffer {
    let bytes = this.#bytes.get(transport)
    if (bytes === undefined) {
      const parts = this.#messages.map((message) => message.for(transport))
      const [first, ...others] = parts
      // All groups share the bytes of a single change.
      bytes = first === undefined || others.length > 0 ? Buffer.concat(parts) : first
      if (this.#isCached) this.#bytes.set(transport, bytes)
    }
    return bytes
  }
}
