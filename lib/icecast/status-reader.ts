import { FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND, FST_ICECAST_UNAUTHORIZED } from '../errors.ts'
import { AdminStatsReader, isIcecastKh } from './admin-stats-reader.ts'
import { parseAdminStats } from './documents/admin-stats.ts'
import { parsePublicStats } from './documents/publicstats.ts'
import { parseStatusJson } from './documents/status-json.ts'
import type { FeedKind } from './feeds/live-feed.ts'
import type { MountReport, Report } from './report.ts'
import { getDocument, isRefusal, openConnection, type Connection, type ServerSettings } from './request.ts'

export interface StatusReaderOptions extends ServerSettings {
  /** The mounts that are wanted; null: all that aren't hidden. */
  mounts: ReadonlySet<string> | null
  /** The account was refused, and the server is read without it; told once, until it is accepted. */
  onRefused (error: Error): void
}

interface Answer {
  report: Report
  feed: FeedKind
  /** What the account has shown: mounts; or why it has not; null when it was not asked, and need not be. */
  account: readonly MountReport[] | Error | null
}

type Read = (signal: AbortSignal) => Promise<Answer>

/** ms after which a better way of reading is tried again: accounts are changed, and servers are opened. */
const LOOK_AGAIN = 60_000
/** With more mounts wanted, one document of all is cheaper than one for each. */
const FEW = 2

/** One Icecast, whichever it is: finds out how to read it, remembers that, and looks again when it changes or refuses. */
export class StatusReader {
  readonly #options: StatusReaderOptions
  readonly #account: Connection
  readonly #anonymous: Connection
  readonly #administrator: AdminStatsReader
  #read: Read | null = null
  #lookAgainAt = Infinity
  /** Not before this is it asked again for hidden mounts: the account may not see them. */
  #lookForHiddenAt = -Infinity
  #lastStart: string | null = null
  /** Some mount of the last report was live. */
  #wasLive = false
  /** Named mounts that were live by the account, and that no public document has shown since. */
  #byAccount = new Set<string>()
  /** The run of the server of which the account told them. */
  #accountStart: string | null = null
  /** The account was refused when it was last asked: what isn't shown in public may be hidden. */
  #isInDark = false
  /** Named mounts that a public document has shown while the account was refused, or was not asked: they are not hidden. */
  readonly #public = new Set<string>()
  #feed: FeedKind | null = null
  #wasRefused = false

  constructor (options: StatusReaderOptions) {
    this.#options = options
    this.#account = openConnection(options)
    this.#anonymous = { ...this.#account, authorization: null }
    this.#administrator = new AdminStatsReader(this.#account, this.#anonymous, options.mounts)
  }

  /** The live feed that it has; null until it has been read. */
  get feed (): FeedKind | null { return this.#feed }

  /** @throws an FST_ICECAST_* error that says how the server failed, or the reason of `signal`. */
  async read (signal: AbortSignal): Promise<Report> {
    const read = performance.now() < this.#lookAgainAt ? this.#read : null
    this.#read = null
    let answer = read && await read(signal).catch((error: unknown) => {
      if (isRefusal(error)) return null
      throw error
    })
    // Another process may be another version: then the next read finds out.
    if (answer?.report.serverStart === this.#lastStart) this.#read = read
    answer ??= await this.#find(signal)
    const report = this.#mind(answer)
    this.#lastStart = report.serverStart
    this.#wasLive = isOnAir(report.mounts)
    this.#feed = answer.feed
    return report
  }

  /** Ends its connections at once. */
  async close (): Promise<void> {
    await this.#account.close()
  }

  /** A refused account shows no hidden mounts: that doesn't make them offline. */
  #mind ({ report, account }: Answer): Report {
    const named = this.#options.mounts
    if (named === null) return report
    if (account === null || account instanceof Error) {
      for (const { path } of report.mounts) {
        this.#byAccount.delete(path)
        if (named.has(path)) this.#public.add(path)
      }
    } else {
      this.#byAccount = new Set(account.flatMap(({ path, live }) => live && named.has(path) ? [path] : []))
      this.#accountStart = report.serverStart
    }
    if (account !== null) this.#isInDark = account instanceof Error
    if (!this.#isInDark) return report
    if (account instanceof Error && this.#byAccount.size > 0 && report.serverStart === this.#accountStart) {
      this.#read = null
      throw account
    }
    const shown = new Set(report.mounts.map(({ path }) => path))
    return { ...report, unknownMounts: [...named].filter((path) => !shown.has(path) && !this.#public.has(path)) }
  }

  /**
   * Tries the ways of reading, the best first, and keeps the first that works. Without an account at first: kh answers
   * an administrator whatever is asked for, and 2.5 refuses even its public pages to a wrong one.
   */
  async #find (signal: AbortSignal): Promise<Answer> {
    const refusals: Error[] = []
    const attempt = async (read: Read): Promise<Answer | null> => {
      try {
        const answer = await read(signal)
        this.#read = read
        return answer
      } catch (error) {
        if (!isRefusal(error)) throw error
        refusals.push(error)
        return null
      }
    }
    const { authorization } = this.#account
    let refused: Error | undefined
    this.#lookAgainAt = Infinity

    // 2.5 shows it to everyone, 2.4 says 400; kh, and a 2.5 that is locked, say 401.
    let answer = await attempt(this.#publicStats(this.#anonymous))
    if (answer === null && authorization !== null) {
      if (refusals[0] instanceof FST_ICECAST_UNAUTHORIZED) answer = await attempt(this.#publicStats(this.#account))
      answer ??= await attempt((signal) => this.#readAdministrator(signal))
      if (answer === null) refused = refusals.at(-1)
      this.#tellOfRefusal(refused)
    }
    if (answer !== null) {
      // 2.5 has a better document, or shows it to everyone again.
      if (refusals.length > 0 && answer.feed === 'eventfeed') this.#lookAgainAt = lookAgainAfter(refusals.at(-1))
      return answer
    }

    answer = await attempt(this.#statusJson(this.#anonymous))
    // Icecast shows it to everyone; whoever stands in front of it may not.
    if (answer === null && authorization !== null && refusals.at(-1) instanceof FST_ICECAST_UNAUTHORIZED) {
      answer = await attempt(this.#statusJson(this.#account))
    }
    if (answer === null) throw refused ?? refusals.find((error) => error instanceof FST_ICECAST_UNAUTHORIZED) ?? refusals.at(-1)
    // Only of an anonymous 2.4 this is the best.
    if (refused !== undefined || answer.feed === 'eventfeed') this.#lookAgainAt = lookAgainAfter(refused ?? refusals.at(-1))
    else if (!(refusals[0] instanceof FST_ICECAST_BAD_STATUS)) this.#lookAgainAt = performance.now() + LOOK_AGAIN
    return { ...answer, account: refused ?? null }
  }

  #tellOfRefusal (error: Error | undefined): void {
    if (error === undefined) this.#wasRefused = false
    if (this.#wasRefused || !(error instanceof FST_ICECAST_UNAUTHORIZED)) return
    this.#wasRefused = true
    this.#options.onRefused(error)
  }

  #publicStats (connection: Connection): Read {
    return async (signal) => {
      const report = parsePublicStats(await getDocument(connection, 'admin/publicstats.json', signal))
      const account = await this.#readHidden(report, signal)
      const hidden = account instanceof Error ? null : account
      // Only 2.5 has this document, whatever it calls itself.
      return { report: { ...report, mounts: [...report.mounts, ...hidden ?? []] }, feed: 'eventfeed', account }
    }
  }

  /** The mounts that are named and that 2.5 doesn't show in public, if an administrator may see them. */
  async #readHidden ({ mounts: shown }: Report, signal: AbortSignal): Promise<Answer['account']> {
    const named = new Set(this.#options.mounts)
    for (const { path } of shown) named.delete(path)
    if (named.size === 0 || this.#account.authorization === null) return []
    if (this.#byAccount.size === 0 && performance.now() < this.#lookForHiddenAt) return null
    try {
      const { mounts } = parseAdminStats(await getDocument(this.#account, 'admin/stats', signal))
      return mounts.filter(({ path }) => named.has(path))
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#lookForHiddenAt = lookAgainAfter(error)
      return this.#byAccount.size === 0 && error instanceof FST_ICECAST_UNAUTHORIZED && await this.#isAccepted(signal) ? [] : error
    }
  }

  /** The account is one of 2.5, and simply may not see what is hidden: as little as nobody. */
  async #isAccepted (signal: AbortSignal): Promise<boolean> {
    try {
      await getDocument(this.#account, 'admin/publicstats.json', signal)
      return true
    } catch (error) {
      if (!isRefusal(error)) throw error
      return false
    }
  }

  async #readAdministrator (signal: AbortSignal): Promise<Answer> {
    const report = await this.#administrator.read(signal)
    return { report, feed: feedOf(report), account: report.mounts }
  }

  #statusJson (connection: Connection): Read {
    return async (signal) => {
      const ask = async (query = '') => parseStatusJson(await getDocument(connection, `status-json.xsl${query}`, signal))
      const mounts = [...this.#options.mounts ?? []]
      const [first, ...others] = mounts.length > FEW ? [] : mounts.map((mount) => `?mount=${encodeURIComponent(mount)}`)
      let report = await ask(first)
      const more: MountReport[] = []
      for (const other of others) more.push(...(await ask(other)).mounts)
      // Perhaps one source came after its mount was asked for, and the other went before its own was.
      if (others.length > 0 && this.#wasLive && !isOnAir([...report.mounts, ...more])) report = await ask(first)
      return { report: { ...report, mounts: [...report.mounts, ...more] }, feed: feedOf(report), account: null }
    }
  }
}

function isOnAir (mounts: readonly MountReport[]): boolean {
  return mounts.some(({ live }) => live)
}

/** When to ask again what was refused: what is spoiled, such as XML with what an encoder sent in it, the next time. */
function lookAgainAfter (error: Error | undefined): number {
  const isNo = error instanceof FST_ICECAST_UNAUTHORIZED || error instanceof FST_ICECAST_NOT_FOUND
  return isNo ? performance.now() + LOOK_AGAIN : -Infinity
}

/** For a document that several versions have. Whatever calls itself something else has the feed of 2.4; 2.5 has it, too. */
function feedOf (report: Report): FeedKind {
  if (isIcecastKh(report)) return 'stats-kh'
  const [, major, minor, patch] = /^Icecast (\d+)\.(\d+)(?:\.(\d+))?/.exec(String(report.serverId)) ?? []
  // 2.5's release candidates call themselves 2.4.999.
  return Number(major) > 2 || Number(minor) > 4 || Number(patch) >= 999 ? 'eventfeed' : 'stats'
}
