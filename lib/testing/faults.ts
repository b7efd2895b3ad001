import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { FST_ICECAST_FAKE } from '../errors.ts'
import type { Answer, Dialect } from './dialect.ts'
import type { FakeRequest, LoggedRequest } from './request.ts'
import type { Server } from './server.ts'

/**
 * The ways in which requests fail.
 * - `refused`: the port is closed, and all connections are cut
 * - `hang`: the connection is accepted, and there is no answer; `hang-body`: there is nothing after the headers
 * - `drip`: the correct answer, one byte each `interval`
 * - `reset`: the connection is reset instead of an answer; `truncated`: it ends after two thirds of the answer
 * - `too-large`: a body without an end, or of `bytes`; `bomb`: a gzip body that unpacks to `bytes`
 * - `wrong-length`: `Content-Length` is half of the length of the body
 * - `wrong-type`: audio instead of a document; `html`: a page, with status 200; `empty`: status 200 without a body
 * - `not-json`: half of the correct document, with a correct `Content-Length`; `not-http`: a line of text that is not HTTP
 * - `unauthorized`, `limit`, `starting`: the answer of this version to wrong credentials, at its `<clients>` limit and in
 *   its first 0.3 s
 * - 404, 500: these statuses; `redirect`: 302 to `location`
 */
export type Fault =
  | 'refused' | 'hang' | 'hang-body' | 'drip' | 'reset' | 'truncated' | 'too-large' | 'bomb' | 'wrong-length'
  | 'wrong-type' | 'html' | 'empty' | 'not-json' | 'not-http' | 'unauthorized' | 'limit' | 'starting' | 404 | 500
  | 'redirect'

export interface FaultOptions {
  /**
   * Which requests fail. Default: all, and `hang` then silences open streams as well. Other faults do not affect open feeds
   * and streams. `refused` applies to everything.
   */
  only?: (request: LoggedRequest) => boolean
  /** Time in ms between two bytes of a `drip`. Default 1000. */
  interval?: number
  /** Default: no end for `too-large`, 64 MiB for a `bomb`. */
  bytes?: number
  /** The target of a `redirect`. Default `/elsewhere`. */
  location?: string
}

export interface Failing {
  fault: Exclude<Fault, 'refused'>
  options: FaultOptions
}

/** A request, and what is needed to answer it wrongly. */
interface Scene {
  socket: Socket
  server: Server
  dialect: Dialect
  request: FakeRequest
  options: FaultOptions
  /** The answer that would have been right; for a stream, its beginning. */
  right: () => Buffer
}

/** Makes a request fail. Returns whether the connection may carry more requests. Everything that it starts ends with its socket. */
export function fail (fault: Failing['fault'], scene: Scene): 'more' | 'done' {
  return FAULTS[fault](scene) === 'keep' ? 'more' : 'done'
}

const FAULTS: Record<Failing['fault'], (scene: Scene) => Answer['then'] | void> = {
  hang: () => {},
  'hang-body': ({ socket, right }) => { socket.write(split(right()).head) },
  drip: ({ socket, right, options }) => drip(socket, right(), options.interval ?? 1000),
  reset: ({ socket }) => { socket.resetAndDestroy() },
  truncated: ({ socket, right }) => {
    const { head, body } = split(right())
    socket.end(Buffer.concat([head, part(body, 2 / 3)]))
  },
  'too-large': ({ socket, options }) => flood(socket, options.bytes ?? Infinity),
  bomb: ({ socket, options }) =>
    respond(socket, '200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip', bomb(options.bytes ?? 2 ** 26)),
  'wrong-length': ({ socket, right }) => {
    const { head, body } = split(right())
    socket.end(Buffer.concat([withLength(head, part(body, 1 / 2).length), body]))
  },
  'wrong-type': ({ socket }) =>
    respond(socket, '200 OK\r\nContent-Type: audio/mpeg', Buffer.from('fffb54c4'.repeat(100), 'hex')),
  html: ({ socket }) =>
    respond(socket, '200 OK\r\nContent-Type: text/html', '<!DOCTYPE html>\n<title>Welcome</title>\n<p>It works!\n'),
  empty: ({ socket }) => respond(socket, '200 OK\r\nContent-Type: application/json\r\nContent-Length: 0', ''),
  'not-json': ({ socket, right }) => {
    const { head, body } = split(right())
    const half = part(body, 1 / 2)
    socket.end(Buffer.concat([withLength(head, half.length), half]))
  },
  'not-http': ({ socket }) => { socket.end('invalid password\r\n') },
  unauthorized: ({ socket, dialect, server, request }) => send(socket, dialect.unauthorized(server, request)),
  limit: ({ socket, dialect, server, request }) => send(socket, dialect.limit(server, request)),
  starting: ({ socket, dialect, server, request }) => send(socket, dialect.starting(server, request)),
  404: ({ socket, dialect, server, request }) => send(socket, dialect.notFound(server, request)),
  500: ({ socket }) =>
    respond(socket, '500 Internal Server Error\r\nContent-Type: text/html', '<h1>Internal Server Error</h1>\n'),
  redirect: ({ socket, options }) => respond(socket, `302 Found\r\nLocation: ${options.location ?? '/elsewhere'}`, '')
}

/** @throws FST_ICECAST_FAKE that names the faults there are */
export function checkFault (fault: Fault): void {
  if (fault === 'refused' || Object.hasOwn(FAULTS, fault)) return
  throw new FST_ICECAST_FAKE(`there is no fault '${fault}'. There are refused, ${Object.keys(FAULTS).join(', ')}`)
}

/** Sends an answer and does with the connection what belongs to it, which it says, too. */
export function send (socket: Socket, { bytes, then }: Answer): Answer['then'] {
  if (then === 'close') socket.end(bytes)
  else if (then === 'reset') socket.write(bytes, () => socket.resetAndDestroy())
  else socket.write(bytes)
  return then
}

/** An answer that no Icecast gives. */
function respond (socket: Socket, head: string, body: string | Buffer): void {
  socket.write(`HTTP/1.0 ${head}\r\nConnection: Close\r\n\r\n`)
  socket.end(body)
}

function split (bytes: Buffer): { head: Buffer, body: Buffer } {
  const bodyAt = bytes.indexOf('\r\n\r\n') + 4
  return { head: bytes.subarray(0, bodyAt), body: bytes.subarray(bodyAt) }
}

function part (body: Buffer, share: number): Buffer {
  return body.subarray(0, Math.floor(body.length * share))
}

function withLength (head: Buffer, length: number): Buffer {
  return Buffer.from(head.toString('latin1').replace(/(?<=Content-Length: )\d+/, `${length}`), 'latin1')
}

function drip (socket: Socket, bytes: Buffer, interval: number): void {
  let sent = 0
  const timer = setInterval(() => {
    if (sent === bytes.length) socket.end()
    else socket.write(bytes.subarray(sent, ++sent))
  }, interval)
  socket.once('close', () => clearInterval(timer))
}

/** Writes only as fast as it is read, so that a reader which stops costs nothing. */
function flood (socket: Socket, bytes: number): void {
  const chunk = Buffer.alloc(65_536, ' ')
  let left = bytes
  const more = (): void => {
    while (left > 0) {
      const part = chunk.subarray(0, Math.min(left, chunk.length))
      left -= part.length
      if (!socket.write(part)) return
    }
    socket.end()
  }
  socket.on('drain', more)
  socket.write('HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nConnection: Close\r\n\r\n{"icestats":')
  more()
}

const MAX_MEMBER_BYTES = 2 ** 20

/** gzip allows for one member after the other, so that a large bomb costs no more than a small one. */
function bomb (bytes: number): Buffer {
  const member = (size: number): Buffer => gzipSync(Buffer.alloc(size, ' '))
  const whole = new Array<Buffer>(Math.floor(bytes / MAX_MEMBER_BYTES)).fill(member(MAX_MEMBER_BYTES))
  return Buffer.concat([...whole, member(bytes % MAX_MEMBER_BYTES)])
}
