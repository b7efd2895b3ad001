import type { StreamMetadata } from './stream-reader.ts'

export interface BurstTimes {
  /** ms after the last metadata of the burst until it is taken. */
  settle: number
  /** ms after the first metadata for which it may be replaced by later ones. */
  maxSettle: number
  /** ms without metadata after which a new connection shows that the stream has none. */
  noMetadata: number
}

/**
 * The metadata of one connection. A server sends a new listener a burst of past audio (Icecast: 64 kB), in which there may
 * be metadata of earlier tracks: of those that come together at the start only the last one is taken.
 */
export class Burst {
  readonly #times: BurstTimes
  readonly #onMetadata: (metadata: StreamMetadata | null) => void
  #isOver = false
  #latest: StreamMetadata | null = null
  #takeAt = Infinity
  #timer: NodeJS.Timeout

  /** `onMetadata` is called with null when the connection brings none. */
  constructor (times: BurstTimes, onMetadata: (metadata: StreamMetadata | null) => void) {
    this.#times = times
    this.#onMetadata = onMetadata
    this.#timer = this.#takeAfter(times.noMetadata)
  }

  add (metadata: StreamMetadata): void {
    if (this.#isOver) return this.#onMetadata(metadata)
    const { settle, maxSettle } = this.#times
    const now = performance.now()
    if (this.#latest === null) this.#takeAt = now + maxSettle
    this.#latest = metadata
    clearTimeout(this.#timer)
    this.#timer = this.#takeAfter(Math.max(0, Math.min(settle, this.#takeAt - now)))
  }

  /** The connection has ended. */
  end (): void {
    clearTimeout(this.#timer)
  }

  #takeAfter (ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#isOver = true
      this.#onMetadata(this.#latest)
    }, ms).unref()
  }
}
