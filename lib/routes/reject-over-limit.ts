import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { FST_ICECAST_FULL, FST_ICECAST_ORIGIN, FST_ICECAST_TOO_MANY } from '../errors.ts'
import { TRY_AGAIN_LATER } from '../push/close-codes.ts'
import type { ConnectionLimits } from '../push/connection-limits.ts'
import type { Metrics } from '../push/metrics.ts'
import { closeWithCode } from './close-websocket.ts'

export interface Admission {
  door: ConnectionLimits
  /** Whose pages may subscribe over WebSocket; null: everyone's. */
  origins: ReadonlySet<string> | null
  metrics: Metrics
}

/** s after which one who was refused may try again. */
const RETRY_AFTER = 30

const REFUSALS = {
  subscribers: { error: FST_ICECAST_FULL, told: '`limits.subscribers` is reached: more are refused with 503' },
  perAddress: {
    error: FST_ICECAST_TOO_MANY,
    told: '`limits.perAddress` is reached by one address: more from there are refused with 429. If it is your proxy\'s, it has to send `X-Forwarded-For`, and Fastify\'s `trustProxy` to name it'
  }
}

/** Answers a subscriber that can't come in, before anything is upgraded. False: it can. */
export function rejectOverLimit (request: FastifyRequest, reply: FastifyReply, admission: Admission): boolean {
  const refusal = refusalOf(request, admission)
  if (refusal === null) return false
  const { code, message, statusCode = 403 } = refusal
  admission.metrics.refused++
  // A page of another origin stays one.
  if (statusCode !== 403) reply.header('retry-after', RETRY_AFTER)
  // Not thrown: Fastify logs each 503 as an error, with its stack, and at a limit they come by the thousand.
  reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
  return true
}

/** The same when it is upgraded already: an app's `verifyClient` may take its time, and others come in meanwhile. */
export function closeOverLimit (request: FastifyRequest, webSocket: WebSocket, admission: Admission): boolean {
  const refusal = refusalOf(request, admission)
  if (refusal === null) return false
  admission.metrics.refused++
  closeWithCode(webSocket, refusal.code, TRY_AGAIN_LATER)
  return true
}

function refusalOf (request: FastifyRequest, { door, origins }: Admission): FastifyError | null {
  const { headers: { origin } } = request
  // Programs send none; browsers do, and keep others' pages from reading all but a WebSocket.
  if (request.ws && origins !== null && origin !== undefined && !origins.has(origin)) return new FST_ICECAST_ORIGIN(origin)
  const refusal = door.refusal(request)
  if (refusal === null) return null
  const { error: Refused, told } = REFUSALS[refusal.limit]
  if (refusal.isNew) request.log.warn(told)
  return new Refused()
}
