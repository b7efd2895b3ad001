import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { FST_ICECAST_CLOSED, FST_ICECAST_NOT_FOUND, FST_ICECAST_TIMEOUT, FST_ICECAST_UNREACHABLE } from '../errors.ts'
import { explainConnectionError, watchHandshake } from './connection-error.ts'
import { startDeadline } from './deadline.ts'
import { errorFromResponse } from './error-from-response.ts'
import { tlsOptions, type CaCertificates } from './request.ts'

export interface OpenResponseOptions {
  method: 'GET' | 'STATS'
  headers: Readonly<Record<string, string>>
  /** For `https:`; undefined: the certificates that Node trusts. */
  ca?: CaCertificates | undefined
  /** ms to the end of the response's head. Nothing limits how long the body may last. */
  timeout: number
  /** Closes the connection at once, in whatever state it is. */
  signal: AbortSignal
}

export interface OpenResponse {
  response: IncomingMessage
  /** Ends the connection; the body then fails with this error, unless it has ended. */
  close (error: Error): void
}

/** ms of silence after which the kernel starts to send keep-alive probes (10 of them, one each second). */
const KEEP_ALIVE_DELAY_MS = 30_000

/**
 * Requests a response that does not end, such as a feed or a stream, on a connection of its own, which does not keep the
 * process running. Redirects are not followed. The caller reads the body, and closes it.
 * @throws an FST_ICECAST_* error that carries nothing secret.
 */
export async function openResponse (target: URL, { method, headers, ca, timeout, signal }: OpenResponseOptions): Promise<OpenResponse> {
  signal.throwIfAborted()
  const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, { method, headers, agent: false, ...tlsOptions({ ca }) })
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
    if (response.statusCode === 404) throw new FST_ICECAST_NOT_FOUND(target.pathname)
    if (response.statusCode !== 200) {
      throw await errorFromResponse({ status: Number(response.statusCode), headers: response.headers, body: response }, target.pathname)
    }
    cancelDeadline()
    return { response, close }
  } catch (error) {
    const failure = toIcecastError(error, target, isHandshakePending())
    close(failure)
    throw failure
  }
}

/** An error with one of our codes. */
export type IcecastError = Error & { code: string }

/** Whether an error is one of ours. What a callback has thrown is not. */
export function isIcecastError (error: unknown): error is IcecastError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_ICECAST_')
}

/** Whether the connection was lost or could not be made, so that an attempt soon may succeed. Else it was refused. */
export function isConnectionLoss (error: IcecastError): boolean {
  return error instanceof FST_ICECAST_UNREACHABLE || error instanceof FST_ICECAST_TIMEOUT
}

/** The error of a connection as one of ours. */
export function toIcecastError (error: unknown, url: URL, isHandshakePending = false): Error {
  return isIcecastError(error) && !isHandshakePending ? error : explainConnectionError(error, url, { isHandshakePending })
}
