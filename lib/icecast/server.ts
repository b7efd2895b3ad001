import {
  FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND, FST_ICECAST_UNAUTHORIZED
} from '../errors.ts'
import { Administrator, isIcecastKh } from './administrator.ts'
import { parsePublicStats } from './documents/publicstats.ts'
import { parseStatusJson } from './documents/status-json.ts'
import type { LiveKind } from './feeds/live.ts'
import type { Report } from './report.ts'
import { getDocument, openConnection, type Connection, type ServerSettings } from './request.ts'

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
  #read: Read | null = null
  #lookAgainAt = Infinity
  #lastStart: string | null = null
  #feed: LiveKind | null = null
  #wasRefused = false

  constructor (options: ServerOptions) {
    this.#options = options
    this.#account = openConnection(options)
    this.#anonymous = { ...this.#account, authorization: null }
  }

  /** The live feed that it has; null until it has been read. */
  get feed (): LiveKind | null { return this.#feed }

  /** @throws an FST_ICECAST_* error that says how the server failed, or the reason of `signal`. */
  async read (signal: AbortSignal): Promise<Report> {
    const read = performance.now() < this.#lookAgainAt ? this.#read : null
    this.#read = null
    const report = read === null ? await this.#find(signal) : await read(signal)
    // Another process may be another version: then the next read finds out.
    if (read !== null && report.serverStart === this.#lastStart) this.#read = read
    this.#lastStart = report.serverStart
    this.#feed = feedOf(report.serverId)
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
      report ??= await attempt(this.#administrator())
      this.#tellOfRefusal(report === null ? refusals.at(-1) : undefined)
    }
    if (report !== null) return report

    report = await attempt((signal) => this.#readStatusJson(signal))
    if (report === null) throw refusals.find((error) => error instanceof FST_ICECAST_UNAUTHORIZED) ?? refusals.at(-1)
    // Only of an anonymous 2.4 this is the best.
    if (authorization !== null || !(refusals[0] instanceof FST_ICECAST_BAD_STATUS)) this.#lookAgainAt = performance.now() + LOOK_AGAIN
    return report
  }

  #tellOfRefusal (error: Error | undefined): void {
    const isRefused = error instanceof FST_ICECAST_UNAUTHORIZED
    if (isRefused && !this.#wasRefused) this.#options.onRefused(error)
    this.#wasRefused = isRefused
  }

  #publicStats (connection: Connection): Read {
    return async (signal) => parsePublicStats((await getDocument(connection, 'admin/publicstats.json', signal)).body)
  }

  #administrator (): Read {
    const administrator = new Administrator(this.#account, this.#anonymous, this.#options.mounts)
    return (signal) => administrator.read(signal)
  }

  async #readStatusJson (signal: AbortSignal): Promise<Report> {
    const { mounts } = this.#options
    if (mounts === null || mounts.size > FEW) return parseStatusJson((await getDocument(this.#anonymous, STATUS_JSON, signal)).body)
    const reports: Report[] = []
    for (const mount of mounts) {
      const { body } = await getDocument(this.#anonymous, `${STATUS_JSON}?mount=${encodeURIComponent(mount)}`, signal)
      reports.push(parseStatusJson(body))
    }
    return {
      serverId: reports[0]?.serverId ?? null,
      serverStart: reports[0]?.serverStart ?? null,
      mounts: reports.flatMap((report) => report.mounts)
    }
  }
}

const STATUS_JSON = 'status-json.xsl'

/** The server answered, but not with what was asked for. */
function isRefusal (error: unknown): error is Error {
  return error instanceof FST_ICECAST_UNAUTHORIZED || error instanceof FST_ICECAST_NOT_FOUND ||
    error instanceof FST_ICECAST_BAD_STATUS || error instanceof FST_ICECAST_BAD_DOCUMENT
}

function feedOf (serverId: string | null): LiveKind {
  if (isIcecastKh(serverId)) return 'stats-kh'
  const [, major, minor, patch] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(serverId ?? '') ?? []
  // 2.5's release candidates call themselves 2.4.999.
  return Number(major) > 2 || Number(minor) > 4 || Number(patch) >= 999 ? 'eventfeed' : 'stats'
}
