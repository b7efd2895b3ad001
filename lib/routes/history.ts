import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify'
import type { RouteSettings } from '../options/options.ts'
import { NOT_FOUND } from '../push/close-codes.ts'
import type { PublishedState } from '../state/published-state.ts'
import { getStationOrThrow } from '../state/unknown-station.ts'
import { JSON_TYPE, type BodyCache } from './body-cache.ts'
import { closeWebSocket } from './close-websocket.ts'
import { queryCompilers } from './compilers.ts'
import { hashOf, sendIfNoneMatch } from './etag.ts'
import type { HistoryRequest, ListRequest, routeSchemas } from './schemas.ts'
import { NEGOTIATED, vary } from './vary.ts'

interface HistoryContext {
  state: PublishedState
  route: RouteSettings
  /** The most earlier tracks of a station. */
  history: number
}

/** Declares `GET url/:station/history`: the earlier tracks without the state of the station. */
export function historyRoute (app: FastifyInstance, context: HistoryContext & { onSend: onSendHookHandler[] }, bodies: BodyCache, schema: ReturnType<typeof routeSchemas>['history']): void {
  const { route, history, onSend } = context
  app.route<HistoryRequest>({
    ...route.options,
    ...queryCompilers(history),
    onSend,
    method: 'GET',
    url: `${route.url}/:station/history`,
    schema,
    handler: (request, reply) => { sendHistory(request, reply, context, bodies, request.params.station) },
    wsHandler: (socket) => closeWebSocket(socket, NOT_FOUND, 'Subscribe to the station: it brings its history')
  })
}

/** @throws FST_ICECAST_UNKNOWN_STATION */
export function sendHistory (request: FastifyRequest<{ Querystring: ListRequest['Querystring'] }>, reply: FastifyReply, { state, route }: Pick<HistoryContext, 'state' | 'route'>, bodies: BodyCache, id: string): void {
  vary(reply, NEGOTIATED)
  const body = bodies.history(getStationOrThrow(state, id), request.query.history)
  // The tag is made of the content, since a station changes more often than its history, for example with its listeners.
  const tag = `"${hashOf(body)}"`
  sendIfNoneMatch(request, reply, tag, route.cacheControl, JSON_TYPE, body)
}
