import type { Socket } from 'node:net'
import { Agent, buildConnector, errors, request } from 'undici'
import { FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_CLOSED, FST_ICECAST_TIMEOUT, FST_ICECAST_UNREACHABLE } from '../../errors.ts'
import { errorFromResponse } from '../error-from-response.ts'
import type { Feed } from './feed.ts'

export interface FeedAddress {
  /** With a trailing slash and without credentials. The path of a feed is relative to it. */
  url: URL
  /** The value of the `Authorization` header. */
  authorization: string
  /** Certificates of the authorities that may sign the server's certificate; Node's own list when absent. */
  ca?: string | Buffer | Array<string | Buffer> | undefined
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
 * Requests a feed on a connection of its own. The caller reads its chunks, and closes it.
 * @throws an FST_ICECAST_* error that carries nothing secret.
 */
export async function openFeed (feed: Feed, address: FeedAddress): Promise<FeedConnection> {
  const { url, authorization, ca, timeout, signal } = address
  const target = new URL(feed.path, url)
  let reason: Error | undefined
  let socket: Socket | undefined
  // The types do not say so, but a connector returns its socket.
  const connect = buildConnector({ timeout: 0, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS, ...(ca !== undefined && { ca }) }) as
    (...args: Parameters<buildConnector.connector>) => Socket
  const agent = new Agent({
    connections: 1,
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect (options, callback) {
      socket = connect(options, callback)
    }
  })
  const close = (error: Error) => {
    reason ??= error
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    // undici 7 does not end a connection attempt by itself, so its socket is destroyed in any state.
    socket?.destroy(reason)
    agent.destroy(reason)
  }
  const onAbort = () => close(new FST_ICECAST_CLOSED())
  const timer = setTimeout(() => close(new FST_ICECAST_TIMEOUT(timeout)), timeout)
  signal.addEventListener('abort', onAbort)
  try {
    const { statusCode: status, headers, body } = await request(target, {
      dispatcher: agent,
      method: feed.method,
      headers: { 'user-agent': 'fastify-icecast', ...feed.begin(), authorization }
    })
    body.on('error', () => {})
    if (status !== 200) throw await errorFromResponse({ status, server: headers['server'], body }, target.pathname)
    const contentType = String(headers['content-type'] ?? '')
    if (!feed.recognises(contentType)) {
      throw new FST_ICECAST_BAD_DOCUMENT(feed.name, `its type is ${contentType.slice(0, 100) || 'missing'}`)
    }
    clearTimeout(timer)
    return { chunks: readChunks(body), close: onAbort }
  } catch (error) {
    const failure = isFeedError(error) ? error : reason ?? toFeedError(error)
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

/** Converts an error of a feed's connection. */
export function toFeedError (error: unknown): FeedError {
  return isFeedError(error) ? error : new FST_ICECAST_UNREACHABLE(describe(error as Error))
}

function describe (error: Error): string {
  if (error instanceof errors.SocketError) return 'the connection was closed without an answer'
  // When both the IPv4 and the IPv6 address of a name are refused, Node's error has a code and no message.
  return error.message || String(Reflect.get(error, 'code'))
}

async function * readChunks (body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield * body
  } catch (error) {
    throw toFeedError(error)
  }
}
