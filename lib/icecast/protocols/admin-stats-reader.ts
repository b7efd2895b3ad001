import { parseAdminStats } from '../documents/admin-stats.ts'
import { parseStreams } from '../documents/streams.ts'
import type { MountReport } from '../report.ts'
import { getDocument, isRefusal, type Connection } from '../request.ts'
import type { Protocol, StatusDocument } from './protocol.ts'
import { feedOf, isIcecastKh } from './server-kind.ts'
import type { StatusJson } from './status-json.ts'

/** ms after which the list of public mounts is read again: a reload of the configuration leaves no trace in `/admin/stats`. */
export const PUBLIC_LIST_TTL_MS = 5_000
/** The same after a change of a title or source, which must not be published for a mount that was hidden meanwhile. */
const PUBLIC_LIST_TTL_AFTER_CHANGE_MS = 1_000
/** Lookups of a mount that is not public yet: the two documents may differ for a moment. */
const MAX_LOOKUPS = 3

/**
 * Reads `/admin/stats`: for 2.4, where it is cheaper than the public document and keeps titles as they were typed, and
 * for icecast-kh, which has no other. It lists hidden mounts too, without marking them: unless `stations` names mounts,
 * only those that the server also lists in public are reported.
 */
export class AdminStatsReader implements Protocol {
  readonly #account: Connection
  readonly #statusJson: StatusJson
  readonly #named: ReadonlySet<string> | null
  #publicPaths: ReadonlySet<string> = new Set()
  /** Mounts that were public and that the last list left out: the list may have been cut, or empty by mistake. */
  #unconfirmed: ReadonlySet<string> = new Set()
  /** When the list was last read, by `performance.now()`. */
  #listedAt = -Infinity
  /** How often a mount was looked up in the list without being there. */
  readonly #lookups = new Map<string, number>()
  /** Which run of the server the last report came from. */
  #serverStart: string | null = null
  /** The titles and sources of the last report. */
  #shown = ''

  /** `named`: the mounts that are wanted, hidden or not; null: all that are not hidden. */
  constructor (account: Connection, statusJson: StatusJson, named: ReadonlySet<string> | null) {
    this.#account = account
    this.#statusJson = statusJson
    this.#named = named
  }

  /** True if a mount seems to be hidden now, which the next read confirms. */
  get hasUnconfirmed (): boolean { return this.#unconfirmed.size > 0 }

  /** ms until the list of public mounts is to be read again. */
  listDueIn (now: number): number { return Math.max(0, this.#listedAt + PUBLIC_LIST_TTL_MS - now) }

  async read (signal: AbortSignal): Promise<StatusDocument> {
    const { unreadable, mounts, ...server } = parseAdminStats(await getDocument(this.#account, 'admin/stats', signal))
    const isKh = isIcecastKh(server)
    // Another process may have another configuration.
    if (server.serverStart !== this.#serverStart) {
      this.#publicPaths = new Set()
      this.#listedAt = -Infinity
    }
    const visible = this.#named !== null ? mounts : await this.#keepPublic(mounts, isKh, signal)
    const damaged = visible.filter(({ path, live }) => live && unreadable.includes(path) && this.#named?.has(path) !== false)
    this.#serverStart = server.serverStart
    // icecast-kh has no other document to repair it from.
    const report = { ...server, mounts: damaged.length === 0 || isKh ? visible : await this.#repair(visible, damaged, signal) }
    return { report, feed: feedOf(report), account: { kind: 'accepted', mounts: report.mounts }, publicPaths: [] }
  }

  async #keepPublic (mounts: readonly MountReport[], isKh: boolean, signal: AbortSignal): Promise<MountReport[]> {
    if (this.#isListDue(mounts)) {
      const listed = new Set(isKh ? await this.#listStreams(signal) : (await this.#statusJson.get(signal)).mounts.map(({ path }) => path))
      const paths = mounts.map(({ path }) => path)
      this.#unconfirmed = new Set(paths.filter((path) => this.#publicPaths.has(path) && !listed.has(path) && !this.#unconfirmed.has(path)))
      this.#publicPaths = new Set([...listed, ...this.#unconfirmed])
      this.#listedAt = performance.now()
      const lookups = paths.filter((path) => !this.#publicPaths.has(path)).map((path) => [path, (this.#lookups.get(path) ?? 0) + 1] as const)
      this.#lookups.clear()
      for (const [path, count] of lookups) this.#lookups.set(path, count)
    }
    return mounts.filter(({ path }) => this.#publicPaths.has(path))
  }

  #isListDue (mounts: readonly MountReport[]): boolean {
    const shown = JSON.stringify(mounts.map(({ path, live, streamStart, title, artist }) => [path, live, streamStart, title, artist]))
    const isChanged = shown !== this.#shown
    const age = performance.now() - this.#listedAt
    this.#shown = shown
    return this.hasUnconfirmed || age >= (isChanged ? PUBLIC_LIST_TTL_AFTER_CHANGE_MS : PUBLIC_LIST_TTL_MS) ||
      mounts.some(({ path }) => !this.#publicPaths.has(path) && (this.#lookups.get(path) ?? 0) < MAX_LOOKUPS)
  }

  /** Titles with a control character are empty in XML, but not in JSON. */
  async #repair (mounts: readonly MountReport[], damaged: readonly MountReport[], signal: AbortSignal): Promise<MountReport[]> {
    const document = await this.#statusJson.get(signal).catch((error: unknown) => {
      if (!isRefusal(error)) throw error
      return null
    })
    const texts = new Map(document?.mounts.map(({ path, title, artist }) => [path, { title, artist }]))
    return mounts.map((mount) => damaged.includes(mount) ? { ...mount, ...texts.get(mount.path) } : mount)
  }

  /** icecast-kh's list of the mounts that are not hidden. */
  async #listStreams (signal: AbortSignal): Promise<string[]> {
    return parseStreams(await getDocument(this.#account, 'admin/streams', signal))
  }
}
