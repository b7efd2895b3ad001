import type { Subscriber } from './subscriber.ts'

interface Lag {
  /** The tick since which it has been behind. */
  since: number
  /** The stations that have changed meanwhile, by the order of their last change. */
  pending: Set<string>
}

/** Subscribers that have not taken what they were sent: nothing is queued for them, only what they have yet to hear of. */
export class SlowSubscribers {
  readonly #lags = new Map<Subscriber, Lag>()

  get size (): number { return this.#lags.size }

  has (subscriber: Subscriber): boolean { return this.#lags.has(subscriber) }

  delete (subscriber: Subscriber): void { this.#lags.delete(subscriber) }

  /** Returns how many updates it is spared. */
  add (subscriber: Subscriber, ids: readonly string[], tick: number): number {
    let lag = this.#lags.get(subscriber)
    if (lag === undefined) this.#lags.set(subscriber, lag = { since: tick, pending: new Set() })
    let spared = 0
    for (const id of ids) {
      // To the end, for the order of the versions.
      if (lag.pending.delete(id)) spared++
      lag.pending.add(id)
    }
    return spared
  }

  /** Calls for each that can take more, and then forgets it; and for each that has been behind since `limit`. */
  sweep (limit: number, onReady: (subscriber: Subscriber, pending: ReadonlySet<string>) => void, onTooSlow: (subscriber: Subscriber) => void): void {
    for (const [subscriber, { since, pending }] of this.#lags) {
      if (subscriber.queued === 0) {
        this.#lags.delete(subscriber)
        onReady(subscriber, pending)
      } else if (since <= limit) {
        onTooSlow(subscriber)
      }
    }
  }
}
