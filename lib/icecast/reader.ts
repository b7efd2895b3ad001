import { followLive, type LiveKind } from './feeds/live.ts'
import { Loop } from './loop.ts'
import type { MountReport, Report } from './report.ts'
import { Server, type ServerOptions } from './server.ts'

export interface ReaderOptions extends ServerOptions {
  /** ms between two reads when nothing tells of changes. */
  interval: number
  /** ms that one read may take in all, and the feed's answer. */
  timeout: number
  /** ms between two reads while a live feed tells of changes. */
  reconcileInterval: number
  /** Whether to follow the live feed; it takes an account. */
  live: boolean
  onReport (report: Report): void
  /** `since`: when the first read of this outage began, by `performance.now()`. */
  onFailure (error: Error, since: number): void
  /** The live feed was lost, or refused; reads go on at `interval`. */
  onFeedDown (error: Error): void
  /** The live feed is followed, at first or again. */
  onFeedUp (): void
}

/** ms to the next look, after a hint, for what the document doesn't show yet: it lags behind its feed by some 0.2 to 0.5 s. */
const LOOKS = [0, 100, 200, 300, 400, 600]
/** ms that a change of listener numbers may wait. */
const LISTENERS = 5000

/** Of so many mounts changes are sought; beyond, of all together. */
const MANY = 64

/** A change that a hint has announced and no report has shown. */
interface Sought {
  before: string
  looks: number
}

/** Reads one server: in a loop, faster when its live feed hints at a change, slower while the feed has nothing to tell. */
export class Reader {
  readonly #options: ReaderOptions
  readonly #server: Server
  readonly #loop: Loop
  readonly #sought = new Map<string | null, Sought>()
  #last: readonly MountReport[] = []
  #following: { kind: LiveKind, abort: AbortController, done: Promise<void> } | null = null

  constructor (options: ReaderOptions) {
    const { interval, timeout, onFailure } = options
    this.#options = options
    this.#server = new Server(options)
    this.#loop = new Loop({
      read: (signal) => this.#server.read(signal),
      interval,
      timeout,
      onReport: (report) => this.#take(report),
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

  #take (report: Report): void {
    this.#last = report.mounts
    this.#options.onReport(report)
    for (const [mount, sought] of this.#sought) this.#look(mount, sought, report)
    this.#follow()
  }

  /** Has the report what was hinted at? Else it is looked for again, a few times: what is re-sent changes nothing. */
  #look (mount: string | null, sought: Sought, report: Report): void {
    const wait = LOOKS[++sought.looks]
    if (wait === undefined || show(report.mounts, mount) !== sought.before) this.#sought.delete(mount)
    else this.#loop.soon(wait)
  }

  #follow (): void {
    const { live, url, authorization, timeout, reconcileInterval, onFeedUp, onFeedDown } = this.#options
    const kind = this.#server.feed
    if (!live || authorization === null || kind === null || kind === this.#following?.kind) return
    this.#following?.abort.abort()
    this.#loop.pace = null
    const abort = new AbortController()
    const done = followLive({
      kind,
      url,
      authorization,
      timeout,
      signal: abort.signal,
      onUp: () => {
        onFeedUp()
        this.#loop.pace = Math.max(this.#options.interval, reconcileInterval)
        this.#loop.soon(0)
      },
      onHint: (mount, about) => this.#hint(mount, about),
      onDown: (error) => {
        onFeedDown(error)
        this.#loop.pace = null
        this.#loop.soon(this.#options.interval)
      }
    })
    this.#following = { kind, abort, done }
  }

  #hint (mount: string | null, about: 'programme' | 'listeners'): void {
    if (mount !== null && this.#options.mounts?.has(mount) === false) return
    if (about === 'listeners') return this.#loop.soon(LISTENERS)
    if (this.#sought.size >= MANY) mount = null
    this.#sought.set(mount, { before: show(this.#last, mount), looks: 0 })
    this.#loop.soon(0)
  }
}

/** What a hint can be about. */
function show (mounts: readonly MountReport[], mount: string | null): string {
  return JSON.stringify(mounts.flatMap(({ path, live, streamStart, title, artist }) =>
    mount === null || path === mount ? [path, live, streamStart, title, artist] : []))
}
