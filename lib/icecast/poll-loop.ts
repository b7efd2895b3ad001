import { FST_ICECAST_AT_LIMIT, FST_ICECAST_CLOSED, FST_ICECAST_TIMEOUT } from '../errors.ts'
import { backoff } from './backoff.ts'
import { complain } from './complain.ts'
import type { Report } from './report.ts'

export interface PollLoopOptions {
  /** One read of the server; ends at once when `signal` fires. */
  read (signal: AbortSignal): Promise<Report>
  /** ms from the end of a good read to the next. */
  interval: number
  /** ms that one read may take in all. */
  timeout: number
  /** `since`: when its read began, by `performance.now()`. */
  onReport (report: Report, since: number): void
  /** `since`: when the first read of this outage began, by `performance.now()`. */
  onFailure (error: Error, since: number): void
}

/** The longest wait after a failure; an Icecast that comes back is seen that soon. */
const CAP = 5000
/** At its client limit each refusal makes Icecast 2.4 sleep for 400 ms, for all its listeners: stay away. */
const FLOOR_AT_LIMIT = 5000
const CAP_AT_LIMIT = 60_000

/** ms between two reads at the least, however often one is wanted. */
const BREATH = 50

/** Reads a server again and again, one read at a time: the next is armed after the last has ended. */
export class PollLoop {
  readonly #options: PollLoopOptions
  readonly #afterFailure
  readonly #afterRefusal
  #running = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> | null = null
  /** Who waits for the next read; told whether it was good. */
  #waiting: Array<(isGood: boolean) => void> = []
  #abort: AbortController | null = null
  #failingSince: number | null = null
  /** At its client limit Icecast isn't asked before, whoever wants it. */
  #barredUntil = 0
  #endedAt = -Infinity
  /** When the next read is due by itself, and when one is wanted. */
  #dueAt = 0
  #soonAt = Infinity
  /** ms from the end of a good read to the next, in place of `interval`; null: that. */
  intervalOverride: number | null = null

  constructor (options: PollLoopOptions) {
    this.#options = options
    this.#afterFailure = backoff(options.interval, Math.max(options.interval, CAP))
    this.#afterRefusal = backoff(Math.max(options.interval, FLOOR_AT_LIMIT), Math.max(options.interval, CAP_AT_LIMIT))
  }

  /** Once: after a stop it does nothing. */
  start (): void {
    if (this.#running || this.#isStopped) return
    this.#running = true
    this.#begin()
  }

  /** Resolves when nothing of the loop is left. Works without a start, and twice. */
  async stop (): Promise<void> {
    this.#running = false
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#abort?.abort(new FST_ICECAST_CLOSED())
    this.#turnAway()
    await this.#reading
  }

  /**
   * Reads as soon as the server has taken breath, whatever the pace; true when the read was good, false without one
   * while Icecast is at its client limit. Calls at the same time share one read, but never one that had begun before
   * them: it could miss what they were called for.
   */
  async refresh (): Promise<boolean> {
    if (!this.#running || performance.now() < this.#barredUntil) return false
    return await new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#reading === null) this.#arm()
    })
  }

  /** Has the next read begin within `ms`; while reads fail, their own pace goes first. */
  readWithin (ms: number): void {
    this.#soonAt = Math.min(this.#soonAt, performance.now() + ms)
    if (this.#running && this.#reading === null) this.#arm()
  }

  #begin (): void {
    clearTimeout(this.#timer)
    this.#soonAt = Infinity
    // Whoever asks for a refresh from now on needs a later read.
    const waiting = this.#waiting.splice(0)
    this.#reading = this.#read().then((isGood) => {
      this.#reading = null
      for (const tell of waiting) tell(isGood)
      if (performance.now() < this.#barredUntil) this.#turnAway()
      if (this.#running) this.#arm()
    })
  }

  #turnAway (): void {
    for (const tell of this.#waiting.splice(0)) tell(false)
  }

  async #read (): Promise<boolean> {
    const { timeout, onReport } = this.#options
    const began = performance.now()
    const abort = this.#abort = new AbortController()
    const limit = setTimeout(() => abort.abort(new FST_ICECAST_TIMEOUT(timeout)), timeout)
    let wait: number | null = null
    try {
      const report = await this.#options.read(abort.signal)
      if (this.#running) onReport(report, began)
      this.#failingSince = null
      this.#afterFailure.reset()
      this.#afterRefusal.reset()
    } catch (error) {
      if (this.#running) wait = this.#failed(error, began)
    }
    clearTimeout(limit)
    this.#endedAt = performance.now()
    this.#dueAt = this.#endedAt + (wait ?? this.intervalOverride ?? this.#options.interval)
    return this.#running && wait === null
  }

  #arm (): void {
    const soonAt = this.#failingSince === null ? Math.max(this.#soonAt, this.#endedAt + BREATH) : Infinity
    const isAwaited = this.#waiting.length > 0
    const nextAt = Math.min(this.#dueAt, soonAt, isAwaited ? this.#endedAt + BREATH : Infinity)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, nextAt - performance.now()))
    if (!isAwaited) this.#timer.unref()
  }

  #failed (error: unknown, began: number): number {
    this.#failingSince ??= began
    try {
      this.#options.onFailure(error instanceof Error ? error : new Error(String(error)), this.#failingSince)
    } catch (thrown) {
      complain(thrown)
    }
    if (!(error instanceof FST_ICECAST_AT_LIMIT)) return this.#afterFailure.next()
    const wait = this.#afterRefusal.next()
    this.#barredUntil = performance.now() + wait
    return wait
  }
}
