import type { PublishedState } from '../state/published-state.ts'
import type { EncodedMessage, Transport } from './encoded-message.ts'

/** A group of fewer has its bytes made anew for each: many small groups would else have them all in memory at once. */
const KEPT_FROM = 10

/** A station's change that is being published. */
export interface Changed {
  id: string
  packet: EncodedMessage
  /** In the order of the versions. */
  place: number
}

/** Everyone who asked for the same stations. */
export class StationFilterGroup {
  /** What it is found by. */
  readonly key: string
  /** The ids of the stations; null: all. */
  readonly wants: ReadonlySet<string> | null
  /** How many are in it. */
  members = 0
  /** What is being published and concerns them; null: nothing. */
  batch: Batch | null = null

  constructor (key: string, wants: ReadonlySet<string> | null) {
    this.key = key
    this.wants = wants
  }

  static keyOf (wants: ReadonlySet<string> | null): string {
    return wants === null ? '' : JSON.stringify([...wants].sort())
  }

  wantsStation (id: string): boolean { return this.wants === null || this.wants.has(id) }

  /** Whether nothing of theirs has changed since this version. */
  isCurrent (version: string, state: PublishedState): boolean {
    const [id, ...others] = this.wants ?? []
    return version === state.version || (id !== undefined && others.length === 0 && version === state.versionOf(id))
  }

  /** Takes what concerns this group out of what has changed. */
  prepare (changes: ReadonlyMap<string, Changed>): void {
    const own = this.#ownOf(changes)
    this.batch = own.length === 0 ? null : new Batch(own, this.members >= KEPT_FROM)
  }

  /** By whichever is less to look through: there may be many groups, and many changes. */
  #ownOf (changes: ReadonlyMap<string, Changed>): Changed[] {
    if (this.wants === null || this.wants.size > changes.size) return [...changes.values()].filter(({ id }) => this.wantsStation(id))
    return [...this.wants].flatMap((id) => changes.get(id) ?? []).sort((a, b) => a.place - b.place)
  }
}

/** Changes that are published together. */
export class Batch {
  readonly ids: readonly string[]
  readonly #packets: readonly EncodedMessage[]
  readonly #isKept: boolean
  readonly #bytes = new Map<Transport, Buffer>()

  constructor (changes: readonly Changed[], isKept: boolean) {
    this.ids = changes.map(({ id }) => id)
    this.#packets = changes.map(({ packet }) => packet)
    this.#isKept = isKept
  }

  /** One Buffer, so that each subscriber is one write. */
  for (transport: Transport): Buffer {
    let bytes = this.#bytes.get(transport)
    if (bytes === undefined) {
      const parts = this.#packets.map((packet) => packet.for(transport))
      const [first, ...others] = parts
      // One change is the same bytes for every group.
      bytes = first === undefined || others.length > 0 ? Buffer.concat(parts) : first
      if (this.#isKept) this.#bytes.set(transport, bytes)
    }
    return bytes
  }
}
