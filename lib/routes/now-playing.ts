import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import type { WebSocket } from 'ws'
import type { Broadcaster } from '../push/broadcaster.ts'
import { detachUpgradeResponse, removeFromClients } from '../push/internals.ts'
import type { LongPolls } from '../push/long-polls.ts'
import type { RouteOptions } from '../options/options.ts'
import type { Station } from '../schemas.ts'
import type { PublishedState } from '../state/published-state.ts'
import { preferred } from './accept.ts'
import { rejectOverLimit, closeOverLimit, type Admission } from './reject-over-limit.ts'
import { BodyCache } from './body-cache.ts'
import { queryCompilers } from './compilers.ts'
import { varyByAccept } from './vary.ts'
import { historyRoute } from './history.ts'
import { routeSchemas, type ListRequest, type StationRequest } from './schemas.ts'
import { StateAnswer } from './state-answer.ts'
import { stream, subscribe } from './subscribe.ts'
import { getStationOrThrow } from './unknown-station.ts'

interface RouteContext extends Admission {
  state: PublishedState
  hub: Broadcaster
  waiting: LongPolls
  route: Required<RouteOptions>
  /** The schemas of the fields that tracks have beside their own. */
  trackFields: Readonly<Record<string, object>>
}

/** `GET url` and `GET url/:station`: as JSON, as plain text, as server-sent events and as a WebSocket. And the history. */
export function nowPlayingRoutes (app: FastifyInstance, context: RouteContext): void {
  const { state, waiting, route: { url, cacheControl, options }, trackFields } = context
  const schemas = routeSchemas(trackFields)
  const bodies = new BodyCache()
  const answer = new StateAnswer({ state, longPolls: waiting, cacheControl })
  const subscribeContext = { state, broadcaster: context.hub, limits: context.door }
  const responses = new WeakMap<object, ServerResponse>()

  app.addHook('onRequest', (request, reply, done) => {
    varyByAccept(reply)
    done()
  })
  // The last of all, and with no pause before it enters: the app's own checks come first, and may take their time.
  const admit: preHandlerHookHandler = (request, reply, done) => {
    if (!request.ws) return done()
    if (rejectOverLimit(request, reply, context)) return
    responses.set(request.raw, reply.raw)
    done()
  }
  const subscribable = { ...options, ...queryCompilers, preHandler: [options.preHandler ?? [], admit].flat() }

  const accept = (webSocket: WebSocket, request: FastifyRequest, wants: ReadonlySet<string> | null): void => {
    removeFromClients(app, webSocket)
    if (closeOverLimit(request, webSocket, context)) return
    const response = responses.get(request.raw)
    const socket = response?.socket
    if (response !== undefined && socket) {
      detachUpgradeResponse(response)
      subscribe(webSocket, socket, request, wants, subscribeContext)
    }
  }

  const wantsEvents = (request: FastifyRequest): boolean => request.method === 'GET' && preferred(request.headers.accept) === 'events'
  const startStream = (request: FastifyRequest, reply: FastifyReply, wants: ReadonlySet<string> | null): void => {
    if (!rejectOverLimit(request, reply, context)) stream(request, reply, wants, subscribeContext)
  }

  app.route<ListRequest>({
    ...subscribable,
    method: 'GET',
    url: url || '/',
    schema: schemas.list,
    handler: (request, reply) => {
      const wants = readSelection(request)
      if (wantsEvents(request)) return startStream(request, reply, wants)
      const find = (): Station[] => [...wants ?? []].map((id) => getStationOrThrow(state, id))
      find()
      return answer.send(request, reply, {
        stations: wants,
        taggedBy: null,
        body: (format) => wants === null ? bodies.all(format, state.version, state.list) : bodies.selection(format, state.version, find())
      })
    },
    wsHandler: (socket, request) => accept(socket, request, readSelection(request))
  })

  app.route<StationRequest>({
    ...subscribable,
    method: 'GET',
    url: `${url}/:station`,
    schema: schemas.station,
    handler: (request, reply) => {
      const id = request.params.station
      if (wantsEvents(request)) return startStream(request, reply, new Set([id]))
      getStationOrThrow(state, id)
      return answer.send(request, reply, {
        stations: new Set([id]),
        taggedBy: id,
        body: (format) => bodies.one(format, getStationOrThrow(state, id))
      })
    },
    wsHandler: (socket, request) => accept(socket, request, new Set([request.params.station]))
  })

  historyRoute(app, context, bodies, schemas.history)
}

function readSelection ({ query }: FastifyRequest<ListRequest>): ReadonlySet<string> | null {
  return query.station === undefined ? null : new Set([query.station].flat())
}
