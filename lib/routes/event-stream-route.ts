import type { FastifyReply, FastifyRequest } from 'fastify'
import { rejectOverLimit, type Admission } from './reject-over-limit.ts'
import { stream, type SubscribeContext } from './subscribe.ts'

/**
 * Answers with server-sent events, or with an error if a limit is reached. `stations`: the ids to subscribe to; null: all.
 * @throws FST_ICECAST_UNKNOWN_STATION
 */
export function startEventStream (request: FastifyRequest, reply: FastifyReply, stations: ReadonlySet<string> | null, context: Admission & SubscribeContext): void {
  if (!rejectOverLimit(request, reply, context)) stream(request, reply, stations, context)
}
