import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import {
  FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND, FST_ICECAST_NOT_ICECAST, FST_ICECAST_TOO_LARGE,
  FST_ICECAST_UNAUTHORIZED
} from '../errors.ts'
import { explainConnectionError, isBrokenOff, isTlsServer, watchHandshake } from './connection-error.ts'
import { errorFromResponse } from './error-from-response.ts'

/** CA certificates (PEM) that replace Node's list of trusted ones. */
export type CaCertificates = string | Buffer | ReadonlyArray<string | Buffer>

export interface ServerSettings {
  /** With a trailing slash and without credentials: documents lie below it. */
  url: URL
  /** The value of the `Authorization` header; null for an anonymous reader. */
  authorization: string | null
  /** Bytes that one document may have. */
  maxBytes: number
  /** For `https:`; undefined: the certificates that Node trusts. */
  ca?: CaCertificates | undefined
  /** Called for each request that is sent. */
  onRequest?: () => void
}

/** Access to one server, with or without an account. */
export interface Connection extends ServerSettings {
  /** What all ways of access to this server share. */
  shared: SharedState
  /** Ends all requests at once; later ones fail. */
  close (): Promise<void>
}

interface SharedState {
  /** Requests that are not complete. */
  requests: Set<ClientRequest>
  /** True once the server has answered with HTTP: then its port speaks the protocol of `url`. */
  hasAnswered: boolean
  isClosed: boolean
}

/** The TLS options of a request: the same for documents, feeds and streams. */
export function tlsOptions ({ ca }: Pick<ServerSettings, 'ca'>): { ca?: string | Buffer | Array<string | Buffer> } {
  if (ca === undefined) return {}
  return { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }
}

/** Nothing is connected before the first request, and nothing stays connected after one. */
export function openConnection (server: ServerSettings): Connection {
  const shared: SharedState = { requests: new Set(), hasAnswered: false, isClosed: false }
  return {
    ...server,
    shared,
    async close () {
      shared.isClosed = true
      const closed = [...shared.requests].map((request) => new Promise<void>((resolve) => request.once('close', resolve)))
      for (const request of shared.requests) request.destroy(new Error('the connection was closed'))
      await Promise.all(closed)
    }
  }
}

/**
 * Gets one document, whole, with HTTP 200. `signal` bounds the time.
 * @throws an FST_ICECAST_* error that says how the server failed, without any secret, or the reason of `signal`.
 */
export async function getDocument (connection: Connection, path: string, signal: AbortSignal): Promise<Buffer> {
  const answer = await exchange(connection, path, signal)
  if (answer === null) throw new FST_ICECAST_TOO_LARGE(connection.maxBytes)
  if (answer instanceof Error) throw answer
  return answer
}

/** True if the server answered, but not with this document: another document may be asked for. */
export function isRefusal (error: unknown): error is Error {
  return error instanceof FST_ICECAST_UNAUTHORIZED || error instanceof FST_ICECAST_NOT_FOUND ||
    error instanceof FST_ICECAST_BAD_STATUS || error instanceof FST_ICECAST_BAD_DOCUMENT || error instanceof FST_ICECAST_NOT_ICECAST
}

/** The document; null when it is too large; an error when it was refused. */
async function exchange (connection: Connection, path: string, signal: AbortSignal): Promise<Buffer | Error | null> {
  signal.throwIfAborted()
  const { requests } = connection.shared
  const request = send(connection, path)
  const abort = (): void => { request.destroy() }
  signal.addEventListener('abort', abort)
  requests.add(request)
  try {
    return await receive(connection, path, request, signal)
  } finally {
    signal.removeEventListener('abort', abort)
    requests.delete(request)
    request.destroy()
  }
}

async function receive ({ url, maxBytes, shared, onRequest }: Connection, path: string, request: ClientRequest, signal: AbortSignal): Promise<Buffer | Error | null> {
  const isHandshakePending = watchHandshake(request)
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('error', reject).once('response', resolve)
      // A change of protocols (HTTP 101) closes the request without an error.
      request.once('close', () => reject(new Error('the connection was closed before the answer was complete')))
      if (shared.isClosed) request.destroy(new Error('the connection was closed'))
      else request.end()
      onRequest?.()
    })
    shared.hasAnswered = true
    if (response.statusCode === 200) return await readBody(response, maxBytes)
    const refused = await errorFromResponse({ status: Number(response.statusCode), headers: response.headers, body: response }, path)
    signal.throwIfAborted()
    return refused
  } catch (error) {
    if (signal.aborted) throw isHandshakePending() ? explainConnectionError(signal.reason, url, { isHandshakePending: true }) : signal.reason
    const isTls = !shared.hasAnswered && url.protocol === 'http:' && isBrokenOff(error) && await isTlsServer(url, signal)
    throw explainConnectionError(error, url, { isTls })
  }
}

/**
 * Node's own client: it takes an interim `100 Continue` (some proxies send one), which undici 7 treats as an error, and
 * it can follow feeds. The socket is not kept: it would hold a client slot of 2.5, which closes it just when it is used
 * again. Redirects are not followed, so no credentials reach another host.
 */
function send (connection: Connection, path: string): ClientRequest {
  const { url, authorization } = connection
  return (url.protocol === 'https:' ? httpsRequest : httpRequest)(new URL(path, url), {
    agent: false,
    headers: { accept: '*/*', 'user-agent': 'fastify-icecast', ...(authorization !== null && { authorization }) },
    ...tlsOptions(connection)
  })
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
