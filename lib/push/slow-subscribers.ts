import type { PushMetrics } from './metrics.ts'
import { RepeatingTimer } from './repeating-timer.ts'
import type { Subscriber } from './subscriber.ts'
import type { Changed } from './subscriber-group.ts'

/** The stations whose current state a subscriber has yet to receive, in the order of their last change, and of each whether only its listener numbers have changed. */
export type PendingStations = ReadonlyMap<string, boolean>

interface SlowSubscribersOptions {
  /** ms that a subscriber may be behind before it is dropped. */
  slowAfter: number
  metrics: PushMetrics
  /** A subscriber can take more: it has to be sent the current state of these stations. */
  onReady (subscriber: Subscriber, pending: PendingStations): void
  /** A subscriber has been behind for longer than `slowAfter`. */
  onTooSlow (subscriber: Subscriber): void
}

interface Lag {
  /** The number of checks since it fell behind. */
  checks: number
  /** The stations that have changed since. */
  pending: Map<string, boolean>
}

const CHECK_INTERVAL_MS = 100

/**
 * Subscribers whose sockets have not taken what they were sent. No messages are queued for them: only the ids of the stations
 * that they have yet to receive are kept.
 */
export class SlowSubscribers {
  readonly #options: SlowSubscribersOptions
  readonly #lags = new Map<Subscriber, Lag>()
  readonly #timer = new RepeatingTimer(() => this.#check(), CHECK_INTERVAL_MS)

  constructor (options: SlowSubscribersOptions) {
    this.#options = options
  }

  /** Returns how many earlier updates the subscriber need not receive any more. */
  add (subscriber: Subscriber, changes: ReadonlyArray<Pick<Changed, 'id' | 'isListenersOnly'>>): number {
    let lag = this.#lags.get(subscriber)
    if (lag === undefined) {
      lag = { checks: 0, pending: new Map() }
      this.#lags.set(subscriber, lag)
      subscriber.state = 'behind'
      this.#updateCount()
      this.#timer.start()
    }
    let skipped = 0
    for (const { id, isListenersOnly } of changes) {
      const pending = lag.pending.get(id)
      // Moved to the end, since messages have to be sent in the order of their versions.
      if (lag.pending.delete(id)) skipped++
      lag.pending.set(id, isListenersOnly && pending !== false)
    }
    return skipped
  }

  delete (subscriber: Subscriber): void {
    if (!this.#lags.delete(subscriber)) return
    this.#updateCount()
    if (this.#lags.size === 0) this.#timer.stop()
  }

  /** Counts checks instead of time, so that a pause of the process is not counted. */
  #check (): void {
    const { slowAfter, onReady, onTooSlow } = this.#options
    for (const [subscriber, lag] of this.#lags) {
      if (subscriber.queuedBytes === 0) {
        this.delete(subscriber)
        subscriber.state = 'open'
        onReady(subscriber, lag.pending)
      } else if (lag.checks++ * CHECK_INTERVAL_MS >= slowAfter) {
        onTooSlow(subscriber)
      }
    }
  }

  #updateCount (): void {
    this.#options.metrics.behind = this.#lags.size
  }
}
