import type { MountReport, Report } from '../report.ts'
import { MountNames } from './mount-names.ts'
import type { Protocol, StatusDocument } from './protocol.ts'
import { feedOf } from './server-kind.ts'
import type { StatusJson } from './status-json.ts'

/** With more named mounts, one document with all mounts is cheaper than one for each. */
const MAX_MOUNT_DOCUMENTS = 2

/** Reads `/status-json.xsl`, which 2.4, 2.5 and icecast-kh with the web folder of 2.4 have. */
export class StatusJsonReader implements Protocol {
  readonly #statusJson: StatusJson
  readonly #named: readonly string[] | null
  readonly #mountNames: MountNames
  #listsOthers: boolean
  /** True if a mount of the last report was live. */
  #wasLive = false

  /** `listsOthers`: the first report has the other mounts, too, if a named one is missing: its name may be misspelt. With an account the documents have all mounts. */
  constructor (statusJson: StatusJson, named: ReadonlySet<string> | null, listsOthers = false) {
    this.#listsOthers = listsOthers
    this.#statusJson = statusJson
    this.#named = named === null ? null : [...named]
    this.#mountNames = new MountNames(statusJson, named)
  }

  async read (signal: AbortSignal): Promise<StatusDocument> {
    const named = this.#named
    const isEach = named !== null && named.length > 0 && named.length <= MAX_MOUNT_DOCUMENTS
    const report = isEach ? await this.#readEach(named, signal) : await this.#mountNames.correct(await this.#statusJson.get(signal), signal)
    this.#wasLive = isOnAir(report.mounts)
    if (isEach) report.mounts.push(...await this.#readOthersOnce(report.mounts, signal))
    return { report, feed: feedOf(report), account: { kind: 'not-asked' }, publicPaths: report.mounts.map(({ path }) => path) }
  }

  async #readEach ([first = '', ...others]: readonly string[], signal: AbortSignal) {
    const read = async (mount: string) => await this.#mountNames.correctOne(mount, await this.#statusJson.get(signal, mount), signal)
    let report = await read(first)
    const more: Report[] = []
    for (const other of others) more.push(await read(other))
    // One source may have connected just after its mount was read, and the other left just before its own was read.
    if (others.length > 0 && this.#wasLive && ![report, ...more].some(({ mounts }) => isOnAir(mounts))) report = await read(first)
    const reports = [report, ...more]
    const unknownMounts = reports.flatMap((one) => one.unknownMounts ?? [])
    return { ...report, mounts: reports.flatMap(({ mounts }) => mounts), ...unknownMounts.length > 0 && { unknownMounts } }
  }

  /** `mounts`: those of the named mounts that there are. */
  async #readOthersOnce (mounts: readonly MountReport[], signal: AbortSignal): Promise<MountReport[]> {
    const named = new Set(this.#named)
    const isNeeded = this.#listsOthers && mounts.length < named.size
    this.#listsOthers = false
    // If it cannot be read, the documents of the named mounts are valid all the same.
    const whole = isNeeded ? await this.#statusJson.get(signal).catch(() => null) : null
    return whole?.mounts.filter(({ path }) => !named.has(path)) ?? []
  }
}

function isOnAir (mounts: readonly MountReport[]): boolean {
  return mounts.some(({ live }) => live)
}
