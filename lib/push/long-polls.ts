import type { StationChange } from '../state/published-state.ts'
import type { Metrics } from './metrics.ts'

interface Waiter {
  /** The id of a station; null: any. */
  station: string | null
  isOver: boolean
  /** It may have what it waits for. */
  wake?: () => void
  end: () => void
}

/** Requests that are held until something changes. */
export class LongPolls {
  readonly #most: number
  readonly #metrics: Metrics
  readonly #waiters = new Set<Waiter>()
  #isClosed = false

  /** `most`: how many at the same time. */
  constructor (most: number, metrics: Metrics) {
    this.#most = most
    this.#metrics = metrics
  }

  get isClosed (): boolean { return this.#isClosed }

  /** Whether one more can be held. */
  get hasRoom (): boolean { return !this.#isClosed && this.#waiters.size < this.#most }

  /** Resolves when the station (null: any) has changed and `isSame` says no, `ms` have passed, or nobody waits any more, which `onGone` tells. */
  async until (station: string | null, ms: number, isSame: () => boolean, onGone: (end: () => void) => void): Promise<void> {
    const waiter: Waiter = {
      station,
      isOver: false,
      end: () => {
        waiter.isOver = true
        waiter.wake?.()
      }
    }
    const timer = setTimeout(waiter.end, ms).unref()
    this.#waiters.add(waiter)
    this.#metrics.waiting++
    onGone(waiter.end)
    try {
      do await new Promise<void>((resolve) => { waiter.wake = resolve })
      while (!waiter.isOver && isSame())
    } finally {
      clearTimeout(timer)
      this.#waiters.delete(waiter)
      this.#metrics.waiting--
    }
  }

  publish ({ station: { id } }: StationChange): void {
    for (const { station, wake } of this.#waiters) if (station === null || station === id) wake?.()
  }

  close (): void {
    this.#isClosed = true
    for (const { end } of this.#waiters) end()
  }
}
