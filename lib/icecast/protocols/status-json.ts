import { FST_ICECAST_UNAUTHORIZED } from '../../errors.ts'
import { parseStatusJson } from '../documents/status-json.ts'
import type { Report } from '../report.ts'
import { getDocument, type Connection } from '../request.ts'

/**
 * Gets `/status-json.xsl`. Icecast shows it to everyone, but a proxy in front of Icecast may require the account;
 * it is sent only after an anonymous request was answered with 401.
 */
export class StatusJson {
  readonly #account: Connection
  readonly #anonymous: Connection
  #needsAccount = false

  constructor (account: Connection) {
    this.#account = account
    this.#anonymous = { ...account, authorization: null }
  }

  /** Begins with anonymous requests again. */
  reset (): void { this.#needsAccount = false }

  /** `mount`: limits the document to this mount; undefined: all mounts that are not hidden. */
  async get (signal: AbortSignal, mount?: string): Promise<Report> {
    const path = mount === undefined ? 'status-json.xsl' : `status-json.xsl?mount=${encodeURIComponent(mount)}`
    const ask = async (connection: Connection) => parseStatusJson(await getDocument(connection, path, signal))
    if (this.#needsAccount) return await ask(this.#account)
    try {
      return await ask(this.#anonymous)
    } catch (error) {
      if (!(error instanceof FST_ICECAST_UNAUTHORIZED) || this.#account.authorization === null) throw error
      const report = await ask(this.#account)
      this.#needsAccount = true
      return report
    }
  }
}
