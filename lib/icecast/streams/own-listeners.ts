import type { MountReport } from '../report.ts'

/** ms within which a server counts a connection of ours, or counts it no more: 2.4 needs some 0.4 s. */
const COUNT_DELAY_MS = 1500

export interface OwnConnection {
  connectedAt: number | null
  isConnecting: boolean
}

type Numbers = Pick<MountReport, 'listeners' | 'listenerPeak'>

/** The number of listeners of one mount without our own connection, which the server counts like any other. */
export class OwnListeners {
  #connectedAt: number | null = null
  #changedAt = -Infinity
  #streamStart: string | null
  /** The listeners without us when that was last certain. */
  #listeners: number | null
  /** The peak without us. */
  #peak: number | null
  /** The peak in the last report. */
  #reportedPeak: number | null

  /** `mount`: as it was reported before there was a connection, if it was. */
  constructor ({ streamStart = null, listeners = null, listenerPeak = null }: Partial<MountReport> = {}) {
    this.#streamStart = streamStart
    this.#listeners = listeners
    this.#peak = this.#reportedPeak = listenerPeak
  }

  /**
   * `connectedAt`: since when we are connected, null if we are not; it and `now` are times by `performance.now()`.
   * `isConnecting`: we have asked for the stream, and the server may count us before we have its answer.
   */
  correct (mount: MountReport, { connectedAt, isConnecting }: OwnConnection, now: number): Numbers {
    const wasConnected = this.#connectedAt !== null
    if (isConnecting) this.#changedAt = now
    else if (connectedAt !== this.#connectedAt) this.#changedAt = connectedAt ?? now
    this.#connectedAt = connectedAt
    const isCertain = now - this.#changedAt >= COUNT_DELAY_MS
    if (isCertain || mount.listeners === null || this.#listeners === null) {
      this.#listeners = mount.listeners === null || connectedAt === null ? mount.listeners : Math.max(0, mount.listeners - 1)
    }
    this.#correctPeak(mount, !isCertain || wasConnected || connectedAt !== null)
    return { listeners: this.#listeners, listenerPeak: this.#peak }
  }

  /** A new peak has one too many if we were connected meanwhile. With a new source the server counts from 0 again. */
  #correctPeak ({ streamStart, listenerPeak }: MountReport, isCounted: boolean): void {
    const before = streamStart === this.#streamStart ? this.#peak : null
    if (listenerPeak === null) {
      this.#peak = null
    } else if (before === null || listenerPeak !== this.#reportedPeak) {
      this.#peak = Math.max(before ?? 0, isCounted ? listenerPeak - 1 : listenerPeak, this.#listeners ?? 0)
    }
    this.#streamStart = streamStart
    this.#reportedPeak = listenerPeak
  }
}
