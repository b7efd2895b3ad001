import { parseStatusJson } from './documents/status-json.ts'
import type { Report } from './report.ts'
import { getDocument, openConnection, type ServerSettings } from './request.ts'

export interface Server {
  /** @throws an FST_ICECAST_* error that says how the server failed, or the reason of `signal`. */
  read (signal: AbortSignal): Promise<Report>
  /** Ends its connections at once. */
  close (): Promise<void>
}

export function openServer (settings: ServerSettings): Server {
  const connection = openConnection(settings)
  return {
    async read (signal) {
      const { body } = await getDocument(connection, 'status-json.xsl', signal)
      return parseStatusJson(body)
    },
    async close () { await connection.close() }
  }
}
