import type { PublishedState } from '../state/published-state.ts'
import type { StationFilterGroup } from './station-filter-group.ts'
import { EncodedMessage } from './encoded-message.ts'

/** ms that a snapshot may be old: its `serverTime` is what pages set their clocks by. */
const KEEPS = 100

/** In a storm of connects one is made for many, and none is kept after it. */
export class Snapshots {
  readonly #state: PublishedState
  readonly #heartbeat: number
  /** By the keys of their groups: all of one version, and of one moment. */
  readonly #packets = new Map<string, EncodedMessage>()
  #version = ''
  #since = 0
  #timer: NodeJS.Timeout | undefined

  /** `heartbeat`: ms between two. */
  constructor (state: PublishedState, heartbeat: number) {
    this.#state = state
    this.#heartbeat = heartbeat
  }

  for (group: StationFilterGroup): EncodedMessage {
    const { version, list } = this.#state
    const at = Date.now()
    if (version !== this.#version || Math.abs(at - this.#since) > KEEPS) this.#begin(version, at)
    let packet = this.#packets.get(group.key)
    if (packet === undefined) {
      const stations = list.filter(({ id }) => group.wantsStation(id))
      packet = new EncodedMessage({ type: 'snapshot', version, serverTime: new Date(at).toISOString(), heartbeat: this.#heartbeat, stations })
      this.#packets.set(group.key, packet)
    }
    return packet
  }

  clear (): void {
    clearTimeout(this.#timer)
    this.#packets.clear()
    this.#version = ''
  }

  #begin (version: string, at: number): void {
    this.clear()
    this.#version = version
    this.#since = at
    this.#timer = setTimeout(() => this.clear(), KEEPS).unref()
  }
}
