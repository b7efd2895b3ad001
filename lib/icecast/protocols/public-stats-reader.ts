import { parsePublicStats } from '../documents/publicstats.ts'
import { getDocument, type Connection } from '../request.ts'
import type { HiddenMountsReader } from './hidden-mounts-reader.ts'
import type { Protocol, StatusDocument } from './protocol.ts'

/**
 * Reads `/admin/publicstats.json`, which only Icecast 2.5 has. It leaves hidden mounts out: `hidden` adds those that
 * `stations` names.
 */
export class PublicStatsReader implements Protocol {
  readonly #connection: Connection
  readonly #hidden: HiddenMountsReader

  constructor (connection: Connection, hidden: HiddenMountsReader) {
    this.#connection = connection
    this.#hidden = hidden
  }

  async read (signal: AbortSignal): Promise<StatusDocument> {
    const report = parsePublicStats(await getDocument(this.#connection, 'admin/publicstats.json', signal))
    const publicPaths = report.mounts.map(({ path }) => path)
    const account = await this.#hidden.read(publicPaths, signal)
    const hidden = account.kind === 'accepted' ? account.mounts : []
    // The document itself proves 2.5, whatever its `<server-id>` says.
    return { report: { ...report, mounts: [...report.mounts, ...hidden] }, feed: 'eventfeed', account, publicPaths }
  }
}
