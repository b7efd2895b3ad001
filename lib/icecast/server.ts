import { parseStatusJson } from './documents/status-json.ts'
import type { Report } from './report.ts'
import { getDocument, openAgent } from './request.ts'

export interface ServerOptions {
  /** With a trailing slash and without credentials. */
  url: URL
  /** The value of the `Authorization` header; null for an anonymous reader. */
  authorization: string | null
  /** Bytes that one document may have. */
  maxBytes: number
}

export interface Server {
  /** @throws an FST_ICECAST_* error that says how the server failed, or the reason of `signal`. */
  read (signal: AbortSignal): Promise<Report>
  /** Ends its connections at once. */
  close (): Promise<void>
}

export function openServer ({ url, maxBytes }: ServerOptions): Server {
  const dispatcher = openAgent()
  return {
    async read (signal) {
      const { body } = await getDocument({ dispatcher, url, authorization: null, maxBytes }, 'status-json.xsl', signal)
      return parseStatusJson(body)
    },
    async close () { await dispatcher.destroy() }
  }
}
