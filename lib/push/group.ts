import type { Board } from '../stations/board.ts'
import { Packet, type Transport } from './packet.ts'

/** ms that a snapshot may be old: its `serverTime` is what pages set their clocks by. */
const SNAPSHOT_KEEPS = 100

/** Everyone who asked for the same stations. */
export class Group {
  /** What it is found by. */
  readonly key: string
  /** The ids of the stations; null: all. */
  readonly wants: ReadonlySet<string> | null
  /** How many are in it. */
  members = 0
  /** What is being published and concerns them; null: nothing. */
  batch: Batch | null = null
  #snapshot: { version: string, at: number, packet: Packet } | undefined

  constructor (key: string, wants: ReadonlySet<string> | null) {
    this.key = key
    this.wants = wants
  }

  static keyOf (wants: ReadonlySet<string> | null): string {
    return wants === null ? '' : JSON.stringify([...wants].sort())
  }

  wantsStation (id: string): boolean { return this.wants === null || this.wants.has(id) }

  /** Whether nothing of theirs has changed since this version. */
  isCurrent (version: string, board: Board): boolean {
    const [id, ...others] = this.wants ?? []
    return version === board.version || (id !== undefined && others.length === 0 && version === board.versionOf(id))
  }

  /** In a storm of connects one is made for many. `heartbeat`: ms between two. */
  snapshot (board: Board, heartbeat: number): Packet {
    const { version } = board
    const at = Date.now()
    if (this.#snapshot === undefined || this.#snapshot.version !== version || Math.abs(at - this.#snapshot.at) > SNAPSHOT_KEEPS) {
      const stations = board.list.filter(({ id }) => this.wantsStation(id))
      const packet = new Packet({ type: 'snapshot', version, serverTime: new Date(at).toISOString(), heartbeat, stations })
      this.#snapshot = { version, at, packet }
    }
    return this.#snapshot.packet
  }

  /** Takes what concerns this group out of what has changed. */
  prepare (changes: ReadonlyMap<string, Packet>): void {
    const own = [...changes].filter(([id]) => this.wantsStation(id))
    this.batch = own.length === 0 ? null : new Batch(own.map(([id]) => id), own.map(([, packet]) => packet))
  }
}

/** Changes that are published together. */
export class Batch {
  readonly ids: readonly string[]
  readonly #packets: readonly Packet[]
  readonly #bytes = new Map<Transport, Buffer>()

  constructor (ids: readonly string[], packets: readonly Packet[]) {
    this.ids = ids
    this.#packets = packets
  }

  /** One Buffer for all subscribers, so that each is one write. */
  for (transport: Transport): Buffer {
    let bytes = this.#bytes.get(transport)
    if (bytes === undefined) this.#bytes.set(transport, bytes = Buffer.concat(this.#packets.map((packet) => packet.for(transport))))
    return bytes
  }
}
