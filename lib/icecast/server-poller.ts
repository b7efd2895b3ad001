import { FeedSelector } from './feeds/feed-selector.ts'
import { followLiveFeed, type FeedKind } from './feeds/live-feed.ts'
import type { Hint } from './feeds/feed.ts'
import { isConnectionLoss, type IcecastError } from './open-response.ts'
import { PendingHints } from './pending-hints.ts'
import { PollLoop } from './poll-loop.ts'
import type { Report } from './report.ts'
import { StatusReader, type StatusReaderOptions } from './status-reader.ts'
import { InBandReader, type InBandReaderOptions } from './streams/in-band-reader.ts'
import { TokenBucket } from './token-bucket.ts'

export interface ServerPollerOptions extends StatusReaderOptions, Omit<InBandReaderOptions, 'onChange' | keyof StatusReaderOptions> {
  /** ms between two reads while no live feed is connected. */
  interval: number
  /** ms after which a read, or the request for the live feed, is aborted. */
  timeout: number
  /** ms between two reads while a live feed announces changes; shorter when `staleAfter` requires it. */
  reconcileInterval: number
  /** ms without a successful read after which stations become stale. A silent feed does not show that a server hangs. */
  staleAfter: number
  /** Whether to follow the live feed, which requires an account. */
  live: boolean
  /** `since`: when the read began, by `performance.now()`. */
  onReport (report: Report, since: number): void
  /** `since`: when this outage began: when the server would have been read without a live feed. `began`: when the read began. Both by `performance.now()`. */
  onFailure (error: Error, since: number, began: number): void
  /** The live feed was lost or refused; until it is back the server is read each `interval`. */
  onFeedDown (error: Error): void
  /** The live feed is connected, for the first time or again. */
  onFeedUp (): void
  /** Receives what one of the other callbacks has thrown. */
  onCallbackError (error: unknown): void
}

/** A change of the number of listeners is read within this time. */
const MAX_LISTENERS_DELAY_MS = 5000
/** This many reads may follow hints without a pause; after that the feed causes no more reads than polling would. */
const MAX_READ_BURST = 8
/** The longest time in which one more read is allowed after a burst, however long `interval` is. */
const MAX_READ_REFILL_INTERVAL_MS = 1000

/** The feed announces a title up to this time after it has counted the request that set it: it sends each half second. */
const MAX_ANNOUNCEMENT_DELAY_MS = 600

/** Polls one server: at once when its live feed announces a change, and rarely while the feed announces none. */
export class ServerPoller {
  readonly #options: ServerPollerOptions
  readonly #statusReader: StatusReader
  readonly #inBandReader: InBandReader
  readonly #pollLoop: PollLoop
  readonly #pendingHints: PendingHints
  readonly #readBudget: TokenBucket
  readonly #feedSelector = new FeedSelector()
  #isFeedUp = false
  #lastSnapshot = ''
  /** The code of the error that `onFeedDown` was last called with; null while a feed is connected. */
  #feedErrorCode: string | null = null
  /** Requests that this poller has sent. */
  #ownRequests = 0
  /** The highest number of requests of others, by the feed's counter; only its changes have a meaning. Null until the feed has reported it. */
  #otherRequests: number | null = null
  /** Requests of others that no hint about metadata has followed: one may have set a title that the feed has dropped. */
  #unexplainedRequests = 0
  #unexplainedTimer: NodeJS.Timeout | undefined
  #unexplainedReadAt = -Infinity
  #feed: { kind: FeedKind, abort: AbortController, done: Promise<unknown> } | null = null

  constructor (options: ServerPollerOptions) {
    const { interval, timeout, onFailure, onCallbackError } = options
    this.#options = options
    this.#statusReader = new StatusReader({ ...options, onRequest: () => { this.#ownRequests++ } })
    this.#inBandReader = new InBandReader({ ...options, onChange: () => this.#pollLoop.readWithin(0) })
    this.#pendingHints = new PendingHints(options.mounts)
    this.#readBudget = new TokenBucket(MAX_READ_BURST, Math.min(interval, MAX_READ_REFILL_INTERVAL_MS))
    this.#pollLoop = new PollLoop({
      read: (signal) => this.#inBandReader.read(signal, (signal) => this.#statusReader.read(signal)),
      interval,
      timeout,
      onReport: (report, since) => this.#handleReport(report, since),
      onFailure: (...failure) => {
        // Icecast may never count a request that has failed.
        this.#otherRequests = null
        onFailure(...failure)
      },
      onCallbackError
    })
  }

  start (): void { this.#pollLoop.start() }

  async refresh (): Promise<boolean> { return await this.#pollLoop.refresh() }

  /** Resolves when no timer, read or connection is left. */
  async stop (): Promise<void> {
    this.#feed?.abort.abort()
    clearTimeout(this.#unexplainedTimer)
    await Promise.all([this.#pollLoop.stop(), this.#inBandReader.stop(), this.#feed?.done])
    await this.#statusReader.close()
  }

  #handleReport (report: Report, since: number): void {
    this.#options.onReport(this.#inBandReader.complete(report, this.#statusReader.feed === 'eventfeed'), since)
    this.#detectMissedHint(report)
    const now = performance.now()
    if (this.#pendingHints.isPending) this.#readBudget.take(now)
    const delay = this.#pendingHints.report(report, now)
    if (delay !== null) this.#readAfter(delay)
    const rereadWithin = this.#statusReader.rereadWithin(this.#options.interval)
    if (rereadWithin !== null) this.#pollLoop.readWithin(rereadWithin)
    this.#feedSelector.report(this.#lastSnapshot, report.mounts.some(({ live }) => live))
    this.#followFeed()
  }

  /**
   * A connected feed may still drop events. After an unannounced change the server is polled each `interval` until the next
   * hint, even if nothing else changes.
   */
  #detectMissedHint (report: Report): void {
    const snapshot = this.#pendingHints.snapshot(report)
    if (snapshot !== this.#lastSnapshot && !this.#pendingHints.isExpectingChange) this.#pollLoop.intervalOverride = null
    this.#lastSnapshot = snapshot
  }

  #readAfter (delay: number): void {
    this.#pollLoop.readWithin(Math.max(delay, this.#readBudget.wait(performance.now())))
  }

  #followFeed (): void {
    const { live, url, authorization, ca, timeout, onFeedUp, onCallbackError } = this.#options
    const available = this.#statusReader.feed
    if (!live || authorization === null || available === null) return
    const kind = this.#feedSelector.select(available, performance.now())
    if (kind === this.#feed?.kind) return
    this.#feed?.abort.abort()
    this.#usePollInterval()
    const abort = new AbortController()
    const followed = followLiveFeed({
      kind,
      url,
      authorization,
      ca,
      timeout,
      signal: abort.signal,
      onUp: () => {
        this.#feedErrorCode = null
        onFeedUp()
        this.#isFeedUp = true
        this.#useReconcileInterval()
        // A change from before the feed connected is not announced, and a document may show it after the first read.
        this.#pendingHints.hint(null, {}, performance.now())
        this.#pollLoop.readWithin(0)
      },
      onHint: (hint) => this.#handleHint(hint),
      onDown: (error) => this.#handleFeedDown(kind, error)
    // It rejects only with what one of the callbacks has thrown, after it has closed its connection.
    }).catch((error: unknown) => {
      onCallbackError(error)
      this.#usePollInterval()
    })
    this.#feed = { kind, abort, done: Promise.all([this.#feed?.done, followed]) }
  }

  #handleFeedDown (kind: FeedKind, error: IcecastError): void {
    const isNew = error.code !== this.#feedErrorCode
    this.#feedErrorCode = error.code
    this.#usePollInterval()
    if (kind === 'eventfeed') {
      this.#feedSelector.eventFeedEnded(!isConnectionLoss(error), performance.now())
      this.#followFeed()
    }
    if (isNew) this.#options.onFeedDown(error)
  }

  #usePollInterval (): void {
    this.#isFeedUp = false
    this.#otherRequests = null
    this.#unexplainedRequests = 0
    this.#pollLoop.intervalOverride = null
    this.#pollLoop.readWithin(this.#options.interval)
  }

  /** The feed announces changes, so regular reads may be rare. */
  #useReconcileInterval (): void {
    const { interval, reconcileInterval, staleAfter, timeout } = this.#options
    // A read that hangs fails after `timeout`, and by then no more than `staleAfter` should have passed.
    if (this.#isFeedUp) this.#pollLoop.intervalOverride = Math.max(interval, Math.min(reconcileInterval, staleAfter - timeout))
  }

  #handleHint ({ mount, kind, requests = 0, ...announced }: Hint): void {
    if (kind === 'requests') return this.#countRequests(requests)
    if (kind === 'metadata') this.#unexplainedRequests = Math.max(0, this.#unexplainedRequests - 1)
    if (this.#pendingHints.isIrrelevant(mount)) return
    if (kind === 'listeners') return this.#pollLoop.readWithin(MAX_LISTENERS_DELAY_MS)
    this.#useReconcileInterval()
    if (this.#pendingHints.hint(mount, announced, performance.now())) this.#readAfter(0)
  }

  /**
   * 2.4 drops long titles from its feed, but not the count of the encoder's request. A request that neither this poller
   * nor a listener has made, and that no hint about metadata follows, causes a read: at most one per `interval`, so that
   * the feed never costs more reads than polling, and shows no title later.
   */
  #countRequests (requests: number): void {
    const others = requests - this.#ownRequests
    const known = this.#otherRequests ?? others
    // The feed counts a read of this poller up to half a second late; until then `others` is too low.
    this.#otherRequests = Math.max(known, others)
    if (others <= known) return
    this.#unexplainedRequests += others - known
    if (this.#unexplainedTimer !== undefined) return
    const wait = Math.max(MAX_ANNOUNCEMENT_DELAY_MS, this.#unexplainedReadAt + this.#options.interval - performance.now())
    this.#unexplainedTimer = setTimeout(() => {
      this.#unexplainedTimer = undefined
      if (this.#unexplainedRequests === 0) return
      this.#unexplainedRequests = 0
      this.#unexplainedReadAt = performance.now()
      this.#pollLoop.readWithin(0)
    }, wait).unref()
  }
}
