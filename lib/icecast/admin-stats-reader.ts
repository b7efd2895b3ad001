import { FST_ICECAST_UNAUTHORIZED } from '../errors.ts'
import { parseAdminStats } from './documents/admin-stats.ts'
import { parseStatusJson } from './documents/status-json.ts'
import { parseStreams } from './documents/streams.ts'
import type { MountReport, Report } from './report.ts'
import { getDocument, isRefusal, type Connection } from './request.ts'

/** ms after which it is looked up again which mounts are hidden: a reload of Icecast's configuration can change it. */
const LEARN_EVERY = 60_000
/** How often it is looked up for a mount that isn't shown in public: the two documents may differ for a moment. */
const TRIES = 3

/**
 * Reads `/admin/stats`: of 2.4, where it is cheaper than the public document and keeps titles as they were typed, and
 * of kh, which has no other. It lists hidden mounts too and doesn't say so: unless they are asked for by name, only
 * those are reported that the server shows in public.
 */
export class AdminStatsReader {
  readonly #account: Connection
  readonly #anonymous: Connection
  readonly #named: ReadonlySet<string> | null
  #shown: ReadonlySet<string> = new Set()
  /** Mounts that were shown and that the last list left out: it may have been cut, or empty by mistake. */
  #missed: ReadonlySet<string> = new Set()
  #learnedAt = -Infinity
  /** How often a mount was looked for in public, and not found. */
  readonly #tries = new Map<string, number>()
  /** Which process the last report came from. */
  #start: string | null = null

  /** `named`: the mounts that are wanted, hidden or not; null: all that aren't hidden. */
  constructor (account: Connection, anonymous: Connection, named: ReadonlySet<string> | null) {
    this.#account = account
    this.#anonymous = anonymous
    this.#named = named
  }

  async read (signal: AbortSignal): Promise<Report> {
    const { unreadable, mounts, ...server } = parseAdminStats(await getDocument(this.#account, 'admin/stats', signal))
    const isKh = isIcecastKh(server)
    // Another process may be configured otherwise.
    if (server.serverStart !== this.#start) {
      this.#shown = new Set()
      this.#learnedAt = -Infinity
    }
    const shown = this.#named !== null ? mounts : await this.#hide(mounts, isKh, signal)
    const doubtful = shown.filter(({ path, live }) => live && unreadable.includes(path) && this.#named?.has(path) !== false)
    this.#start = server.serverStart
    // kh has no other document.
    return { ...server, mounts: doubtful.length === 0 || isKh ? shown : await this.#mend(shown, doubtful, signal) }
  }

  async #hide (mounts: readonly MountReport[], isKh: boolean, signal: AbortSignal): Promise<MountReport[]> {
    const doubtful = mounts.filter(({ path }) => !this.#shown.has(path) && (this.#tries.get(path) ?? 0) < TRIES)
    if (doubtful.length > 0 || performance.now() - this.#learnedAt > LEARN_EVERY) {
      const listed = new Set(isKh ? await this.#listStreams(signal) : (await this.#readPublic(signal)).mounts.map(({ path }) => path))
      const missed = mounts.map(({ path }) => path).filter((path) => this.#shown.has(path) && !listed.has(path) && !this.#missed.has(path))
      this.#missed = new Set(missed)
      this.#shown = new Set([...listed, ...missed])
      this.#learnedAt = missed.length > 0 ? -Infinity : performance.now()
      const tried = mounts.filter(({ path }) => !this.#shown.has(path)).map(({ path }) => [path, (this.#tries.get(path) ?? 0) + 1] as const)
      this.#tries.clear()
      for (const [path, tries] of tried) this.#tries.set(path, tries)
    }
    return mounts.filter(({ path }) => this.#shown.has(path))
  }

  /** A title with a control character comes out empty in XML, but not in JSON. */
  async #mend (mounts: readonly MountReport[], doubtful: readonly MountReport[], signal: AbortSignal): Promise<MountReport[]> {
    const inPublic = await this.#readPublic(signal).catch((reason: unknown) => {
      if (!isRefusal(reason)) throw reason
      return null
    })
    const texts = new Map(inPublic?.mounts.map(({ path, title, artist }) => [path, { title, artist }]))
    return mounts.map((mount) => doubtful.includes(mount) ? { ...mount, ...texts.get(mount.path) } : mount)
  }

  async #readPublic (signal: AbortSignal): Promise<Report> {
    const ask = async (connection: Connection) => parseStatusJson(await getDocument(connection, 'status-json.xsl', signal))
    return await ask(this.#anonymous).catch((error: unknown) => {
      // Someone stands in front of Icecast, which itself shows it to everyone, and hidden mounts to nobody.
      if (error instanceof FST_ICECAST_UNAUTHORIZED) return ask(this.#account)
      throw error
    })
  }

  async #listStreams (signal: AbortSignal): Promise<string[]> {
    return parseStreams(await getDocument(this.#account, 'admin/streams', signal))
  }
}

/** By its dates, too: `<server-id>` may call it anything. */
export function isIcecastKh ({ serverId, serverStart }: Pick<Report, 'serverId' | 'serverStart'>): boolean {
  return /-kh\d*/.test(serverId ?? '') || /^\d\d\/[A-Z][a-z]{2}\/\d{4}:/.test(serverStart ?? '')
}
