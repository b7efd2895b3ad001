import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { FST_ICECAST_FULL, FST_ICECAST_ORIGIN, FST_ICECAST_TOO_MANY } from '../errors.ts'
import type { Door } from '../push/door.ts'
import type { Metrics } from '../push/metrics.ts'

export interface Admission {
  door: Door
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
    told: '`limits.perAddress` is reached by one address: more from there are refused with 429. If it is your proxy\'s, set Fastify\'s `trustProxy`'
  }
}

/** Why a subscriber can't come in, before anything is upgraded; null: it can. */
export function refuse (request: FastifyRequest, reply: FastifyReply, { door, origins, metrics }: Admission): FastifyError | null {
  const { headers: { origin } } = request
  // Programs send none; browsers do, and keep others' pages from reading all but a WebSocket.
  if (request.ws && origins !== null && origin !== undefined && !origins.has(origin)) {
    metrics.refused++
    return new FST_ICECAST_ORIGIN()
  }
  const refusal = door.refusal(request)
  if (refusal === null) return null
  const { error: Refused, told } = REFUSALS[refusal.limit]
  metrics.refused++
  if (refusal.isNew) request.log.warn(told)
  reply.header('retry-after', RETRY_AFTER)
  return new Refused()
}
