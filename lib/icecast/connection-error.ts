import type { ClientRequest } from 'node:http'
import { connect, TLSSocket } from 'node:tls'
import { FST_ICECAST_NOT_ICECAST, FST_ICECAST_TIMEOUT, FST_ICECAST_UNREACHABLE } from '../errors.ts'

/** What is known about a failed connection beside its error. */
interface Circumstances {
  /** The time was up before the server had answered the TLS handshake. */
  isHandshakePending?: boolean
  /** The URL says `http:`, but the server answers a TLS handshake. */
  isTls?: boolean
}

/** ms that the check for TLS may take. */
const TLS_CHECK_TIMEOUT_MS = 1_000

const NO_TLS = 'the server does not seem to speak TLS on this port; try http:// instead of https://'
const NEEDS_TLS = 'the server speaks TLS on this port; use https:// instead of http://'
const UNTRUSTED = 'pass its CA certificate in the option `ca`, or start Node.js with NODE_EXTRA_CA_CERTS'

/** OpenSSL's codes for a certificate that no trusted authority has signed. */
const UNTRUSTED_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
])
/** OpenSSL's codes for an answer that is not TLS, and that of a connection which ends within the handshake. */
const NO_TLS_CODES = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST', 'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_UNEXPECTED_MESSAGE', 'EPROTO'
])
const HANDSHAKE_ENDED = /before secure TLS connection was established/

/**
 * The error that tells an operator what is wrong with the connection to `url`, for documents and feeds: one of
 * FST_ICECAST_UNREACHABLE or FST_ICECAST_NOT_ICECAST. `error` is what Node reported.
 */
export function explainConnectionError (error: unknown, url: URL, { isHandshakePending = false, isTls = false }: Circumstances = {}): Error {
  if (isHandshakePending && error instanceof FST_ICECAST_TIMEOUT) return new FST_ICECAST_UNREACHABLE(`the TLS handshake was not answered in time: ${NO_TLS}`)
  if (isHandshakePending && error instanceof Error) return error
  const { code, rawPacket } = fieldsOf(error)
  const reason = describe(error)
  // SHOUTcast 1 answers with `ICY` instead of `HTTP/1.0`.
  if (rawPacket?.subarray(0, 4).toString('latin1') === 'ICY ') return new FST_ICECAST_NOT_ICECAST('SHOUTcast')
  if (isTls) return new FST_ICECAST_UNREACHABLE(`${reason}: ${NEEDS_TLS}`)
  if (url.protocol === 'https:' && (NO_TLS_CODES.has(code) || HANDSHAKE_ENDED.test(reason))) return new FST_ICECAST_UNREACHABLE(`${reason}: ${NO_TLS}`)
  // Node 24 and later append advice of their own.
  if (UNTRUSTED_CODES.has(code)) return new FST_ICECAST_UNREACHABLE(`${reason.replace(/; if the root CA .*/, '')}: ${UNTRUSTED}`)
  return new FST_ICECAST_UNREACHABLE(reason)
}

/** Returns a function that is true while the request is connected and waits for the server's part of the TLS handshake. */
export function watchHandshake (request: ClientRequest): () => boolean {
  let isPending = false
  request.once('socket', (socket) => {
    if (!(socket instanceof TLSSocket)) return
    socket.once('connect', () => { isPending = true })
    socket.once('secureConnect', () => { isPending = false })
  })
  return () => isPending
}

/** True for the ways in which a TLS server ends a connection that begins with plain HTTP. */
export function isBrokenOff (error: unknown): boolean {
  return /^(?:ECONNRESET|EPIPE|HPE_)/.test(fieldsOf(error).code)
}

/** True if the server behind an `http:` address answers a TLS handshake. It sends nothing else and closes at once. */
export async function isTlsServer (url: URL, signal: AbortSignal): Promise<boolean> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // Nothing is sent over this connection, so the certificate does not matter.
  const socket = connect({ host, port: Number(url.port || 80), rejectUnauthorized: false })
  const end = (): void => { socket.destroy() }
  const timer = setTimeout(end, TLS_CHECK_TIMEOUT_MS)
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  try {
    return await new Promise((resolve) => {
      socket.once('secureConnect', () => resolve(true)).once('error', () => {}).once('close', () => resolve(false))
    })
  } finally {
    end()
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

function fieldsOf (error: unknown): { code: string, rawPacket?: Buffer } {
  if (!(error instanceof Error)) return { code: '' }
  const code: unknown = Reflect.get(error, 'code')
  const rawPacket: unknown = Reflect.get(error, 'rawPacket')
  return { code: String(code), ...Buffer.isBuffer(rawPacket) && { rawPacket } }
}

function describe (error: unknown): string {
  // A host whose IPv4 and IPv6 addresses both fail gives one error without a message of its own.
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  const reason = error instanceof Error ? error.message : String(error)
  // Node's words for a connection that ends within an answer, and before one.
  return reason === 'aborted' || reason === 'socket hang up' ? 'the connection was closed before the answer was complete' : reason
}
