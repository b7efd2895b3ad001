import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Broadcaster } from '../push/broadcaster.ts'
import { NOT_FOUND } from '../push/close-codes.ts'
import type { LongPolls } from '../push/long-polls.ts'
import type { RouteSettings } from '../options/options.ts'
import type { Station } from '../schemas.ts'
import type { PublishedState } from '../state/published-state.ts'
import { preferred, type Form } from './accept.ts'
import { BodyCache } from './body-cache.ts'
import { closeWebSocket } from './close-websocket.ts'
import { queryCompilers } from './compilers.ts'
import { startEventStream } from './event-stream-route.ts'
import { historyRoute, sendHistory } from './history.ts'
import { readLongId } from './long-station-id.ts'
import { makePrivateIfCookie } from './private-if-cookie.ts'
import type { Admission } from './reject-over-limit.ts'
import { routeSchemas, type ListRequest, type StationRequest } from './schemas.ts'
import { StateAnswer } from './state-answer.ts'
import { readTextSuffix, TEXT_SUFFIX } from './text-suffix.ts'
import { getStationOrThrow } from './unknown-station.ts'
import { varyByAccept } from './vary.ts'
import { WebSocketRoute } from './websocket-route.ts'

interface RouteContext extends Admission {
  state: PublishedState
  broadcaster: Broadcaster
  longPolls: LongPolls
  route: RouteSettings
  /** The schemas of the fields that the app adds to tracks. */
  trackFields: Readonly<Record<string, object>>
}

/** Declares `GET url` and `GET url/:station`, each as JSON, plain text, server-sent events and WebSocket, the plain text at `GET url/:station.txt`, and the history of a station. */
export function nowPlayingRoutes (app: FastifyInstance, context: RouteContext): void {
  const { state, longPolls, route, trackFields } = context
  const { url, cacheControl, options } = route
  const schemas = routeSchemas(trackFields, route.schema)
  const bodies = new BodyCache()
  const answer = new StateAnswer({ state, longPolls, cacheControl })
  const webSocketRoute = new WebSocketRoute(app, context)
  const onSend = [options.onSend ?? [], makePrivateIfCookie].flat()
  const subscribable = { ...options, ...queryCompilers, onSend, preHandler: [options.preHandler ?? [], webSocketRoute.admit].flat() }

  app.addHook('onRequest', (request, reply, done) => {
    varyByAccept(reply)
    done()
  })

  const answerList = (request: FastifyRequest<ListRequest>, reply: FastifyReply): Promise<FastifyReply> | void => {
    const selection = readSelection(request)
    const form = negotiate(request)
    if (form === 'events') return startEventStream(request, reply, selection, context)
    const find = (): Station[] => [...selection ?? []].map((id) => getStationOrThrow(state, id))
    find()
    return answer.send(request, reply, {
      form,
      stations: selection,
      taggedBy: null,
      body: (format) => selection === null ? bodies.all(format, state.version, state.list) : bodies.selection(format, state.version, find())
    })
  }

  const answerStation = (request: FastifyRequest<ListRequest>, reply: FastifyReply, name: string): Promise<FastifyReply> | void => {
    const { id, form } = readTextSuffix(state, name, negotiate(request))
    if (form === 'events') return startEventStream(request, reply, new Set([id]), context)
    getStationOrThrow(state, id)
    return answer.send(request, reply, {
      form,
      stations: new Set([id]),
      taggedBy: id,
      body: (format) => bodies.one(format, getStationOrThrow(state, id))
    })
  }

  app.route<ListRequest>({
    ...subscribable,
    method: 'GET',
    url: url || '/',
    schema: schemas.list,
    handler: answerList,
    wsHandler: (socket, request) => webSocketRoute.accept(socket, request, readSelection(request))
  })

  app.route<StationRequest>({
    ...subscribable,
    method: 'GET',
    url: `${url}/:station`,
    schema: schemas.station,
    handler: (request, reply) => answerStation(request, reply, request.params.station),
    wsHandler: (socket, request) => webSocketRoute.accept(socket, request, new Set([request.params.station]))
  })

  // A route of its own, so that it is documented. Fastify prefers it to the one before.
  app.route<StationRequest>({
    ...subscribable,
    method: 'GET',
    url: `${url}/:station${TEXT_SUFFIX}`,
    schema: schemas.text,
    handler: (request, reply) => answerStation(request, reply, request.params.station + TEXT_SUFFIX),
    wsHandler: (socket, request) => webSocketRoute.accept(socket, request, new Set([request.params.station + TEXT_SUFFIX]))
  })

  historyRoute(app, { ...context, onSend }, bodies, schemas.history)

  // Below `/` a wildcard would take all paths of the app.
  if (url === '' && app.prefix === '') return
  const base = `${app.prefix}${url}`
  // Fastify matches no parameter that is longer than the app's `maxParamLength`, and would answer 414.
  app.route<ListRequest>({
    ...subscribable,
    method: 'GET',
    url: `${url}/*`,
    schema: schemas.longId,
    handler: (request, reply) => {
      const named = readLongId(request, base)
      if (named === null) return reply.callNotFound()
      return named.isHistory ? sendHistory(reply, context, bodies, named.id) : answerStation(request, reply, named.id)
    },
    wsHandler: (socket, request) => {
      const named = readLongId(request, base)
      if (named === null || named.isHistory) closeWebSocket(socket, NOT_FOUND, 'There is nothing to subscribe to at this address')
      else webSocketRoute.accept(socket, request, new Set([named.id]))
    }
  })
}

/** The form of the answer. A HEAD request cannot be answered with a stream, and gets the headers of the JSON. */
function negotiate ({ method, headers }: FastifyRequest): Form {
  const form = preferred(headers.accept)
  return form === 'events' && method !== 'GET' ? 'json' : form
}

/** The ids of the stations that `?station` names; null: all. */
function readSelection ({ query }: FastifyRequest<ListRequest>): ReadonlySet<string> | null {
  return query.station === undefined ? null : new Set([query.station].flat())
}
