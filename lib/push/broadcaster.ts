import type { PublishedState, StationChange } from '../state/published-state.ts'
import type { Station } from '../schemas.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { StationFilterGroup, type Changed } from './station-filter-group.ts'
import { SlowSubscribers } from './slow-subscribers.ts'
import type { Metrics } from './metrics.ts'
import { HEARTBEATS, EncodedMessage } from './encoded-message.ts'
import { SubscriberList } from './subscriber-list.ts'
import { Snapshots } from './snapshots.ts'
import type { SubscriberOwner, Subscriber } from './subscriber.ts'

export interface BroadcasterOptions {
  state: PublishedState
  door: ConnectionLimits
  metrics: Metrics
  /** ms between two heartbeats. */
  heartbeat: number
  /** ms that a subscriber may be behind before it is dropped. */
  slowAfter: number
}

/** ms that subscribers have to say goodbye when the server closes. */
const GRACE = 500
/** ms that one has to go when it was told to. */
const LEAVE_WITHIN = 2000
/** ms over which subscribers are asked to come back: at the least, for each of them, and at the most in all. */
const RETURN_LEAST = 1000
const RETURN_PER_SUBSCRIBER = 2
const RETURN_MOST = 60_000
/** ms between two looks at those that are behind or have to go. */
const SWEEP_EVERY = 100

/** Everyone who is subscribed. A change is written down once, and goes to all as the same bytes. */
export class Broadcaster implements SubscriberOwner {
  readonly #state: PublishedState
  readonly #door: ConnectionLimits
  readonly #slowAfter: number
  readonly #metrics: Metrics
  readonly #roll: SubscriberList
  readonly #groups = new Map<string, StationFilterGroup>()
  readonly #snapshots: Snapshots
  readonly #laggards = new SlowSubscribers()
  /** Those that were told to go, and the tick at which they have to be gone. */
  readonly #leaving = new Map<Subscriber, number>()
  /** What is yet to be published, by station: all that one report brings goes out together. */
  readonly #changed = new Map<string, EncodedMessage>()
  /** For those who catch up. */
  readonly #packets = new WeakMap<Station, EncodedMessage>()
  #sweeper: NodeJS.Timeout | undefined
  #isClosing = false
  #onEmpty: (() => void) | null = null

  constructor ({ state, door, metrics, heartbeat, slowAfter }: BroadcasterOptions) {
    this.#state = state
    this.#door = door
    this.#snapshots = new Snapshots(state, heartbeat)
    this.#slowAfter = slowAfter
    this.#metrics = metrics
    this.#roll = new SubscriberList(heartbeat, (subscriber) => this.#beat(subscriber))
  }

  /** What those who want these stations have in common; null: all stations. */
  group (wants: ReadonlySet<string> | null): StationFilterGroup {
    const key = StationFilterGroup.keyOf(wants)
    return this.#groups.get(key) ?? new StationFilterGroup(key, wants)
  }

  /** `seen`: the version that it has already; then it needs no snapshot. */
  add (subscriber: Subscriber, seen?: string): void {
    this.#flush()
    const { group, transport } = subscriber
    this.#roll.add(subscriber)
    this.#groups.set(group.key, group)
    group.members++
    this.#metrics[`${transport}s`]++
    if (this.#isClosing) {
      this.#bye(subscriber)
      return this.leave(subscriber)
    }
    if (seen !== undefined && group.isCurrent(seen, this.#state)) return
    subscriber.write(this.#snapshots.for(group).for(transport))
    this.#metrics.sent++
  }

  delete (subscriber: Subscriber): void {
    const wasSubscribed = this.#unsubscribe(subscriber)
    // Of one that is ended by us the connection says so later.
    if (!this.#leaving.delete(subscriber) && !wasSubscribed) return
    this.#door.leave(subscriber.limitKey)
    if (this.#connections === 0) this.#onEmpty?.()
  }

  drop (subscriber: Subscriber): void {
    this.#metrics.dropped++
    this.leave(subscriber)
  }

  leave (subscriber: Subscriber): void {
    this.#unsubscribe(subscriber)
    this.#leaving.set(subscriber, performance.now() + LEAVE_WITHIN)
    this.#arm()
  }

  publish ({ version, station }: StationChange): void {
    this.#metrics.changes++
    const packet = new EncodedMessage({ type: 'update', version, station })
    this.#packets.set(station, packet)
    if (this.#changed.size === 0) process.nextTick(() => this.#flush())
    // To the end: versions have to be in order, since a page comes back with the last one it got.
    this.#changed.delete(station.id)
    this.#changed.set(station.id, packet)
  }

  /** Tells everyone when to come back, waits a moment for their goodbye, and resolves when all are gone. */
  async close (): Promise<void> {
    this.#isClosing = true
    if (this.#connections > 0) {
      const empty = new Promise<void>((resolve) => { this.#onEmpty = resolve })
      const timer = setTimeout(() => {
        this.#roll.forEach((subscriber) => this.#end(subscriber))
        for (const subscriber of this.#leaving.keys()) this.#end(subscriber)
      }, GRACE)
      this.#roll.forEach((subscriber) => this.#bye(subscriber))
      await empty
      clearTimeout(timer)
    }
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
    this.#snapshots.clear()
  }

  /** With those that have yet to go. */
  get #connections (): number { return this.#roll.size + this.#leaving.size }

  #flush (): void {
    if (this.#changed.size === 0) return
    const changes = new Map<string, Changed>()
    for (const [id, packet] of this.#changed) changes.set(id, { id, packet, place: changes.size })
    for (const group of this.#groups.values()) group.prepare(changes)
    this.#changed.clear()
    const tick = performance.now()
    this.#roll.forEachSlice((subscribers) => {
      // In a short loop of its own the CPU fetches many of them from memory at once: much of what one costs.
      let free = 0
      for (const subscriber of subscribers) if (subscriber.isFree) free++
      const areAllFree = free === subscribers.length && this.#laggards.size === 0
      for (const subscriber of subscribers) {
        const { group: { batch }, transport } = subscriber
        if (batch === null) continue
        if (!areAllFree && (subscriber.queued > 0 || this.#laggards.has(subscriber))) {
          this.#metrics.skipped += this.#laggards.add(subscriber, batch.ids, tick)
        } else {
          subscriber.write(batch.for(transport))
          this.#metrics.sent += batch.ids.length
        }
      }
    })
    for (const group of this.#groups.values()) group.batch = null
    this.#arm()
  }

  #beat (subscriber: Subscriber): void {
    // What it has not taken it would not take with one more: it has its time, or is dropped.
    if (subscriber.queued > 0 || this.#laggards.has(subscriber)) {
      this.#laggards.add(subscriber, [], performance.now())
      this.#arm()
    } else if (!subscriber.beat(HEARTBEATS[subscriber.transport])) {
      this.#cut(subscriber)
    }
  }

  #arm (): void {
    this.#metrics.behind = this.#laggards.size
    if (this.#laggards.size + this.#leaving.size > 0) this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_EVERY).unref()
  }

  #sweep (): void {
    const tick = performance.now()
    this.#laggards.sweep(tick - this.#slowAfter, (subscriber, pending) => this.#catchUp(subscriber, pending), (subscriber) => this.#cut(subscriber))
    for (const [subscriber, until] of this.#leaving) if (tick >= until) this.#end(subscriber)
    this.#metrics.behind = this.#laggards.size
    if (this.#laggards.size + this.#leaving.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }

  /** Sends the newest of each station that has changed. */
  #catchUp (subscriber: Subscriber, pending: ReadonlySet<string>): void {
    for (const id of pending) {
      const station = this.#state.get(id)
      const packet = station && this.#packets.get(station)
      // The registry forgets mounts that went away, when there are too many.
      if (packet === undefined) continue
      subscriber.write(packet.for(subscriber.transport))
      this.#metrics.sent++
    }
  }

  #cut (subscriber: Subscriber): void {
    this.drop(subscriber)
    this.#end(subscriber)
  }

  /** It counts no more, whether its connection says that it is closed or not. */
  #end (subscriber: Subscriber): void {
    subscriber.terminate()
    this.delete(subscriber)
  }

  /** False: it was not subscribed. */
  #unsubscribe (subscriber: Subscriber): boolean {
    if (!this.#roll.delete(subscriber)) return false
    const { group, transport } = subscriber
    this.#laggards.delete(subscriber)
    this.#metrics.behind = this.#laggards.size
    this.#metrics[`${transport}s`]--
    if (--group.members === 0) this.#groups.delete(group.key)
    return true
  }

  /** Spread out, so that they don't all come back at once. */
  #bye (subscriber: Subscriber): void {
    const window = Math.min(RETURN_MOST, RETURN_LEAST + this.#roll.size * RETURN_PER_SUBSCRIBER)
    subscriber.close(Math.round(Math.random() * window))
  }
}
