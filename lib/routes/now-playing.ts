import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Broadcaster } from '../push/broadcaster.ts'
import { NOT_FOUND } from '../push/close-codes.ts'
import type { LongPolls } from '../push/long-polls.ts'
import type { Selection } from '../push/selection.ts'
import type { RouteSettings } from '../options/options.ts'
import type { PublishedState } from '../state/published-state.ts'
import { preferred, type Form } from './accept.ts'
import { BodyCache } from './body-cache.ts'
import { closeWebSocket } from './close-websocket.ts'
import { queryCompilers } from './compilers.ts'
import { startEventStream } from './event-stream-route.ts'
import { finishResponse } from './finish-response.ts'
import { historyRoute, sendHistory } from './history.ts'
import { readLongId } from './long-station-id.ts'
import type { Admission } from './reject-over-limit.ts'
import { joinPath } from './route-path.ts'
import { routeSchemas, type ListRequest, type StationRequest } from './schemas.ts'
import { StateAnswer } from './state-answer.ts'
import { readTextSuffix, TEXT_SUFFIX } from './text-suffix.ts'
import { NEGOTIATED, vary } from './vary.ts'
import { WebSocketRoute } from './websocket-route.ts'

interface RouteContext extends Admission {
  state: PublishedState
  broadcaster: Broadcaster
  longPolls: LongPolls
  route: RouteSettings
  /** The most earlier tracks of a station. */
  history: number
  /** The schemas of the fields that the app adds to tracks. */
  trackFields: Readonly<Record<string, object>>
}

/** Declares `GET url` and `GET url/:station`, each as JSON, plain text, server-sent events and WebSocket, the plain text at `GET url/:station.txt`, and the history of a station. */
export function nowPlayingRoutes (app: FastifyInstance, context: RouteContext): void {
  const { state, longPolls, route, history, trackFields } = context
  const { url, cacheControl, options } = route
  const schemas = routeSchemas(trackFields, route.schema, history)
  const bodies = new BodyCache(state)
  const answer = new StateAnswer({ state, bodies, longPolls, cacheControl })
  const webSocketRoute = new WebSocketRoute(app, context)
  const onSend = [options.onSend ?? [], finishResponse].flat()
  const subscribable = { ...options, ...queryCompilers(history), onSend, preHandler: [options.preHandler ?? [], webSocketRoute.admit].flat() }

  const respond = (request: FastifyRequest<ListRequest>, reply: FastifyReply): Promise<FastifyReply> | void => {
    const form = negotiate(request, reply)
    return form === 'events'
      ? startEventStream(request, reply, readSelection(request, history), context)
      : answer.send(request, reply, form, readSelection(request, history))
  }

  /** `name`: what the path names: a station, or its plain text. None after a slash at the end. */
  const respondAlone = (request: FastifyRequest<ListRequest>, reply: FastifyReply, name: string): Promise<FastifyReply> | void => {
    if (name === '') return respond(request, reply)
    const { id, form } = readTextSuffix(state, name, negotiate(request, reply))
    const selection = readSelection(request, history, id)
    return form === 'events' ? startEventStream(request, reply, selection, context) : answer.send(request, reply, form, selection, id)
  }

  app.route<ListRequest>({
    ...subscribable,
    method: 'GET',
    url: url || '/',
    schema: schemas.list,
    handler: (request, reply) => respond(request, reply),
    wsHandler: (socket, request) => webSocketRoute.accept(socket, request, readSelection(request, history))
  })

  app.route<StationRequest>({
    ...subscribable,
    method: 'GET',
    url: `${url}/:station`,
    schema: schemas.station,
    handler: (request, reply) => respondAlone(request, reply, request.params.station),
    wsHandler: (socket, request) => webSocketRoute.accept(socket, request, readSelection(request, history, request.params.station))
  })

  // A route of its own, so that it is documented. Fastify prefers it to the one before.
  app.route<StationRequest>({
    ...subscribable,
    method: 'GET',
    url: `${url}/:station${TEXT_SUFFIX}`,
    schema: schemas.text,
    handler: (request, reply) => respondAlone(request, reply, request.params.station + TEXT_SUFFIX),
    wsHandler: (socket, request) => webSocketRoute.accept(socket, request, readSelection(request, history, request.params.station + TEXT_SUFFIX))
  })

  historyRoute(app, { ...context, onSend }, bodies, schemas.history)

  // Below `/` a wildcard would take all paths of the app.
  const base = joinPath(app.prefix, url)
  if (base === '') return
  // Fastify matches no parameter that is longer than the app's `maxParamLength`, and would answer 414.
  app.route<ListRequest>({
    ...subscribable,
    method: 'GET',
    url: `${url}/*`,
    schema: schemas.longId,
    handler: (request, reply) => {
      const named = readLongId(request, base)
      if (named === null) return reply.callNotFound()
      return named.isHistory ? sendHistory(request, reply, context, bodies, named.id) : respondAlone(request, reply, named.id)
    },
    wsHandler: (socket, request) => {
      const named = readLongId(request, base)
      if (named === null || named.isHistory) closeWebSocket(socket, NOT_FOUND, 'There is nothing to subscribe to at this address')
      else webSocketRoute.accept(socket, request, readSelection(request, history, named.id))
    }
  })
}

/** The form of the answer, which depends on headers that `Vary` then names. A HEAD request cannot be answered with a stream, and gets the headers of the JSON. */
function negotiate ({ method, headers }: FastifyRequest, reply: FastifyReply): Form {
  vary(reply, NEGOTIATED)
  const form = preferred(headers.accept)
  return form === 'events' && method !== 'GET' ? 'json' : form
}

/** What the request asks for. `maxHistory`: the most earlier tracks of a station. `id`: the station that the path names, instead of `?station`; it may be empty. */
function readSelection ({ query }: FastifyRequest<ListRequest>, maxHistory: number, id?: string): Selection {
  const { station, history, listeners } = query
  const stations = id || station
  return {
    stations: stations === undefined ? null : new Set([stations].flat()),
    history: history === undefined || history === maxHistory ? Infinity : history,
    hasListeners: listeners !== 0
  }
}
