import type { PublishedState } from '../state/published-state.ts'
import { isAtLeast, newestVersion, type ReadableState } from '../state/version-order.ts'
import type { EncodedMessage, Transport } from './encoded-message.ts'
import type { Selection } from './selection.ts'
import type { StationMessages } from './station-messages.ts'

/** Groups with fewer subscribers do not keep the bytes of a batch: many small groups would have all of them in memory at once. */
const MIN_MEMBERS_TO_CACHE = 10

/** A change of one station that is being published. */
export interface Changed {
  id: string
  messages: StationMessages
  /** Whether nothing but listener numbers has changed. */
  isListenersOnly: boolean
  /** Its index in the order of the versions. */
  index: number
}

/** All subscribers that asked for the same. */
export class SubscriberGroup {
  readonly key: string
  readonly selection: Selection
  /** The number of subscribers. */
  members = 0
  /** The changes that are being published to this group; null: none. */
  batch: Batch | null = null
  /** The ids of the named stations; empty if all are wanted. */
  readonly #named: readonly string[]
  /** Whether all named stations are known to exist. */
  #isVerified: boolean

  constructor (key: string, selection: Selection) {
    this.key = key
    this.selection = selection
    this.#named = [...selection.stations ?? []]
    this.#isVerified = selection.stations === null
  }

  get isVerified (): boolean { return this.#isVerified }

  includes (id: string): boolean { return this.selection.stations?.has(id) ?? true }

  /** The first of its stations that does not exist, if any. */
  findUnknown (state: PublishedState): string | undefined {
    const unknown = this.#named.find((id) => state.get(id) === undefined)
    this.#isVerified = unknown === undefined
    return unknown
  }

  /** Whether nothing that it receives has changed since this version. `state`: the one that it follows. */
  isCurrent (version: string, state: ReadableState): boolean {
    return isAtLeast(version, newestVersion(state, this.selection.stations))
  }

  /** Sets `batch` to the changes that this group receives. */
  prepare (changes: ReadonlyMap<string, Changed>): void {
    const { history, hasListeners } = this.selection
    const own = this.#ownOf(changes).filter(({ isListenersOnly }) => hasListeners || !isListenersOnly)
    this.batch = own.length === 0 ? null : new Batch(own, history, this.members >= MIN_MEMBERS_TO_CACHE)
  }

  /** Iterates over whichever is smaller, since there may be many groups and many changes. */
  #ownOf (changes: ReadonlyMap<string, Changed>): Changed[] {
    const { stations } = this.selection
    if (stations === null || stations.size > changes.size) return [...changes.values()].filter(({ id }) => this.includes(id))
    return [...stations].flatMap((id) => changes.get(id) ?? []).sort((a, b) => a.index - b.index)
  }
}

/** Changes that are published to a group together. */
export class Batch {
  readonly changes: readonly Changed[]
  readonly #messages: readonly EncodedMessage[]
  readonly #isCached: boolean
  readonly #bytes = new Map<Transport, Buffer>()

  /** `history`: the most earlier tracks of each station. */
  constructor (changes: readonly Changed[], history: number, isCached: boolean) {
    this.changes = changes
    this.#messages = changes.map(({ messages, isListenersOnly }) => isListenersOnly ? messages.listeners : messages.update.withHistory(history))
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
