import type { StationChange } from '../state/published-state.ts'
import type { ConnectionLimits, HasAddress } from './connection-limits.ts'
import type { PushMetrics } from './metrics.ts'
import { keyOfStations } from './selection.ts'

export interface LongPollsOptions {
  /** The most requests that are held at the same time. */
  max: number
  limits: ConnectionLimits
  metrics: PushMetrics
}

/** Whether a change of a station changes an answer. Has to be the same function for the same kind of answer. */
export type ChangeFilter = (change: StationChange) => boolean

export interface WaitOptions {
  /** Who waits. */
  client: HasAddress
  /** The ids of the stations that the answer contains; null: all. */
  stations: ReadonlySet<string> | null
  isRelevant: ChangeFilter
  /** The longest time to wait, in ms. */
  timeout: number
  /** Whether the answer is still the one that the client has. Called only after a relevant change. */
  isCurrent: () => boolean
  /** Registers a function to call when the client disconnects. */
  onDisconnect: (stop: () => void) => void
}

interface LongPoll {
  isOver: boolean
  /** Wakes the request, because its answer may have changed. */
  wake?: () => void
}

/** The held requests for the same kind of answer. */
interface LongPollGroup {
  key: string
  stations: ReadonlySet<string> | null
  polls: Set<LongPoll>
}

/** Requests are continued in parts, so that thousands of answers do not delay everything else. */
const MAX_WAKES_PER_TURN = 100

/** Requests with `?wait` that are held until something changes. */
export class LongPolls {
  readonly #options: LongPollsOptions
  /** By the filter, and by the key of the stations, which all requests for the same stations share. */
  readonly #groups = new Map<ChangeFilter, Map<string, LongPollGroup>>()
  /** Requests whose answer may have changed and that are to be continued. */
  #queue = new Set<LongPoll>()
  #count = 0
  #isClosed = false

  constructor (options: LongPollsOptions) {
    this.#options = options
  }

  get isClosed (): boolean { return this.#isClosed }

  /** Whether a request of this client may be held. */
  hasRoom (client: HasAddress): boolean {
    const { max, limits } = this.#options
    return !this.#isClosed && this.#count < max && limits.hasRoomForAddress(client)
  }

  /** Resolves when the answer has changed, the time is over, the client has disconnected or the app is closing. */
  async waitForChange ({ client, stations, isRelevant, timeout, isCurrent, onDisconnect }: WaitOptions): Promise<void> {
    const { limits, metrics } = this.#options
    const poll: LongPoll = { isOver: false }
    const stop = (): void => {
      poll.isOver = true
      poll.wake?.()
    }
    const group = this.#groupOf(stations, isRelevant)
    const limitKey = limits.enterAddress(client)
    const timer = setTimeout(stop, timeout).unref()
    group.polls.add(poll)
    metrics.waiting = ++this.#count
    onDisconnect(stop)
    try {
      do await new Promise<void>((resolve) => { poll.wake = resolve })
      while (!poll.isOver && isCurrent())
    } finally {
      clearTimeout(timer)
      this.#queue.delete(poll)
      group.polls.delete(poll)
      if (group.polls.size === 0) this.#groups.get(isRelevant)?.delete(group.key)
      metrics.waiting = --this.#count
      limits.leaveAddress(limitKey)
    }
  }

  publish (change: StationChange): void {
    const wasIdle = this.#queue.size === 0
    for (const [isRelevant, groups] of this.#groups) {
      if (groups.size === 0 || !isRelevant(change)) continue
      for (const { stations, polls } of groups.values()) {
        if (stations === null || stations.has(change.station.id)) for (const poll of polls) this.#queue.add(poll)
      }
    }
    if (wasIdle && this.#queue.size > 0) setImmediate(() => this.#wakeNext())
  }

  /** Ends all requests at once. */
  close (): void {
    this.#isClosed = true
    for (const groups of this.#groups.values()) {
      for (const { polls } of groups.values()) {
        for (const poll of polls) {
          poll.isOver = true
          poll.wake?.()
        }
      }
    }
  }

  #groupOf (stations: ReadonlySet<string> | null, isRelevant: ChangeFilter): LongPollGroup {
    let groups = this.#groups.get(isRelevant)
    if (groups === undefined) this.#groups.set(isRelevant, groups = new Map())
    const key = keyOfStations(stations)
    let group = groups.get(key)
    if (group === undefined) groups.set(key, group = { key, stations, polls: new Set() })
    return group
  }

  #wakeNext (): void {
    let wakes = 0
    for (const poll of this.#queue) {
      if (wakes++ === MAX_WAKES_PER_TURN) {
        setImmediate(() => this.#wakeNext())
        return
      }
      this.#queue.delete(poll)
      poll.wake?.()
    }
  }
}
