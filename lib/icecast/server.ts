import { FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_BAD_STATUS, FST_ICECAST_UNAUTHORIZED } from '../errors.ts'
import { Administrator, isIcecastKh } from './administrator.ts'
import { parseAdminStats } from './documents/admin-stats.ts'
import { parsePublicStats } from './documents/publicstats.ts'
import { parseStatusJson } from './documents/status-json.ts'
import type { LiveKind } from './feeds/live.ts'
import type { MountReport, Report } from './report.ts'
import { getDocument, isRefusal, openConnection, type Connection, type ServerSettings } from './request.ts'

export interface ServerOptions extends ServerSettings {
  /** The mounts that are wanted; null: all that aren't hidden. */
  mounts: ReadonlySet<string> | null
  /** The account was refused, and the server is read without it; told once, until it is accepted. */
  onRefused (error: Error): void
}

type Read = (signal: AbortSignal) => Promise<Report>

/** ms after which a better way of reading is tried again: accounts are changed, and servers are opened. */
const LOOK_AGAIN = 60_000
/** With more mounts wanted, one document of all is cheaper than one for each. */
const FEW = 2

/** One Icecast, whichever it is: finds out how to read it, remembers that, and looks again when it changes or refuses. */
export class Server {
  readonly #options: ServerOptions
  readonly #account: Connection
  readonly #anonymous: Connection
  readonly #administrator: Administrator
  #read: Read | null = null
  #lookAgainAt = Infinity
  /** Not before this is it asked again for hidden mounts: the account may not see them. */
  #lookForHiddenAt = -Infinity
  #lastStart: string | null = null
  #feed: LiveKind | null = null
  #wasRefused = false

  constructor (options: ServerOptions) {
    this.#options = options
    this.#account = openConnection(options)
    this.#anonymous = { ...this.#account, authorization: null }
    this.#administrator = new Administrator(this.#account, this.#anonymous, options.mounts)
  }

  /** The live feed that it has; null until it has been read. */
  get feed (): LiveKind | null { return this.#feed }

  /** @throws an FST_ICECAST_* error that says how the server failed, or the reason of `signal`. */
  async read (signal: AbortSignal): Promise<Report> {
    const read = performance.now() < this.#lookAgainAt ? this.#read : null
    this.#read = null
    let report = read && await read(signal).catch((error: unknown) => {
      if (isRefusal(error)) return null
      throw error
    })
    // Another process may be another version: then the next read finds out.
    if (report?.serverStart === this.#lastStart) this.#read = read
    report ??= await this.#find(signal)
    this.#lastStart = report.serverStart
    this.#feed = feedOf(report)
    return report
  }

  /** Ends its connections at once. */
  async close (): Promise<void> {
    await this.#account.close()
  }

  /**
   * Tries the ways of reading, the best first, and keeps the first that works. Without an account at first: kh answers
   * an administrator whatever is asked for, and 2.5 refuses even its public pages to a wrong one.
   */
  async #find (signal: AbortSignal): Promise<Report> {
    const refusals: Error[] = []
    const attempt = async (read: Read): Promise<Report | null> => {
      try {
        const report = await read(signal)
        this.#read = read
        return report
      } catch (error) {
        if (!isRefusal(error)) throw error
        refusals.push(error)
        return null
      }
    }
    const { authorization } = this.#account
    this.#lookAgainAt = Infinity

    // 2.5 shows it to everyone, 2.4 says 400; kh, and a 2.5 that is locked, say 401.
    let report = await attempt(this.#publicStats(this.#anonymous))
    if (report === null && authorization !== null) {
      if (refusals[0] instanceof FST_ICECAST_UNAUTHORIZED) report = await attempt(this.#publicStats(this.#account))
      report ??= await attempt((signal) => this.#administrator.read(signal))
      if (report !== null) {
        this.#wasRefused = false
        return report
      }
      const refused = refusals.at(-1)
      // The account was accepted, and the public document has been no help.
      if (refused instanceof FST_ICECAST_BAD_DOCUMENT) throw refused
      this.#tellOfRefusal(refused)
    }
    if (report !== null) return report

    report = await attempt((signal) => this.#readStatusJson(signal))
    if (report === null) throw refusals.find((error) => error instanceof FST_ICECAST_UNAUTHORIZED) ?? refusals.at(-1)
    // Only of an anonymous 2.4 this is the best.
    if (authorization !== null || !(refusals[0] instanceof FST_ICECAST_BAD_STATUS)) this.#lookAgainAt = performance.now() + LOOK_AGAIN
    return report
  }

  #tellOfRefusal (error: Error | undefined): void {
    if (this.#wasRefused || !(error instanceof FST_ICECAST_UNAUTHORIZED)) return
    this.#wasRefused = true
    this.#options.onRefused(error)
  }

  #publicStats (connection: Connection): Read {
    return async (signal) => {
      const report = parsePublicStats(await getDocument(connection, 'admin/publicstats.json', signal))
      return { ...report, mounts: [...report.mounts, ...await this.#readHidden(report, signal)] }
    }
  }

  /** The mounts that are named and that 2.5 doesn't show in public, if an administrator may see them. */
  async #readHidden ({ mounts: shown }: Report, signal: AbortSignal): Promise<MountReport[]> {
    const named = new Set(this.#options.mounts)
    for (const { path } of shown) named.delete(path)
    if (named.size === 0 || this.#account.authorization === null || performance.now() < this.#lookForHiddenAt) return []
    try {
      const { mounts } = parseAdminStats(await getDocument(this.#account, 'admin/stats', signal))
      return mounts.filter(({ path }) => named.has(path))
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#lookForHiddenAt = performance.now() + LOOK_AGAIN
      return []
    }
  }

  async #readStatusJson (signal: AbortSignal): Promise<Report> {
    const ask = async (query = '') => parseStatusJson(await getDocument(this.#anonymous, `status-json.xsl${query}`, signal))
    const [first, ...others] = [...this.#options.mounts ?? []].map((mount) => `?mount=${encodeURIComponent(mount)}`)
    if (first === undefined || others.length >= FEW) return await ask()
    const report = await ask(first)
    for (const other of others) report.mounts.push(...(await ask(other)).mounts)
    return report
  }
}

function feedOf (report: Report): LiveKind {
  if (isIcecastKh(report)) return 'stats-kh'
  const [, major, minor, patch] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(String(report.serverId)) ?? []
  // 2.5's release candidates call themselves 2.4.999.
  return Number(major) > 2 || Number(minor) > 4 || Number(patch) >= 999 ? 'eventfeed' : 'stats'
}
