import { FST_ICECAST_NOT_FOUND } from '../../errors.ts'
import type { MountReport, Report } from '../report.ts'
import { isRefusal } from '../request.ts'
import type { StatusJson } from './status-json.ts'

/** A request for this mount shows whether the server honours `?mount=`: nobody has such a mount. */
const NO_SUCH_MOUNT = '/fastify-icecast-no-such-mount'
/** Requests for single mounts that one read may add. */
const MAX_MOUNT_REQUESTS = 32
/** Shortened paths that are tried for one address. */
const MAX_SUFFIXES = 4
/** The address that Icecast writes itself, with its port. A `<listenurl>` (icecast-kh) usually has none. */
const OWN_ADDRESS = /^http:\/\/[^/]*:\d+\//i

/**
 * Finds out what mounts are called where `listenurl` does not tell: icecast-kh writes the `<listenurl>` that is
 * configured for a mount, such as `https://host/listen/station/radio.mp3` for `/radio.mp3` (AzuraCast). The answer to
 * `?mount=X` tells: its only source is X.
 */
export class MountNames {
  readonly #statusJson: StatusJson
  readonly #named: ReadonlySet<string> | null
  /** When the server run started to which the rest of this state belongs. */
  #serverStart: string | null = null
  /** Whether the server limits its answer to the mount in `?mount=`; null until that was needed. A cache may not. */
  #honoursQuery: boolean | null = null
  /** The true path by `listenUrl`. */
  readonly #paths = new Map<string, string>()
  /** Sources (see `keyOf`) that none of the named mounts is. */
  #others: ReadonlySet<string> = new Set()
  /** Named mounts that were asked for in the search under way, which may take several reads. */
  readonly #asked = new Set<string>()
  /** The sources that were there when that search began. */
  #searched: readonly string[] = []

  constructor (statusJson: StatusJson, named: ReadonlySet<string> | null) {
    this.#statusJson = statusJson
    this.#named = named
  }

  /** The answer to `?mount=`: its only live source is that mount. */
  async correctOne (mount: string, report: Report, signal: AbortSignal): Promise<Report> {
    this.#forgetOtherRuns(report)
    const [source, ...others] = report.mounts
    if (source === undefined || source.path === mount || !source.live || others.length > 0) return report
    // A cache that ignores the query has answered for another mount.
    if (this.#named?.has(source.path)) return { ...report, mounts: [], unknownMounts: [mount] }
    const isFiltering = await this.#isFiltering(signal)
    // Without an answer nobody knows whether this source is that mount.
    if (isFiltering === null) return { ...report, unknownMounts: [mount] }
    return isFiltering ? { ...report, mounts: [{ ...source, path: mount }] } : report
  }

  /** The document with all mounts: sources whose address leads elsewhere get the path of their mount. */
  async correct (report: Report, signal: AbortSignal): Promise<Report> {
    this.#forgetOtherRuns(report)
    const unknownMounts = this.#named === null ? await this.#shorten(report, signal) : await this.#findNamed(this.#named, report, signal)
    const mounts = report.mounts.map((mount) => ({ ...mount, path: this.#pathOf(mount) }))
    return { ...report, mounts, ...unknownMounts.length > 0 && { unknownMounts } }
  }

  #forgetOtherRuns ({ serverStart }: Report): void {
    if (serverStart === this.#serverStart) return
    this.#serverStart = serverStart
    this.#honoursQuery = null
    this.#paths.clear()
    this.#others = new Set()
    this.#asked.clear()
  }

  #pathOf ({ path, listenUrl }: MountReport): string {
    return this.#paths.get(String(listenUrl)) ?? path
  }

  /** Asks for the named mounts that are missing, if a source is there that may be one; returns those it could not ask for. */
  async #findNamed (named: ReadonlySet<string>, report: Report, signal: AbortSignal): Promise<string[]> {
    const candidates = report.mounts.filter((mount) => mount.live && !named.has(this.#pathOf(mount)))
    const present = new Set(report.mounts.map((mount) => this.#pathOf(mount)))
    if (candidates.every((mount) => this.#others.has(keyOf(mount)))) return []
    if (this.#asked.size === 0) this.#searched = candidates.map(keyOf)
    const missing = [...named].filter((path) => !present.has(path) && !this.#asked.has(path))
    const isFiltering = missing.length > 0 && await this.#isFiltering(signal)
    if (isFiltering === null) return missing
    if (isFiltering) {
      for (const path of missing.splice(0, MAX_MOUNT_REQUESTS)) {
        // A refused request says nothing: the mount is asked for again.
        if (await this.#learn(path, candidates, signal) === null) missing.push(path)
        else this.#asked.add(path)
      }
      if (missing.length > 0) return missing
    }
    this.#asked.clear()
    this.#others = new Set(this.#searched)
    return []
  }

  /** Without names: a proxied address often ends in the mount, so shortened paths are tried, and kept for this run. */
  async #shorten (report: Report, signal: AbortSignal): Promise<string[]> {
    const unknown = report.mounts.filter(({ live, listenUrl, path }) =>
      live && listenUrl !== null && !OWN_ADDRESS.test(listenUrl) && path.lastIndexOf('/') > 0 && !this.#paths.has(listenUrl))
    for (const mount of unknown.slice(0, MAX_MOUNT_REQUESTS / MAX_SUFFIXES)) {
      if (!await this.#isFiltering(signal)) break
      for (const path of suffixesOf(mount.path)) {
        if (await this.#learn(path, [mount], signal)) break
      }
      if (!this.#paths.has(String(mount.listenUrl))) this.#paths.set(String(mount.listenUrl), mount.path)
    }
    return []
  }

  /** True if the source of `?mount=` is among `candidates`: then their address means that mount. Null if the server refuses the request. */
  async #learn (path: string, candidates: readonly MountReport[], signal: AbortSignal): Promise<boolean | null> {
    const answer = await this.#ask(path, signal)
    if (answer === null) return null
    const [source, ...others] = answer
    if (source?.listenUrl == null || others.length > 0 || !candidates.some(({ listenUrl }) => listenUrl === source.listenUrl)) return false
    this.#paths.set(source.listenUrl, path)
    return true
  }

  /** Null if the server refuses the request, as a proxy does for a moment: it is asked again with the next read. */
  async #isFiltering (signal: AbortSignal): Promise<boolean | null> {
    if (this.#honoursQuery === null) {
      const answer = await this.#ask(NO_SUCH_MOUNT, signal)
      if (answer !== null) this.#honoursQuery = answer.length === 0
    }
    return this.#honoursQuery
  }

  /** The mounts in the answer to `?mount=`, none for 404; null if the server refuses it, which does not invalidate the document already read. */
  async #ask (mount: string, signal: AbortSignal): Promise<MountReport[] | null> {
    try {
      return (await this.#statusJson.get(signal, mount)).mounts
    } catch (error) {
      if (!isRefusal(error)) throw error
      return error instanceof FST_ICECAST_NOT_FOUND ? [] : null
    }
  }
}

/** `/a/b/c`: itself, then `/b/c`, then `/c`. */
function suffixesOf (path: string): string[] {
  const parts = path.split('/').slice(1)
  return parts.map((_, at) => `/${parts.slice(at).join('/')}`).slice(-MAX_SUFFIXES)
}

/** Tells one connection of a source from the next. */
function keyOf ({ listenUrl, path, streamStart }: MountReport): string {
  return JSON.stringify([listenUrl, path, streamStart])
}
