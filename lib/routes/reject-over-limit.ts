import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { FST_ICECAST_FULL, FST_ICECAST_ORIGIN, FST_ICECAST_TOO_MANY } from '../errors.ts'
import { TRY_AGAIN_LATER } from '../push/close-codes.ts'
import type { ConnectionLimits } from '../push/connection-limits.ts'
import { countRefused, type PushMetrics, type RefusalReason } from '../push/metrics.ts'
import { closeWebSocket } from './close-websocket.ts'

export interface Admission {
  limits: ConnectionLimits
  /** The origins whose pages may subscribe over WebSocket; null: all. */
  origins: ReadonlySet<string> | null
  metrics: PushMetrics
}

/** Seconds after which a client may try again. */
const RETRY_AFTER = 30

/** Any client can send any `Origin`, and each is logged once. */
const MAX_LOGGED_ORIGINS = 10

/** The origins that were logged, by the option `origins` of the registration. */
const loggedOrigins = new WeakMap<ReadonlySet<string>, Set<string>>()

const REFUSALS = {
  subscribers: { error: FST_ICECAST_FULL, told: '`limits.subscribers` is reached: further subscribers are answered with 503' },
  perAddress: {
    error: FST_ICECAST_TOO_MANY,
    told: '`limits.perAddress` is reached by one address: further subscribers from it are answered with 429. If it is the address of your proxy, let the proxy send `X-Forwarded-For` and set `trustProxy` of Fastify'
  }
}

/** Answers a subscriber that is over a limit or of another origin, before the upgrade. False: it may subscribe. */
export function rejectOverLimit (request: FastifyRequest, reply: FastifyReply, admission: Admission): boolean {
  const refusal = refusalOf(request, admission)
  if (refusal === null) return false
  const { code, message, statusCode = 403 } = refusal.error
  countRefused(admission.metrics, refusal.reason)
  // No `Retry-After` for a rejected origin: retrying cannot succeed.
  if (statusCode !== 403) reply.header('retry-after', RETRY_AFTER)
  // Not thrown, since Fastify logs each 503 as an error with its stack, and at a limit there are thousands of them.
  reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
  return true
}

/** The same after the upgrade: while the app's `verifyClient` waits, others may have taken the last places. */
export function closeOverLimit (request: FastifyRequest, webSocket: WebSocket, admission: Admission): boolean {
  const refusal = refusalOf(request, admission)
  if (refusal === null) return false
  countRefused(admission.metrics, refusal.reason)
  closeWebSocket(webSocket, TRY_AGAIN_LATER, refusal.error.code)
  return true
}

function refusalOf (request: FastifyRequest, { limits, origins }: Admission): { reason: RefusalReason, error: FastifyError } | null {
  const { headers: { origin } } = request
  // Only browsers send an `Origin`. They keep pages of other origins from reading an answer, but not from opening a WebSocket.
  if (request.ws && origins !== null && origin !== undefined && !origins.has(origin)) {
    logOrigin(request, origin, origins)
    return { reason: 'origins', error: new FST_ICECAST_ORIGIN(origin) }
  }
  const refusal = limits.refusal(request)
  if (refusal === null) return null
  const { error: Refused, told } = REFUSALS[refusal.limit]
  if (refusal.isNew) request.log.warn(told)
  return { reason: refusal.limit, error: new Refused() }
}

/** Logs an origin once. Its pages fall back to event streams, so that a wrong `origins` would go unnoticed. */
function logOrigin ({ log }: FastifyRequest, origin: string, origins: ReadonlySet<string>): void {
  const logged = loggedOrigins.get(origins) ?? new Set()
  loggedOrigins.set(origins, logged)
  if (logged.has(origin) || logged.size === MAX_LOGGED_ORIGINS) return
  logged.add(origin)
  log.warn({ origin }, `A WebSocket was rejected with 403: its origin \`${origin}\` is not listed in the option \`origins\``)
}
