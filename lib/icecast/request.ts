import type { Socket } from 'node:net'
import { Agent, buildConnector, errors, request, type Dispatcher } from 'undici'
import {
  FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND, FST_ICECAST_TOO_LARGE, FST_ICECAST_UNAUTHORIZED,
  FST_ICECAST_UNREACHABLE
} from '../errors.ts'
import { errorFromResponse } from './error-from-response.ts'

export interface ServerSettings {
  /** With a trailing slash and without credentials: documents lie below it. */
  url: URL
  /** The value of the `Authorization` header; null for an anonymous reader. */
  authorization: string | null
  /** Bytes that one document may have. */
  maxBytes: number
}

/** A way to ask one server. */
export interface Connection extends ServerSettings {
  dispatcher: Dispatcher
  /** Ends connections that are still being made. */
  cut (): void
  /** Ends everything at once. */
  close (): Promise<void>
}

/** One socket at a time is all that a loop needs. Redirects aren't followed, so no credential goes elsewhere. */
export function openConnection (server: ServerSettings): Connection {
  // No limit of its own: the signal of each read is the one. Its types do not say so, but it gives the socket.
  const connect = buildConnector({ timeout: 0 }) as (...args: Parameters<buildConnector.connector>) => Socket
  const connecting = new Set<Socket>()
  const dispatcher = new Agent({
    connections: 1,
    // None is kept: it would hold a client slot of 2.5, and be closed by it just when it is used again.
    pipelining: 0,
    // These are a second coarse; that signal is exact.
    headersTimeout: 0,
    bodyTimeout: 0,
    // One to a hung server may take minutes to make, and only then would the agent look at a signal.
    connect (options, callback) {
      const socket = connect(options, (...result) => {
        connecting.delete(socket)
        callback(...result)
      })
      connecting.add(socket)
    }
  })
  const cut = (): void => {
    for (const socket of connecting) socket.destroy(new Error('no longer wanted'))
  }
  return {
    ...server,
    dispatcher,
    cut,
    async close () {
      cut()
      await dispatcher.destroy()
    }
  }
}

/**
 * One document, whole, with HTTP 200. `signal` bounds it in time.
 * @throws an FST_ICECAST_* error that says how the server failed; it carries nothing secret.
 */
export async function getDocument (connection: Connection, path: string, signal: AbortSignal): Promise<Buffer> {
  const answer = await exchange(connection, path, signal)
  if (answer === null) throw new FST_ICECAST_TOO_LARGE(connection.maxBytes)
  if (answer instanceof Error) throw answer
  return answer
}

/** The server answered, but not with what was asked for: something else may be asked for. */
export function isRefusal (error: unknown): error is Error {
  return error instanceof FST_ICECAST_UNAUTHORIZED || error instanceof FST_ICECAST_NOT_FOUND ||
    error instanceof FST_ICECAST_BAD_STATUS || error instanceof FST_ICECAST_BAD_DOCUMENT
}

/** The document; null when it is too large; an error when it was refused. */
async function exchange ({ dispatcher, cut, url, authorization, maxBytes }: Connection, path: string, signal: AbortSignal) {
  // Once for a read, however many documents it takes.
  signal.addEventListener('abort', cut)
  try {
    const { statusCode: status, headers, body } = await request(new URL(path, url), {
      dispatcher,
      signal,
      headers: { accept: '*/*', 'user-agent': 'fastify-icecast', ...(authorization !== null && { authorization }) }
    })
    if (status === 200) return await readBody(body, maxBytes)
    const refused = await errorFromResponse({ status, server: headers['server'], body }, path)
    signal.throwIfAborted()
    return refused
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

function describe (error: unknown): string {
  // A refused IPv4 and IPv6 address come as one error without a message of its own.
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  if (error instanceof errors.SocketError) return 'the connection was closed before the answer was complete'
  return (error as Error).message
}
