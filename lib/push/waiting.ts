import type { Change } from '../stations/board.ts'
import type { Metrics } from './metrics.ts'

interface Waiter {
  /** The id of a station; null: any. */
  station: string | null
  end: () => void
}

/** Requests that are held until something changes. */
export class Waiting {
  readonly #most: number
  readonly #metrics: Metrics
  readonly #waiters = new Set<Waiter>()
  #isClosed = false

  /** `most`: how many at the same time. */
  constructor (most: number, metrics: Metrics) {
    this.#most = most
    this.#metrics = metrics
  }

  /** Whether one more can be held. */
  get hasRoom (): boolean { return !this.#isClosed && this.#waiters.size < this.#most }

  /** Resolves when the station (null: any) has changed, `ms` have passed, or nobody waits any more, which `onGone` tells. */
  async until (station: string | null, ms: number, onGone: (end: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      const waiter: Waiter = {
        station,
        end: () => {
          clearTimeout(timer)
          if (this.#waiters.delete(waiter)) this.#metrics.waiting--
          resolve()
        }
      }
      const timer = setTimeout(waiter.end, ms).unref()
      this.#waiters.add(waiter)
      this.#metrics.waiting++
      onGone(waiter.end)
    })
  }

  publish ({ station: { id } }: Change): void {
    for (const { station, end } of this.#waiters) if (station === null || station === id) end()
  }

  close (): void {
    this.#isClosed = true
    for (const { end } of this.#waiters) end()
  }
}
