import type { Station } from '../schemas.ts'
import type { PublishedState, StationChange } from '../state/published-state.ts'
import { unknownStation } from '../state/unknown-station.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { HEARTBEATS } from './encoded-message.ts'
import { HistoryLengths } from './history-lengths.ts'
import type { DropReason, PushMetrics } from './metrics.ts'
import { keyOf, type Selection } from './selection.ts'
import { SlowSubscribers, type PendingStations } from './slow-subscribers.ts'
import { Snapshots } from './snapshots.ts'
import { messagesFor, type StationMessages } from './station-messages.ts'
import type { Subscriber } from './subscriber.ts'
import { SubscriberGroup, type Changed } from './subscriber-group.ts'
import { SubscriberList } from './subscriber-list.ts'

export interface BroadcasterOptions {
  state: PublishedState
  limits: ConnectionLimits
  metrics: PushMetrics
  /** ms between two heartbeats. */
  heartbeat: number
  /** ms that a subscriber may be behind before it is dropped. */
  slowAfter: number
}

/**
 * How long after the first read a station that a subscriber asked for before it may still appear: after a reboot of the
 * machine an encoder connects some seconds later than the app.
 */
const UNKNOWN_STATION_TTL_MS = 30_000

/** Sends each change to all subscribers: it is encoded once per transport, and every subscriber receives the same bytes. */
export class Broadcaster {
  readonly subscribers: SubscriberList
  readonly #state: PublishedState
  readonly #metrics: PushMetrics
  readonly #snapshots: Snapshots
  readonly #slow: SlowSubscribers
  /** Groups that have at least one subscriber, by key. */
  readonly #groups = new Map<string, SubscriberGroup>()
  readonly #historyLengths = new HistoryLengths()
  /** Changes that are not published yet, by station: all changes of one report are sent together. */
  readonly #changed = new Map<string, Omit<Changed, 'index'>>()
  /** The messages about the current state of each station, also for subscribers that were behind. */
  readonly #messages = new WeakMap<Station, StationMessages>()
  /** The time by `performance.now()` at which the stations were first known to be complete; null: not yet. */
  #completeSince: number | null = null

  constructor ({ state, limits, metrics, heartbeat, slowAfter }: BroadcasterOptions) {
    this.#state = state
    this.#metrics = metrics
    this.#snapshots = new Snapshots(state, heartbeat)
    this.#slow = new SlowSubscribers({
      slowAfter,
      metrics,
      onReady: (subscriber, pending) => this.#catchUp(subscriber, pending),
      onTooSlow: (subscriber) => this.#dropNow(subscriber, 'slow')
    })
    this.subscribers = new SubscriberList({
      limits,
      metrics,
      heartbeat,
      onHeartbeat: (subscriber) => this.#beat(subscriber),
      onUnsubscribe: (subscriber) => {
        this.#slow.delete(subscriber)
        const { group } = subscriber
        if (--group.members > 0) return
        this.#groups.delete(group.key)
        this.#historyLengths.delete(group.selection.history)
      }
    })
  }

  /** The group of all subscribers that ask for the same. */
  group (selection: Selection): SubscriberGroup {
    const sent = { ...selection, history: this.#historyLengths.allowed(selection.history) }
    const key = keyOf(sent)
    return this.#groups.get(key) ?? new SubscriberGroup(key, sent)
  }

  /** `lastVersion`: the version that the client has already received. If nothing has changed since, no snapshot is sent. */
  add (subscriber: Subscriber, lastVersion?: string): void {
    this.#flush()
    const { group, transport } = subscriber
    if (group.members++ === 0) {
      this.#groups.set(group.key, group)
      this.#historyLengths.add(group.selection.history)
    }
    this.subscribers.add(subscriber)
    if (subscriber.state === 'closing') return
    const followed = group.selection.hasListeners ? this.#state : this.#state.withoutListeners
    if (lastVersion !== undefined && group.isCurrent(lastVersion, followed)) return
    this.#send(subscriber, this.#snapshots.for(group).for(transport), 1)
  }

  publish (change: StationChange): void {
    this.#metrics.changes++
    const { station, previous, isListenersOnly } = change
    const messages = messagesFor(change, previous && this.#messages.get(previous))
    this.#messages.set(station, messages)
    if (this.#changed.size === 0) process.nextTick(() => this.#flush())
    const earlier = this.#changed.get(station.id)
    // Moved to the end: a client reconnects with the version it received last, so versions have to be sent in order.
    this.#changed.delete(station.id)
    this.#changed.set(station.id, { id: station.id, messages, isListenersOnly: isListenersOnly && earlier?.isListenersOnly !== false })
  }

  async close (): Promise<void> {
    await this.subscribers.closeGracefully()
    this.#snapshots.clear()
  }

  #flush (): void {
    if (this.#changed.size === 0) return
    const changes = new Map<string, Changed>()
    for (const [id, changed] of this.#changed) changes.set(id, { ...changed, index: changes.size })
    for (const group of this.#groups.values()) group.prepare(changes)
    this.#changed.clear()
    this.subscribers.forEachBlock((subscribers) => {
      // In a short loop of its own, in which the CPU fetches the memory of many subscribers at the same time.
      const areBehind = subscribers.map(isBehind)
      for (const [index, subscriber] of subscribers.entries()) {
        const { group: { batch }, transport } = subscriber
        if (batch === null) continue
        if (areBehind[index]) {
          this.#metrics.skipped += this.#slow.add(subscriber, batch.changes)
        } else {
          this.#send(subscriber, batch.for(transport), batch.changes.length)
        }
      }
    })
    for (const group of this.#groups.values()) group.batch = null
  }

  #send (subscriber: Subscriber, bytes: Buffer, messages: number): void {
    subscriber.write(bytes)
    this.#metrics.sent += messages
    this.#metrics.sentBytes += bytes.length
  }

  #beat (subscriber: Subscriber): void {
    // A subscriber that has not taken earlier messages would not take a heartbeat: `slowAfter` decides about it.
    if (isBehind(subscriber)) this.#slow.add(subscriber, [])
    else if (!subscriber.beat(HEARTBEATS[subscriber.transport])) this.#dropNow(subscriber, 'silent')
    else this.#rejectIfUnknown(subscriber)
  }

  /** Sends the current state of each station that has changed. */
  #catchUp (subscriber: Subscriber, pending: PendingStations): void {
    const { transport, group: { selection: { history, hasListeners } } } = subscriber
    for (const [id, isListenersOnly] of pending) {
      const station = this.#state.get(id)
      const messages = station && this.#messages.get(station)
      // The station was removed: beyond the maximum, those offline for longest are dropped.
      if (messages === undefined) continue
      const { listeners, update, updateWithoutListeners } = messages
      const message = isListenersOnly ? listeners : (hasListeners ? update : updateWithoutListeners).withHistory(history)
      this.#send(subscriber, message.for(transport), 1)
    }
  }

  #dropNow (subscriber: Subscriber, reason: DropReason): void {
    this.subscribers.drop(subscriber, reason)
    this.subscribers.terminate(subscriber)
  }

  /**
   * Before the first read any station may be subscribed to. Names that do not exist must not stay in memory for as long as the
   * connection does, so after the read such a subscriber is rejected like a new one.
   */
  #rejectIfUnknown (subscriber: Subscriber): void {
    const { group } = subscriber
    if (group.isVerified || !this.#state.isComplete) return
    this.#completeSince ??= performance.now()
    if (performance.now() - this.#completeSince < UNKNOWN_STATION_TTL_MS) return
    const unknown = group.findUnknown(this.#state)
    if (unknown === undefined) return
    const { code, message } = unknownStation(this.#state, unknown)
    subscriber.reject(code, message)
    this.subscribers.evict(subscriber)
  }
}

function isBehind (subscriber: Subscriber): boolean {
  return subscriber.state === 'behind' || subscriber.queuedBytes > 0
}
