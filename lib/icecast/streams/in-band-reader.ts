import { FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_ICECAST } from '../../errors.ts'
import type { IcecastError } from '../open-response.ts'
import { withPublicUrl } from '../public-url.ts'
import type { MountReport, Report } from '../report.ts'
import { isRefusal, type CaCertificates } from '../request.ts'
import { OwnListeners } from './own-listeners.ts'
import { StreamFollower, type StreamTimes } from './stream-follower.ts'
import { describeStream, withStreamTitle } from './stream-report.ts'
import { MAX_AUTO_STREAMS, StreamSelector, type FollowedStream, type InBand } from './stream-selector.ts'

/** What happens to the streams of one server, for its log. */
export interface StreamEvents {
  /** These mounts are read as a listener would from now on; each is named once. */
  onFollow (paths: readonly string[]): void
  /** These are not, since there are too many; each is named once. */
  onTooMany (paths: readonly string[]): void
  /** The server shows no document, so that its streams stand in for it. `error`: how it refused. */
  onNoDocument (error: Error): void
  onStreamDown (path: string, error: IcecastError): void
  onStreamUp (path: string): void
}

export interface InBandReaderOptions extends StreamEvents {
  inBand: InBand
  url: URL
  publicUrl?: URL | null
  ca?: CaCertificates | undefined
  timeout: number
  /** The mounts of each station, in order of preference; null: each mount is a station. */
  programmes: ReadonlyArray<readonly string[]> | null
  /** See `StreamSelectorOptions`. */
  fallbacks?: ReadonlySet<string>
  /** A stream says something new: the server should be read. */
  onChange (): void
  /** How many streams are followed now. */
  onStreamCount? (count: number): void
  onCallbackError (error: unknown): void
  /** For tests. */
  streamTimes?: Partial<StreamTimes>
}

interface Followed {
  follower: StreamFollower
  since: number
  listeners: OwnListeners
}

const NOT_CONNECTED = { connectedAt: null, isConnecting: false }
/** Encoders choose the names of mounts, so the names that were logged are bounded. */
const MAX_NAMED = 1000
/** While the server shows no document, this is how often it is asked for one. */
const DOCUMENT_RETRY_INTERVAL_MS = 30_000
/** A server that has shown documents, or may be starting, is believed to show none only after this time. */
const REFUSING_MS = 10_000
const REFUSING_AFTER_DOCUMENTS_MS = 60_000
/** What a stream said last is relied on for this time after its connection was lost. */
const LOST_TTL_MS = 5000

/**
 * Reads what the streams of one server say. Where the server shows documents, the streams add the titles that these lack;
 * where it shows none, the streams of the named mounts stand in for them.
 */
export class InBandReader {
  readonly #options: InBandReaderOptions
  readonly #selector: StreamSelector
  /** The mounts that `stations` names. */
  readonly #named: readonly string[]
  readonly #followed = new Map<string, Followed>()
  /** Of mounts that are no longer followed: the server may still count our connection, and its peak may include it. */
  readonly #ended = new Map<string, OwnListeners>()
  readonly #stopping = new Set<Promise<void>>()
  readonly #reported = new Set<string>()
  #hasReadDocuments = false
  #isStopped = false
  /** Since when the server has refused all documents, by `performance.now()`; null while it shows one. */
  #refusingSince: number | null = null
  /** The streams stand in for the documents; until when no document is asked for, by `performance.now()`. */
  #alone: { error: Error, until: number } | null = null

  constructor (options: InBandReaderOptions) {
    this.#options = options
    this.#selector = new StreamSelector(options)
    this.#named = [...new Set(options.programmes?.flat())]
  }

  /** Reads the documents with `readDocuments`; where there are none, returns what the streams say. */
  async read (signal: AbortSignal, readDocuments: (signal: AbortSignal) => Promise<Report>): Promise<Report> {
    if (this.#alone !== null && performance.now() < this.#alone.until) return await this.#readStreams(this.#alone.error, signal)
    try {
      const report = await readDocuments(signal)
      this.#hasReadDocuments = true
      this.#refusingSince = this.#alone = null
      return report
    } catch (error) {
      if (!isRefusal(error)) {
        this.#refusingSince = null
        throw error
      }
      if (!this.#standsIn(error)) throw error
      if (this.#alone === null) this.#options.onNoDocument(error)
      this.#alone = { error, until: performance.now() + DOCUMENT_RETRY_INTERVAL_MS }
      return await this.#readStreams(error, signal)
    }
  }

  /** Adds what the streams say to a report of documents, and follows the streams that are needed. */
  complete (report: Report, hasOggTitles: boolean): Report {
    if (this.#alone !== null || this.#options.inBand === false) return report
    const now = performance.now()
    const mounts = report.mounts.map((mount) => this.#completeMount(mount, now))
    const facts = new Map([...this.#followed].map(([path, { follower, since }]): [string, FollowedStream] =>
      [path, { since, hasMetadata: follower.metadata !== null, isUnreadable: follower.isUnreadable }]))
    const { paths, left } = this.#selector.select(report, hasOggTitles, facts, now)
    this.#follow(paths, new Map(report.mounts.map((mount) => [mount.path, mount])))
    this.#report('more', left, this.#options.onTooMany)
    const listed = new Set(mounts.map(({ path }) => path))
    for (const path of this.#ended.keys()) if (!listed.has(path)) this.#ended.delete(path)
    return { ...report, mounts }
  }

  /** Closes all streams at once; resolves when no socket or timer is left. */
  async stop (): Promise<void> {
    this.#isStopped = true
    this.#follow([])
    await Promise.all(this.#stopping)
  }

  #completeMount (mount: MountReport, now: number): MountReport {
    const followed = this.#followed.get(mount.path)
    const listeners = followed?.listeners ?? this.#ended.get(mount.path)
    const corrected = { ...mount, ...listeners?.correct(mount, followed?.follower ?? NOT_CONNECTED, now) }
    if (followed === undefined) return corrected
    const { metadata, state } = followed.follower
    const isLost = state.kind === 'lost' && now - state.since > LOST_TTL_MS
    return metadata === null || isLost ? corrected : withStreamTitle(corrected, metadata)
  }

  /** Whether the streams may stand in for the documents, which the server has refused with this error. */
  #standsIn (error: Error): boolean {
    if (this.#options.inBand === false || this.#named.length === 0 || error instanceof FST_ICECAST_NOT_ICECAST) return false
    if (this.#alone !== null) return true
    const now = performance.now()
    this.#refusingSince ??= now
    const isClosed = !(error instanceof FST_ICECAST_BAD_DOCUMENT || error instanceof FST_ICECAST_BAD_STATUS)
    const wait = this.#hasReadDocuments ? REFUSING_AFTER_DOCUMENTS_MS : isClosed ? 0 : REFUSING_MS
    return now - this.#refusingSince >= wait
  }

  async #readStreams (error: Error, signal: AbortSignal): Promise<Report> {
    const { inBand, publicUrl = null } = this.#options
    const limit = inBand === 'auto' ? MAX_AUTO_STREAMS : Infinity
    this.#follow(this.#named.slice(0, limit))
    this.#report('more', this.#named.slice(limit), this.#options.onTooMany)
    const followers = [...this.#followed.values()].map(({ follower }) => follower)
    await Promise.race([Promise.all(followers.map((follower) => follower.settled())), aborted(signal)])
    signal.throwIfAborted()
    const now = performance.now()
    const known = followers.flatMap((follower) => this.#describe(follower, now) ?? [])
    // No stream shows anything: the server cannot be read.
    if (known.length === 0) throw followers[0]?.error ?? error
    const paths = new Set(known.map(({ path }) => path))
    return withPublicUrl({
      serverId: null, serverStart: null, mounts: known.filter(({ live }) => live), unknownMounts: this.#named.filter((path) => !paths.has(path))
    }, publicUrl)
  }

  /** What a stream says about its mount; null when it says nothing, not even that there is no source. */
  #describe ({ path, url, state, metadata }: StreamFollower, now: number): MountReport | null {
    const isHeld = state.kind === 'lost' && now - state.since <= LOST_TTL_MS
    const known = isHeld ? state.before : state
    if (known.kind === 'unknown' || known.kind === 'lost') return null
    const isLive = known.kind === 'sending'
    return describeStream(path, url, isLive, isLive ? known.headers : {}, isLive ? metadata : null)
  }

  /** Follows these mounts, and no others. `mounts`: how the documents report them. */
  #follow (paths: readonly string[], mounts: ReadonlyMap<string, MountReport> = new Map()): void {
    for (const [path, { follower, listeners }] of this.#followed) {
      if (paths.includes(path)) continue
      this.#followed.delete(path)
      this.#ended.set(path, listeners)
      const stopping: Promise<void> = follower.stop().finally(() => this.#stopping.delete(stopping))
      this.#stopping.add(stopping)
    }
    if (this.#isStopped) return
    const added = paths.filter((path) => !this.#followed.has(path))
    this.#report('followed', added, this.#options.onFollow)
    for (const path of added) this.#start(path, mounts.get(path))
    this.#options.onStreamCount?.(this.#followed.size)
  }

  #start (path: string, mount: MountReport | undefined): void {
    const { url, ca, timeout, streamTimes, onChange, onStreamDown, onStreamUp, onCallbackError } = this.#options
    const follower = new StreamFollower({
      url,
      path,
      ca,
      timeout,
      onChange,
      onDown: (error) => onStreamDown(path, error),
      onUp: () => onStreamUp(path),
      onCallbackError,
      times: streamTimes
    })
    const listeners = this.#ended.get(path) ?? new OwnListeners(mount)
    this.#ended.delete(path)
    this.#followed.set(path, { follower, since: performance.now(), listeners })
    follower.start()
  }

  /** Calls `callback` with the paths with which it has not been called before. */
  #report (what: 'followed' | 'more', paths: readonly string[], callback: (paths: readonly string[]) => void): void {
    const added = paths.filter((path) => !this.#reported.has(`${what} ${path}`))
    if (added.length === 0 || this.#reported.size > MAX_NAMED) return
    for (const path of added) this.#reported.add(`${what} ${path}`)
    callback(added)
  }
}

function aborted (signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
