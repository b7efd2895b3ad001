import type { ConnectionLimits } from './connection-limits.ts'
import { countDropped, type DropReason, type PushMetrics } from './metrics.ts'
import { RepeatingTimer } from './repeating-timer.ts'
import type { Subscriber, SubscriberOwner } from './subscriber.ts'

interface SubscriberListOptions {
  limits: ConnectionLimits
  metrics: PushMetrics
  /** ms between two heartbeats of one subscriber. */
  heartbeat: number
  /** A subscriber's heartbeat is due. */
  onHeartbeat (subscriber: Subscriber): void
  /** A subscriber receives nothing more: its connection has ended or is closing. */
  onUnsubscribe (subscriber: Subscriber): void
}

/** Heartbeats are spread over this many slices at most, with at least this many ms between two slices. */
const MAX_SLICES = 100
const MIN_SLICE_INTERVAL_MS = 10
/** Subscribers in a block of `forEachBlock`. */
const BLOCK_SIZE = 32
/** How long a subscriber that was told to close may stay connected. */
const CLOSING_TIMEOUT_MS = 2000
const CLOSING_CHECK_INTERVAL_MS = 100
/** How long connections may stay open after the app was told to close. */
const SHUTDOWN_TIMEOUT_MS = 500
/** Reconnections after a shutdown are spread over this time, which grows with the number of subscribers. */
const MIN_RECONNECT_SPREAD_MS = 1000
const RECONNECT_SPREAD_PER_SUBSCRIBER_MS = 2
const MAX_RECONNECT_SPREAD_MS = 60_000
/** The same for those that are asked to move. */
const MOVE_SPREAD_MS = 1000

/** All connections of subscribers, from the upgrade until they have ended. */
export class SubscriberList implements SubscriberOwner {
  readonly #options: SubscriberListOptions
  /** Subscribers by slice of the heartbeat interval, so that heartbeats are not sent in one burst. */
  readonly #slices: ReadonlyArray<Subscriber[]>
  /** Connections that were told to close, with the number of checks that they have survived. */
  readonly #closing = new Map<Subscriber, number>()
  readonly #heartbeatTimer: RepeatingTimer
  readonly #closingTimer = new RepeatingTimer(() => this.#terminateOverdue(), CLOSING_CHECK_INTERVAL_MS)
  #size = 0
  #nextSlice = 0
  #dueSlice = 0
  #isShuttingDown = false
  #onEmpty: (() => void) | null = null

  constructor (options: SubscriberListOptions) {
    const { heartbeat } = options
    const slices = Math.min(MAX_SLICES, Math.floor(heartbeat / MIN_SLICE_INTERVAL_MS))
    this.#options = options
    this.#slices = Array.from({ length: slices }, () => new Array<Subscriber>())
    this.#heartbeatTimer = new RepeatingTimer(() => this.#beatSlice(), heartbeat / slices)
  }

  add (subscriber: Subscriber): void {
    subscriber.slice = this.#nextSlice++ % this.#slices.length
    this.#slices[subscriber.slice]?.push(subscriber)
    this.#size++
    this.#options.metrics[`${subscriber.transport}s`]++
    this.#heartbeatTimer.start()
    if (this.#isShuttingDown) this.#sendAway(subscriber)
  }

  forEach (visit: (subscriber: Subscriber) => void): void {
    this.#inOrder().forEach(visit)
  }

  /** Visits all subscribers, a block of them at a time, approximately in the order in which they connected. */
  forEachBlock (visit: (subscribers: readonly Subscriber[]) => void): void {
    const all = this.#inOrder()
    for (let first = 0; first < all.length; first += BLOCK_SIZE) visit(all.slice(first, first + BLOCK_SIZE))
  }

  remove (subscriber: Subscriber): void {
    const wasSubscribed = this.#unsubscribe(subscriber)
    // A connection that was terminated reports its end once more.
    if (!this.#closing.delete(subscriber) && !wasSubscribed) return
    this.#options.limits.leave(subscriber.limitKey)
    if (this.#closing.size === 0) this.#closingTimer.stop()
    if (this.#size + this.#closing.size === 0) this.#onEmpty?.()
  }

  evict (subscriber: Subscriber): void {
    this.#unsubscribe(subscriber)
    subscriber.state = 'closing'
    if (!this.#closing.has(subscriber)) this.#closing.set(subscriber, 0)
    this.#closingTimer.start()
  }

  /** Asks this many to reconnect soon: a random one of each of as many parts of the list. */
  move (count: number): void {
    const all = this.#inOrder()
    const parts = Math.min(count, all.length)
    const startOf = (part: number): number => Math.floor(part * all.length / parts)
    for (let part = 0; part < parts; part++) {
      // A random one, since those at the same distance from each other could all be in the same slice.
      const subscriber = all[startOf(part) + Math.floor(Math.random() * (startOf(part + 1) - startOf(part)))]
      if (subscriber !== undefined) {
        this.#sendAway(subscriber, MOVE_SPREAD_MS)
        this.#options.metrics.moved++
      }
    }
  }

  drop (subscriber: Subscriber, reason: DropReason): void {
    countDropped(this.#options.metrics, reason)
    this.evict(subscriber)
  }

  terminate (subscriber: Subscriber): void {
    subscriber.terminate()
    this.remove(subscriber)
  }

  /** Asks every subscriber to reconnect later, and resolves when all connections have ended. */
  async closeGracefully (): Promise<void> {
    this.#isShuttingDown = true
    if (this.#size + this.#closing.size === 0) return
    const empty = new Promise<void>((resolve) => { this.#onEmpty = resolve })
    const timer = setTimeout(() => {
      for (const subscriber of [...this.#closing.keys()]) this.terminate(subscriber)
    }, SHUTDOWN_TIMEOUT_MS)
    const spread = this.#reconnectSpread()
    this.forEach((subscriber) => this.#sendAway(subscriber, spread))
    await empty
    clearTimeout(timer)
  }

  /**
   * Returns a copy, approximately in the order in which the subscribers connected: slices that have lost subscribers shift it.
   * Sockets that were opened one after the other are near each other in memory, too, so that visiting them in this order is
   * faster than slice by slice.
   */
  #inOrder (): Subscriber[] {
    const longest = Math.max(...this.#slices.map(({ length }) => length))
    const all: Subscriber[] = []
    for (let index = 0; index < longest; index++) {
      for (const slice of this.#slices) {
        const subscriber = slice[index]
        if (subscriber !== undefined) all.push(subscriber)
      }
    }
    return all
  }

  #sendAway (subscriber: Subscriber, spread = this.#reconnectSpread()): void {
    subscriber.close(Math.round(Math.random() * spread))
    this.evict(subscriber)
  }

  #reconnectSpread (): number {
    const subscribers = this.#size + this.#closing.size
    return Math.min(MAX_RECONNECT_SPREAD_MS, MIN_RECONNECT_SPREAD_MS + subscribers * RECONNECT_SPREAD_PER_SUBSCRIBER_MS)
  }

  /** False if it was not subscribed. */
  #unsubscribe (subscriber: Subscriber): boolean {
    const slice = this.#slices[subscriber.slice]
    const index = slice?.indexOf(subscriber)
    if (index === undefined || index === -1) return false
    slice?.splice(index, 1)
    this.#size--
    this.#options.metrics[`${subscriber.transport}s`]--
    if (this.#size === 0) this.#heartbeatTimer.stop()
    this.#options.onUnsubscribe(subscriber)
    return true
  }

  #beatSlice (): void {
    this.#slices.slice(this.#dueSlice, this.#dueSlice + 1).flat().forEach(this.#options.onHeartbeat)
    this.#dueSlice = (this.#dueSlice + 1) % this.#slices.length
  }

  /** Counts checks instead of time, so that a pause of the process is not counted. */
  #terminateOverdue (): void {
    for (const [subscriber, checks] of this.#closing) {
      if (checks * CLOSING_CHECK_INTERVAL_MS >= CLOSING_TIMEOUT_MS) this.terminate(subscriber)
      else this.#closing.set(subscriber, checks + 1)
    }
  }
}
