import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Selection } from '../push/selection.ts'
import { rejectOverLimit, type Admission } from './reject-over-limit.ts'
import { stream, type SubscribeContext } from './subscribe.ts'

/**
 * Answers with server-sent events, or with an error if a limit is reached.
 * @throws FST_ICECAST_UNKNOWN_STATION
 */
export function startEventStream (request: FastifyRequest, reply: FastifyReply, selection: Selection, context: Admission & SubscribeContext): void {
  if (!rejectOverLimit(request, reply, context)) stream(request, reply, selection, context)
}
