import { FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_ICECAST, FST_ICECAST_UNAUTHORIZED } from '../errors.ts'
import type { FeedKind } from './feeds/live-feed.ts'
import { NamedHiddenMounts } from './named-hidden-mounts.ts'
import { AdminStatsReader, PUBLIC_LIST_TTL_MS } from './protocols/admin-stats-reader.ts'
import { HiddenMountsReader } from './protocols/hidden-mounts-reader.ts'
import type { Protocol, StatusDocument } from './protocols/protocol.ts'
import { PublicStatsReader } from './protocols/public-stats-reader.ts'
import { REDETECT_INTERVAL_MS, retryTimeAfter } from './protocols/retry-time.ts'
import { StatusJson } from './protocols/status-json.ts'
import { StatusJsonReader } from './protocols/status-json-reader.ts'
import { withPublicUrl } from './public-url.ts'
import type { Report } from './report.ts'
import { isRefusal, openConnection, type Connection, type ServerSettings } from './request.ts'

export interface StatusReaderOptions extends ServerSettings {
  /** The mounts that are wanted; null: all that are not hidden. */
  mounts: ReadonlySet<string> | null
  /** The public base address of the server, which replaces that of each `listenUrl`; null: as Icecast gives it. */
  publicUrl?: URL | null
  /** Icecast rejects the account, so only its public document is read; called once until the account is accepted. */
  onAccountRejected (error: Error): void
}

type Attempt =
  | { isRead: true, document: StatusDocument }
  | { isRead: false, error: Error }

/** ms within which a mount that seems to have been hidden is looked up again. */
const CONFIRM_HIDDEN_INTERVAL_MS = 500

/**
 * Reads one server of any supported kind. It detects which documents the server has, remembers that, and detects again
 * when the server refuses them, restarts, or may offer a better document.
 */
export class StatusReader {
  readonly #account: Connection
  readonly #mounts: ReadonlySet<string> | null
  readonly #publicUrl: URL | null
  readonly #onAccountRejected: (error: Error) => void
  readonly #hiddenMounts: NamedHiddenMounts
  readonly #anonymousPublicStats: PublicStatsReader
  readonly #publicStats: PublicStatsReader
  readonly #adminStats: AdminStatsReader
  readonly #statusJson: StatusJson
  readonly #statusJsonReader: StatusJsonReader
  /** The protocol that worked last; null: detect it at the next read. */
  #protocol: Protocol | null = null
  /** When (by `performance.now()`) a better protocol is tried again. */
  #redetectAt = Infinity
  #serverStart: string | null = null
  #feed: FeedKind | null = null
  #isRejectionReported = false

  constructor (options: StatusReaderOptions) {
    const { mounts, publicUrl = null, onAccountRejected } = options
    this.#mounts = mounts
    this.#publicUrl = publicUrl
    this.#onAccountRejected = onAccountRejected
    this.#account = openConnection(options)
    this.#hiddenMounts = new NamedHiddenMounts(mounts)
    const hidden = new HiddenMountsReader(this.#account, mounts, this.#hiddenMounts)
    this.#anonymousPublicStats = new PublicStatsReader({ ...this.#account, authorization: null }, hidden)
    this.#publicStats = new PublicStatsReader(this.#account, hidden)
    this.#statusJson = new StatusJson(this.#account)
    this.#statusJsonReader = new StatusJsonReader(this.#statusJson, mounts, this.#account.authorization === null)
    this.#adminStats = new AdminStatsReader(this.#account, this.#statusJson, mounts)
  }

  /** The live feed that the server offers; null until it has been read. */
  get feed (): FeedKind | null { return this.#feed }

  /**
   * ms within which another read is needed, even if the live feed announces no change; null: none is. Hiding a mount is
   * not announced, so without `stations` reads are at most 5 s apart (or `interval`), and 0.5 s to confirm it.
   */
  rereadWithin (interval: number): number | null {
    if (this.#adminStats.hasUnconfirmed) return CONFIRM_HIDDEN_INTERVAL_MS
    if (this.#mounts !== null) return null
    if (interval > PUBLIC_LIST_TTL_MS) return interval
    return this.#protocol === this.#adminStats ? this.#adminStats.listDueIn(performance.now()) : PUBLIC_LIST_TTL_MS
  }

  /** @throws an FST_ICECAST_* error that says how the server failed, or the reason of `signal`. */
  async read (signal: AbortSignal): Promise<Report> {
    const document = await this.#readKnown(signal) ?? await this.#detect(signal)
    const report = this.#hiddenMounts.complete(document, performance.now())
    const { account } = document
    // A hidden mount is missing: the account is tried again at each read.
    if (account.kind === 'rejected' && this.#hiddenMounts.hasSeenHiddenInRun(report.serverStart)) {
      this.#protocol = null
      this.#reportRejection(account.error)
    }
    if (account.kind === 'accepted') this.#isRejectionReported = false
    this.#serverStart = report.serverStart
    this.#feed = document.feed
    return withPublicUrl(report, this.#publicUrl)
  }

  /** Closes its connections at once. */
  async close (): Promise<void> {
    await this.#account.close()
  }

  /** Reads with the protocol that worked last; null if there is none, or if it does not work any more. */
  async #readKnown (signal: AbortSignal): Promise<StatusDocument | null> {
    const protocol = performance.now() < this.#redetectAt ? this.#protocol : null
    this.#protocol = null
    if (protocol === null) return null
    const attempt = await this.#attempt(protocol, signal)
    if (!attempt.isRead) return null
    // After a restart it may be another version of Icecast: the next read detects it.
    if (attempt.document.report.serverStart !== this.#serverStart) this.#protocol = null
    return attempt.document
  }

  /**
   * Tries the protocols, the best first, and keeps the first that works. It begins without the account: icecast-kh
   * answers an administrator with HTTP 200 for any path, and 2.5 refuses even its public pages to a wrong account.
   */
  async #detect (signal: AbortSignal): Promise<StatusDocument> {
    this.#redetectAt = Infinity
    this.#statusJson.reset()
    // 2.5 shows it to everyone; 2.4 answers 400; icecast-kh, and a 2.5 that is locked, answer 401.
    const anonymous = await this.#attempt(this.#anonymousPublicStats, signal)
    if (anonymous.isRead) return anonymous.document

    const rejected = this.#account.authorization === null ? null : await this.#detectWithAccount(anonymous.error, signal)
    if (rejected?.isRead === true) return rejected.document

    const open = await this.#attempt(this.#statusJsonReader, signal)
    if (!open.isRead) throw decisive([open.error, ...rejected === null ? [] : [rejected.error], anonymous.error], rejected?.error)
    const { document } = open
    if (rejected !== null) {
      this.#redetectAt = retryTimeAfter(rejected.error)
      return { ...document, account: { kind: 'rejected', error: rejected.error } }
    }
    if (document.feed === 'eventfeed') this.#redetectAt = retryTimeAfter(anonymous.error)
    // 400 is the answer of 2.4, which has nothing better for anonymous readers.
    else if (!(anonymous.error instanceof FST_ICECAST_BAD_STATUS)) this.#redetectAt = performance.now() + REDETECT_INTERVAL_MS
    return document
  }

  /** `anonymous`: how the server refused `/admin/publicstats.json` without the account. */
  async #detectWithAccount (anonymous: Error, signal: AbortSignal): Promise<Attempt> {
    let better = anonymous
    if (anonymous instanceof FST_ICECAST_UNAUTHORIZED) {
      const locked = await this.#attempt(this.#publicStats, signal)
      if (locked.isRead) {
        this.#redetectAt = retryTimeAfter(anonymous)
        return locked
      }
      better = locked.error
    }
    const admin = await this.#attempt(this.#adminStats, signal)
    // 2.5 has a better document than `/admin/stats`.
    if (admin.isRead && admin.document.feed === 'eventfeed') this.#redetectAt = retryTimeAfter(better)
    if (!admin.isRead && admin.error instanceof FST_ICECAST_UNAUTHORIZED) this.#reportRejection(admin.error)
    return admin
  }

  /** Remembers the protocol if it works. */
  async #attempt (protocol: Protocol, signal: AbortSignal): Promise<Attempt> {
    try {
      const document = await protocol.read(signal)
      this.#protocol = protocol
      return { isRead: true, document }
    } catch (error) {
      if (!isRefusal(error)) throw error
      return { isRead: false, error }
    }
  }

  #reportRejection (error: Error): void {
    if (this.#isRejectionReported) return
    this.#isRejectionReported = true
    this.#onAccountRejected(error)
  }
}

/** The error that helps most: `rejected` is that of the account, if there is one. */
function decisive (errors: readonly [Error, ...Error[]], rejected: Error | undefined): Error {
  return errors.find((error) => error instanceof FST_ICECAST_NOT_ICECAST) ?? rejected ??
    errors.find((error) => error instanceof FST_ICECAST_UNAUTHORIZED) ?? errors[0]
}
