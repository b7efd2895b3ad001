import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_CLOSED, FST_ICECAST_TIMEOUT, FST_ICECAST_UNREACHABLE } from '../../errors.ts'
import { explainConnectionError, watchHandshake } from '../connection-error.ts'
import { startDeadline } from '../deadline.ts'
import { errorFromResponse } from '../error-from-response.ts'
import { tlsOptions, type CaCertificates } from '../request.ts'
import type { Feed } from './feed.ts'

export interface FeedAddress {
  /** With a trailing slash and without credentials. The path of a feed is relative to it. */
  url: URL
  /** The value of the `Authorization` header. */
  authorization: string
  /** For `https:`; undefined: the certificates that Node trusts. */
  ca?: CaCertificates | undefined
  /** ms to the end of the response's head. Nothing limits how long a connected feed may be silent. */
  timeout: number
  /** Closes the connection at once, in whatever state it is. */
  signal: AbortSignal
}

export interface FeedConnection {
  /** Throws FST_ICECAST_UNREACHABLE when the connection breaks. */
  chunks: AsyncIterable<Buffer>
  close (): void
}

/** ms of silence after which the kernel starts to send keep-alive probes (10 of them, one each second). */
const KEEP_ALIVE_DELAY_MS = 30_000

/**
 * Requests a feed on a connection of its own, which does not keep the process running. The caller reads its chunks, and
 * closes it.
 * @throws an FST_ICECAST_* error that carries nothing secret.
 */
export async function openFeed (feed: Feed, { url, authorization, ca, timeout, signal }: FeedAddress): Promise<FeedConnection> {
  signal.throwIfAborted()
  const target = new URL(feed.path, url)
  const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, {
    method: feed.method,
    headers: { 'user-agent': 'fastify-icecast', ...feed.begin(), authorization },
    agent: false,
    ...tlsOptions({ ca })
  })
  request.once('socket', (socket) => socket.unref())
  const isHandshakePending = watchHandshake(request)
  let reason: Error | undefined
  const close = (error: Error) => {
    reason ??= error
    cancelDeadline()
    signal.removeEventListener('abort', abort)
    request.destroy(reason)
  }
  const abort = () => close(new FST_ICECAST_CLOSED())
  const cancelDeadline = startDeadline(timeout, () => close(new FST_ICECAST_TIMEOUT(timeout)))
  signal.addEventListener('abort', abort)
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('error', reject).once('response', resolve).setSocketKeepAlive(true, KEEP_ALIVE_DELAY_MS)
      // A change of protocols (HTTP 101) closes the request without an error.
      request.once('close', () => reject(new FST_ICECAST_UNREACHABLE('the connection was closed without an answer')))
      request.end()
    })
    if (response.statusCode !== 200) {
      throw await errorFromResponse({ status: Number(response.statusCode), headers: response.headers, body: response }, target.pathname)
    }
    const contentType = response.headers['content-type'] ?? ''
    if (!feed.recognizes(contentType)) {
      throw new FST_ICECAST_BAD_DOCUMENT(feed.name, `its type is ${contentType.slice(0, 100) || 'missing'}`)
    }
    cancelDeadline()
    return { chunks: readChunks(response, url), close: abort }
  } catch (error) {
    const failure = toFeedError(error, url, isHandshakePending())
    close(failure)
    throw failure
  }
}

/** An error with one of our codes. */
export type FeedError = Error & { code: string }

/** Whether an error is one of ours. What a callback has thrown is not. */
export function isFeedError (error: unknown): error is FeedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_ICECAST_')
}

/** Whether the connection was lost or could not be made, so that an attempt soon may succeed. Else it was refused. */
export function isConnectionLoss (error: FeedError): boolean {
  return error instanceof FST_ICECAST_UNREACHABLE || error instanceof FST_ICECAST_TIMEOUT
}

function toFeedError (error: unknown, url: URL, isHandshakePending = false): Error {
  return isFeedError(error) && !isHandshakePending ? error : explainConnectionError(error, url, { isHandshakePending })
}

async function * readChunks (response: AsyncIterable<Buffer>, url: URL): AsyncGenerator<Buffer> {
  try {
    yield * response
  } catch (error) {
    throw toFeedError(error, url)
  }
}
