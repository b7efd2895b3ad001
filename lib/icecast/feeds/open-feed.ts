import { FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_CLOSED } from '../../errors.ts'
import { openResponse, toIcecastError } from '../open-response.ts'
import type { CaCertificates } from '../request.ts'
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

/**
 * Requests a feed on a connection of its own. The caller reads its chunks, and closes it.
 * @throws an FST_ICECAST_* error that carries nothing secret.
 */
export async function openFeed (feed: Feed, { url, authorization, ca, timeout, signal }: FeedAddress): Promise<FeedConnection> {
  const { response, close } = await openResponse(new URL(feed.path, url), {
    method: feed.method,
    headers: { 'user-agent': 'fastify-icecast', ...feed.begin(), authorization },
    ca,
    timeout,
    signal
  })
  const contentType = response.headers['content-type'] ?? ''
  if (!feed.recognizes(contentType)) {
    const error = new FST_ICECAST_BAD_DOCUMENT(feed.name, `its type is ${contentType.slice(0, 100) || 'missing'}`)
    close(error)
    throw error
  }
  return { chunks: readChunks(response, url), close: () => close(new FST_ICECAST_CLOSED()) }
}

async function * readChunks (response: AsyncIterable<Buffer>, url: URL): AsyncGenerator<Buffer> {
  try {
    yield * response
  } catch (error) {
    throw toIcecastError(error, url)
  }
}
