import { TokenBucket } from './token-bucket.ts'
import { complain } from './complain.ts'
import { followLiveFeed, type FeedKind } from './feeds/live-feed.ts'
import { PollLoop } from './poll-loop.ts'
import type { Report } from './report.ts'
import { PendingHints } from './pending-hints.ts'
import { StatusReader, type StatusReaderOptions } from './status-reader.ts'

export interface ServerPollerOptions extends StatusReaderOptions {
  /** ms between two reads when nothing tells of changes. */
  interval: number
  /** ms that one read may take in all, and the feed's answer. */
  timeout: number
  /** ms between two reads while a live feed tells of changes. */
  reconcileInterval: number
  /** Whether to follow the live feed; it takes an account. */
  live: boolean
  /** `since`: when its read began, by `performance.now()`. */
  onReport (report: Report, since: number): void
  /** `since`: when the first read of this outage began, by `performance.now()`. */
  onFailure (error: Error, since: number): void
  /** The live feed was lost, or refused; reads go on at `interval`. */
  onFeedDown (error: Error): void
  /** The live feed is followed, at first or again. */
  onFeedUp (): void
}

/** ms that a change of listener numbers may wait. */
const LISTENERS = 5000
/** So many reads may follow hints at once; after these no more than by polling. */
const BURST = 8
/** ms in which a title may take one read more, however long the interval. */
const LONGEST = 1000

/** Reads one server: in a loop, faster when its live feed hints at a change, slower while the feed has nothing to tell. */
export class ServerPoller {
  readonly #options: ServerPollerOptions
  readonly #server: StatusReader
  readonly #loop: PollLoop
  readonly #search: PendingHints
  readonly #allowance: TokenBucket
  #isUp = false
  /** The feed has hinted at a change since the last report. */
  #isHinted = false
  #shown = ''
  #following: { kind: FeedKind, abort: AbortController, done: Promise<unknown> } | null = null

  constructor (options: ServerPollerOptions) {
    const { interval, timeout, onFailure } = options
    this.#options = options
    this.#server = new StatusReader(options)
    this.#search = new PendingHints(options.mounts)
    this.#allowance = new TokenBucket(BURST, Math.min(interval, LONGEST))
    this.#loop = new PollLoop({
      read: (signal) => this.#server.read(signal),
      interval,
      timeout,
      onReport: (report, since) => this.#take(report, since),
      onFailure
    })
  }

  start (): void { this.#loop.start() }

  async refresh (): Promise<boolean> { return await this.#loop.refresh() }

  /** Resolves when nothing of it is left. */
  async stop (): Promise<void> {
    this.#following?.abort.abort()
    await Promise.all([this.#loop.stop(), this.#following?.done])
    await this.#server.close()
  }

  #take (report: Report, since: number): void {
    this.#options.onReport(report, since)
    this.#judge(report)
    const now = performance.now()
    if (this.#search.isOn) this.#allowance.take(now)
    const wait = this.#search.report(report, now)
    if (wait !== null) this.#soon(wait)
    const rereadWithin = this.#server.rereadWithin(this.#options.interval)
    if (rereadWithin !== null) this.#loop.readWithin(rereadWithin)
    this.#follow()
  }

  /** A feed that is up may still not deliver: then what has changed is not left to it, until it hints again. */
  #judge (report: Report): void {
    const shown = this.#search.show(report)
    if (shown !== this.#shown && !this.#isHinted && !this.#search.isOn) this.#loop.intervalOverride = null
    this.#shown = shown
    this.#isHinted = false
  }

  #soon (wait: number): void {
    this.#loop.readWithin(Math.max(wait, this.#allowance.wait(performance.now())))
  }

  #follow (): void {
    const { live, url, authorization, timeout, onFeedUp, onFeedDown } = this.#options
    const kind = this.#server.feed
    if (!live || authorization === null || kind === null || kind === this.#following?.kind) return
    this.#following?.abort.abort()
    this.#poll()
    const abort = new AbortController()
    const followed = followLiveFeed({
      kind,
      url,
      authorization,
      timeout,
      signal: abort.signal,
      onUp: () => {
        onFeedUp()
        this.#isUp = true
        this.#trust()
        this.#loop.readWithin(0)
      },
      onHint: (mount, about) => this.#hint(mount, about),
      onDown: (error) => {
        onFeedDown(error)
        this.#poll()
      }
    // It rejects with what one of the callbacks threw, and nothing of it is left then.
    }).catch((error: unknown) => {
      complain(error)
      this.#poll()
    })
    this.#following = { kind, abort, done: Promise.all([this.#following?.done, followed]) }
  }

  #poll (): void {
    this.#isUp = false
    this.#loop.intervalOverride = null
    this.#loop.readWithin(this.#options.interval)
  }

  /** What happens is hinted at, or has happened while there was no feed. */
  #trust (): void {
    const { interval, reconcileInterval } = this.#options
    this.#isHinted = true
    if (this.#isUp) this.#loop.intervalOverride = Math.max(interval, reconcileInterval)
  }

  #hint (mount: string | null, about: 'programme' | 'listeners'): void {
    if (this.#search.ignores(mount)) return
    if (about === 'listeners') return this.#loop.readWithin(LISTENERS)
    this.#trust()
    this.#search.hint(mount)
    this.#soon(0)
  }
}
