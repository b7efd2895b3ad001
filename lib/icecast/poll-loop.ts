import { FST_ICECAST_AT_LIMIT, FST_ICECAST_CLOSED, FST_ICECAST_TIMEOUT } from '../errors.ts'
import { backoff } from './backoff.ts'
import { startDeadline } from './deadline.ts'
import type { Report } from './report.ts'

export interface PollLoopOptions {
  /** Reads the server once; rejects at once when `signal` fires. */
  read (signal: AbortSignal): Promise<Report>
  /** ms from the end of a successful read to the start of the next. */
  interval: number
  /** ms after which a read is aborted. */
  timeout: number
  /** `since`: when the read began, by `performance.now()`. */
  onReport (report: Report, since: number): void
  /**
   * `since`: when this outage began, by `performance.now()`: the start of the first failed read, or the time of the read
   * that `intervalOverride` has postponed. So a longer interval does not make an outage look shorter. `began`: when this
   * read began.
   */
  onFailure (error: Error, since: number, began: number): void
  /** Receives what `onFailure` throws. */
  onCallbackError (error: unknown): void
}

/** The longest wait after a failed read: a server that recovers is noticed within this time. */
const MAX_RETRY_INTERVAL_MS = 5000
/**
 * At its client limit Icecast 2.4 sleeps for 400 ms after each rejected connection, which delays all listeners, so it is
 * not asked more often than this; nor less often, since a free slot should be noticed soon.
 */
const MIN_RETRY_INTERVAL_AT_LIMIT_MS = 3000
const MAX_RETRY_INTERVAL_AT_LIMIT_MS = 5000

/** The shortest time from the end of a read to the start of the next, however often a read is requested. */
const MIN_READ_GAP_MS = 50

/** Reads a server repeatedly, one read at a time: the next read is scheduled when the last has ended. */
export class PollLoop {
  readonly #options: PollLoopOptions
  readonly #retryBackoff
  readonly #limitBackoff
  #isRunning = false
  #isStopped = false
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> | null = null
  /** Callers of `refresh` that wait for the next read; each is told whether the read succeeded. */
  #refreshCallers: Array<(isGood: boolean) => void> = []
  #abort: AbortController | null = null
  #failingSince: number | null = null
  /** No read begins before this time, not even for `refresh`: Icecast is at its client limit. */
  #blockedUntil = 0
  #endedAt = -Infinity
  /** When the read after the last successful one would have begun without an `intervalOverride`. */
  #goodUntil = Infinity
  /** When the next regular read begins. */
  #nextReadAt = 0
  /** When a read begins that `readWithin` has requested; `Infinity` when none is requested. */
  #requestedReadAt = Infinity
  /** ms from the end of a successful read to the start of the next, instead of `interval`; null to use `interval`. */
  intervalOverride: number | null = null

  constructor (options: PollLoopOptions) {
    this.#options = options
    this.#retryBackoff = backoff(options.interval, Math.max(options.interval, MAX_RETRY_INTERVAL_MS))
    this.#limitBackoff = backoff(
      Math.max(options.interval, MIN_RETRY_INTERVAL_AT_LIMIT_MS), Math.max(options.interval, MAX_RETRY_INTERVAL_AT_LIMIT_MS))
  }

  /** Starts reading. Does nothing after `stop`. */
  start (): void {
    if (this.#isRunning || this.#isStopped) return
    this.#isRunning = true
    this.#beginRead()
  }

  /** Stops for good; resolves when no read, timer or socket is left. May be called twice, and without `start`. */
  async stop (): Promise<void> {
    this.#isRunning = false
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#abort?.abort(new FST_ICECAST_CLOSED())
    this.#rejectRefreshCallers()
    await this.#reading
  }

  /**
   * Reads as soon as `MIN_READ_GAP_MS` allows, whatever the interval. Resolves with true when the read succeeded, and
   * with false, without a read, while Icecast is at its client limit. Simultaneous calls share one read, but never a read
   * that began before the call: its report may lack the change that the caller is interested in.
   */
  async refresh (): Promise<boolean> {
    if (!this.#isRunning || performance.now() < this.#blockedUntil) return false
    return await new Promise((resolve) => {
      this.#refreshCallers.push(resolve)
      if (this.#reading === null) this.#schedule()
    })
  }

  /** Makes the next read begin within `ms`. While reads fail this has no effect: the retry interval decides. */
  readWithin (ms: number): void {
    this.#requestedReadAt = Math.min(this.#requestedReadAt, performance.now() + ms)
    if (this.#isRunning && this.#reading === null) this.#schedule()
  }

  #beginRead (): void {
    clearTimeout(this.#timer)
    this.#requestedReadAt = Infinity
    // Calls of `refresh` from here on need a later read.
    const callers = this.#refreshCallers.splice(0)
    this.#reading = this.#read().then((isGood) => {
      this.#reading = null
      for (const resolve of callers) resolve(isGood)
      if (performance.now() < this.#blockedUntil) this.#rejectRefreshCallers()
      if (this.#isRunning) this.#schedule()
    })
  }

  #rejectRefreshCallers (): void {
    for (const resolve of this.#refreshCallers.splice(0)) resolve(false)
  }

  async #read (): Promise<boolean> {
    const { timeout, onReport } = this.#options
    const began = performance.now()
    const abort = this.#abort = new AbortController()
    const cancelDeadline = startDeadline(timeout, () => abort.abort(new FST_ICECAST_TIMEOUT(timeout)))
    let retryAfter: number | null = null
    try {
      const report = await this.#options.read(abort.signal)
      if (this.#isRunning) onReport(report, began)
      this.#failingSince = null
      this.#retryBackoff.reset()
      this.#limitBackoff.reset()
    } catch (error) {
      if (this.#isRunning) retryAfter = this.#fail(error, began)
    }
    cancelDeadline()
    this.#endedAt = performance.now()
    if (retryAfter === null) this.#goodUntil = this.#endedAt + this.#options.interval
    this.#nextReadAt = this.#endedAt + (retryAfter ?? this.intervalOverride ?? this.#options.interval)
    return this.#isRunning && retryAfter === null
  }

  #schedule (): void {
    const earliest = this.#endedAt + MIN_READ_GAP_MS
    const requestedAt = this.#failingSince === null ? Math.max(this.#requestedReadAt, earliest) : Infinity
    const hasCallers = this.#refreshCallers.length > 0
    const beginAt = Math.min(this.#nextReadAt, requestedAt, hasCallers ? earliest : Infinity)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#beginRead(), Math.max(0, beginAt - performance.now()))
    // A process that has nothing else to do may exit between two reads, unless a caller waits.
    if (!hasCallers) this.#timer.unref()
  }

  /** Reports a failed read; returns the ms to the next attempt. */
  #fail (error: unknown, began: number): number {
    this.#failingSince ??= Math.min(began, this.#goodUntil)
    try {
      this.#options.onFailure(error instanceof Error ? error : new Error(String(error)), this.#failingSince, began)
    } catch (thrown) {
      this.#options.onCallbackError(thrown)
    }
    if (!(error instanceof FST_ICECAST_AT_LIMIT)) return this.#retryBackoff.next()
    const wait = this.#limitBackoff.next()
    this.#blockedUntil = performance.now() + wait
    return wait
  }
}
