import { Agent, errors, request, type Dispatcher } from 'undici'
import {
  FST_ICECAST_AT_LIMIT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND,
  FST_ICECAST_TOO_LARGE, FST_ICECAST_UNAUTHORIZED, FST_ICECAST_UNREACHABLE
} from '../errors.ts'

export interface Connection {
  dispatcher: Dispatcher
  /** With a trailing slash and without credentials: documents lie below it. */
  url: URL
  /** The value of the `Authorization` header; null for an anonymous reader. */
  authorization: string | null
  /** Bytes that one document may have. */
  maxBytes: number
}

export interface Answer {
  contentType: string
  body: Buffer
}

/** One connection is all that a loop needs; redirects aren't followed, so no credential goes elsewhere. */
export function openAgent (): Agent {
  return new Agent({ connections: 1, pipelining: 1, connect: { timeout: 0 }, headersTimeout: 0, bodyTimeout: 0 })
}

/**
 * One document, whole, with HTTP 200. `signal` bounds it in time.
 * @throws an FST_ICECAST_* error that says how the server failed; it carries nothing secret.
 */
export async function getDocument (connection: Connection, path: string, signal: AbortSignal): Promise<Answer> {
  const { status, contentType, body } = await exchange(connection, path, signal)
  if (body === null) throw new FST_ICECAST_TOO_LARGE(connection.maxBytes)
  if (status !== 200) throw refusal(status, path, body)
  return { contentType, body }
}

async function exchange ({ dispatcher, url, authorization, maxBytes }: Connection, path: string, signal: AbortSignal) {
  try {
    const { statusCode, headers, body } = await request(new URL(path, url), {
      dispatcher,
      signal,
      headers: { accept: '*/*', 'user-agent': 'fastify-icecast', ...(authorization !== null && { authorization }) }
    })
    return { status: statusCode, contentType: String(headers['content-type'] ?? ''), body: await readBody(body, maxBytes) }
  } catch (error) {
    throw signal.aborted ? signal.reason : new FST_ICECAST_UNREACHABLE(describe(error))
  }
}

/** Null when there is more than `maxBytes` of it. */
async function readBody (body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // Leaving the loop destroys the body and its socket.
    if (size > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function refusal (status: number, path: string, body: Buffer): Error {
  // 2.4 and kh say 403 both for 'no' and for 'full': only the words differ. 2.5 says 503.
  if (status === 503) return new FST_ICECAST_AT_LIMIT(status)
  if (status === 403 && /limit|too many/i.test(body.toString('latin1', 0, 200))) return new FST_ICECAST_AT_LIMIT(status)
  if (status === 401 || status === 403) return new FST_ICECAST_UNAUTHORIZED(status, path)
  if (status === 404) return new FST_ICECAST_NOT_FOUND(path)
  return new FST_ICECAST_BAD_STATUS(status, path)
}

function describe (error: unknown): string {
  // A refused IPv4 and IPv6 address come as one error without a message of its own.
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  if (error instanceof errors.SocketError) return 'the connection was closed before the answer was complete'
  return error instanceof Error ? error.message : String(error)
}
