import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_TIMEOUT, FST_ICECAST_UNREACHABLE } from '../../errors.ts'
import { errorFromResponse } from '../error-from-response.ts'
import type { Feed } from './feed.ts'

export interface FeedAddress {
  /** With a trailing slash and without credentials: feeds lie below it. */
  url: URL
  /** The value of the `Authorization` header. */
  authorization: string
  /** ms to the end of the answer's head; nothing limits how long a feed may then be silent. */
  timeout: number
  /** Ends the connection at once, in whatever state it is. */
  signal: AbortSignal
}

/** ms of silence after which the kernel asks whether the other side is still there (10 times, each second). */
const KEEP_ALIVE = 30_000

/**
 * Connects to a feed; its body is for the caller to read, and to destroy. Node's own client and not undici: a pool is
 * of no use here, and undici 7 can not end a connection that is still being made.
 * @throws what `failure` makes an FST_ICECAST_* error of.
 */
export async function openFeed (feed: Feed, { url, authorization, timeout, signal }: FeedAddress): Promise<IncomingMessage> {
  const target = new URL(feed.path, url)
  const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, {
    method: feed.method,
    headers: { 'user-agent': 'fastify-icecast', ...feed.begin(), authorization },
    agent: false,
    signal
  })
  const limit = setTimeout(() => request.destroy(new FST_ICECAST_TIMEOUT(timeout)), timeout)
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('error', reject).once('response', resolve).setSocketKeepAlive(true, KEEP_ALIVE)
      // A change of protocols closes it without an error.
      request.once('close', () => reject(new FST_ICECAST_UNREACHABLE('the connection was closed without an answer')))
      request.end()
    })
    if (response.statusCode !== 200) {
      throw await errorFromResponse({ status: Number(response.statusCode), headers: response.headers, body: response }, target.pathname)
    }
    const contentType = response.headers['content-type'] ?? ''
    if (!feed.recognises(contentType)) {
      throw new FST_ICECAST_BAD_DOCUMENT(feed.name, `its type is ${contentType.slice(0, 100) || 'missing'}`)
    }
    clearTimeout(limit)
    return response
  } catch (error) {
    clearTimeout(limit)
    request.destroy()
    throw error
  }
}

/** An error with a code: ours, or one of Node's. */
export type FeedError = Error & { code: string }

/** The FST_ICECAST_* error for one that came from a feed's connection; throws what is no fault of the server's. */
export function toFeedError (error: unknown): FeedError {
  if (!isFailure(error)) throw error
  if (error.code.startsWith('FST_ICECAST_')) return error
  // A refused IPv4 and IPv6 address come as one error with a code only.
  return new FST_ICECAST_UNREACHABLE(error.message || error.code)
}

function isFailure (error: unknown): error is FeedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}
