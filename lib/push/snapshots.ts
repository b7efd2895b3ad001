import type { PublishedState } from '../state/published-state.ts'
import { EncodedMessage } from './encoded-message.ts'
import { limitHistory } from './limit-history.ts'
import type { SubscriberGroup } from './subscriber-group.ts'

/** How long a snapshot may be reused: clients set their clocks by its `serverTime`. */
const SNAPSHOT_TTL_MS = 100

/** Caches each snapshot for 100 ms so that simultaneous connections share it; nothing is cached afterwards. */
export class Snapshots {
  readonly #state: PublishedState
  readonly #heartbeat: number
  /** Snapshots by the keys of their groups. All have the same version and the same `serverTime`. */
  readonly #snapshots = new Map<string, EncodedMessage>()
  #version = ''
  /** The time of the snapshots, in ms since the epoch. */
  #time = 0
  #timer: NodeJS.Timeout | undefined

  /** `heartbeat`: ms between two heartbeats, which clients are told. */
  constructor (state: PublishedState, heartbeat: number) {
    this.#state = state
    this.#heartbeat = heartbeat
  }

  for (group: SubscriberGroup): EncodedMessage {
    const { version, list } = this.#state
    const now = this.#state.now()
    // The clock may also have been set back.
    if (version !== this.#version || Math.abs(now - this.#time) > SNAPSHOT_TTL_MS) this.#reset(version, now)
    let snapshot = this.#snapshots.get(group.key)
    if (snapshot === undefined) {
      const stations = list.filter(({ id }) => group.includes(id)).map((station) => limitHistory(station, group.selection.history))
      snapshot = new EncodedMessage({ type: 'snapshot', version, serverTime: new Date(now).toISOString(), heartbeat: this.#heartbeat, stations })
      this.#snapshots.set(group.key, snapshot)
    }
    return snapshot
  }

  clear (): void {
    clearTimeout(this.#timer)
    this.#snapshots.clear()
    this.#version = ''
  }

  #reset (version: string, now: number): void {
    this.clear()
    this.#version = version
    this.#time = now
    this.#timer = setTimeout(() => this.clear(), SNAPSHOT_TTL_MS).unref()
  }
}
