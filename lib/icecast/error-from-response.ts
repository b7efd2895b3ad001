import type { IncomingHttpHeaders } from 'node:http'
import {
  FST_ICECAST_AT_LIMIT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND, FST_ICECAST_NOT_ICECAST, FST_ICECAST_UNAUTHORIZED
} from '../errors.ts'

/** Bytes of the body that are read: the error page of 2.5 begins with its head. */
const MAX_OPENING_BYTES = 1000

interface ErrorResponse {
  /** Not 200. */
  status: number
  headers: IncomingHttpHeaders
  body: AsyncIterable<Buffer>
}

/** The error for a status other than 200, decided by its headers and by how its body begins. */
export async function errorFromResponse ({ status, headers, body }: ErrorResponse, path: string): Promise<Error> {
  const opening = await readOpening(body)
  // 2.4 and icecast-kh answer 403 to a wrong account as well as at the client limit: only the text differs. A connection
  // that was reset before any text means the limit.
  if (status === 403 && (opening === null || /limit|too many/i.test(opening))) return new FST_ICECAST_AT_LIMIT(status)
  // 2.5 answers 503 at the client limit, with a page of its own. A proxy in front of a stopped server answers 503, too.
  if (status === 503 && /icecast/i.test(`${headers.server} ${opening}`)) return new FST_ICECAST_AT_LIMIT(status)
  if (status === 401 || status === 403) return unauthorized(status, path, headers)
  if (/shoutcast|ultravox/i.test(`${JSON.stringify(headers)} ${opening}`)) return new FST_ICECAST_NOT_ICECAST('SHOUTcast')
  if (status === 404) return new FST_ICECAST_NOT_FOUND(path)
  return new FST_ICECAST_BAD_STATUS(status, path)
}

function unauthorized (status: number, path: string, headers: IncomingHttpHeaders): Error {
  const error = new FST_ICECAST_UNAUTHORIZED(status, path)
  // Its own status page works without an account, so that people expect the plugin to work as well.
  if (/-kh/.test(headers['www-authenticate'] ?? '')) error.message += ' (icecast-kh shows its documents only with an account)'
  return error
}

/** Icecast often resets the connection after an error: what was received until then has to do; null when there was nothing. */
async function readOpening (body: AsyncIterable<Buffer>): Promise<string | null> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += chunk.toString('latin1', 0, MAX_OPENING_BYTES)
      if (text.length >= MAX_OPENING_BYTES) break
    }
  } catch {
    return text === '' ? null : text
  }
  return text
}
