import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify'
import type { WebSocket } from 'ws'
import type { Broadcaster } from '../push/broadcaster.ts'
import type { LongPolls } from '../push/long-polls.ts'
import type { RouteSettings } from '../options/options.ts'
import type { PublishedState } from '../state/published-state.ts'
import { preferred } from './accept.ts'
import { rejectOverLimit, closeOverLimit, type Admission } from './reject-over-limit.ts'
import { BodyCache, CONTENT_TYPES, type BodyFormat } from './body-cache.ts'
import { queryCompilers } from './compilers.ts'
import { isClientGone } from './is-client-gone.ts'
import { hashOf, matches, sendTagged } from './etag.ts'
import { varyByAccept } from './vary.ts'
import { historyRoute } from './history.ts'
import { routeSchemas, type ListRequest, type StationRequest } from './schemas.ts'
import { stream, subscribe } from './subscribe.ts'
import { getStationOrThrow } from './unknown-station.ts'

interface RouteContext extends Admission {
  state: PublishedState
  hub: Broadcaster
  waiting: LongPolls
  route: RouteSettings
  /** The schemas of the fields that tracks have beside their own. */
  trackFields: Readonly<Record<string, object>>
}

/** s after which one who would have to be held, but can't, may ask again. */
const RETRY_AFTER = 5

/** Of Fastify's `handlerTimeout`: the rest is for the app's hooks. */
const HANDLER_SHARE = 0.9

/** `GET url` and `GET url/:station`: as JSON, as plain text, as server-sent events and as a WebSocket. And the history. */
export function nowPlayingRoutes (app: FastifyInstance, context: RouteContext): void {
  const { state, waiting, route: { url, cacheControl, options }, trackFields } = context
  const schemas = routeSchemas(trackFields)
  const bodies = new BodyCache()
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
    // Ours alone from here on: others broadcast to this set, and at shutdown it is closed without a word.
    app.websocketServer.clients?.delete(webSocket)
    if (closeOverLimit(request, webSocket, context)) return
    const response = responses.get(request.raw)
    const socket = response?.socket
    if (response !== undefined && socket) {
      // A tick later: one more @fastify/websocket, in a scope beside, would think that nobody has taken the upgrade.
      process.nextTick(() => response.detachSocket(socket))
      subscribe(webSocket, socket, request, wants, context)
    }
  }

  /** Until the tag is another one, `ms` have passed, or nobody waits any more. */
  const hold = async (request: FastifyRequest<ListRequest>, reply: FastifyReply, station: string | null, ms: number, tag: () => string): Promise<void> => {
    const seen = tag()
    await waiting.until(station, Math.min(ms, timeLeft(request, reply)), () => tag() === seen, (end) => reply.raw.on('close', end))
    // The server is closing, and would stay open for as long as the connection does, when the app's hooks take their time.
    if (waiting.isClosed && request.raw.httpVersionMajor === 1) reply.header('connection', 'close')
  }

  /**
   * `station`: the only one that is asked for; `write` makes the body from the state as it is by then. No promise unless
   * it waits: Fastify's way with one costs as much as all the rest here.
   */
  const answer = (request: FastifyRequest<ListRequest>, reply: FastifyReply, station: string | null, write: (writing: BodyFormat) => Buffer): Promise<FastifyReply> | void => {
    const { wait = 0, history } = request.query
    const writing = preferred(request.headers.accept) === 'text' ? 'text' : history === 0 ? 'brief' : 'json'
    // Its version; of plain text the text's own, which says nothing of listeners. Caches tell the two apart.
    const tag = (): string => writing === 'text'
      ? `"${hashOf(write(writing))}.txt"`
      : `"${(station === null ? undefined : state.versionOf(station)) ?? state.version}"`
    const end = (): FastifyReply => sendTagged(reply, tag(), cacheControl, CONTENT_TYPES[writing], () => write(writing))
    if (wait > 0 && matches(request.headers['if-none-match'], tag())) {
      if (waiting.hasRoom && !isClientGone(request, reply)) {
        // One that was answered meanwhile, by a hook of the app's, has its answer.
        return hold(request, reply, station, wait * 1000, tag).then(() => reply.sent ? reply : end())
      }
      reply.header('retry-after', RETRY_AFTER)
    }
    end()
  }

  const wantsEvents = (request: FastifyRequest): boolean => request.method === 'GET' && preferred(request.headers.accept) === 'events'
  const startStream = (request: FastifyRequest, reply: FastifyReply, wants: ReadonlySet<string> | null): void => {
    if (!rejectOverLimit(request, reply, context)) stream(request, reply, wants, context)
  }

  app.route<ListRequest>({
    ...subscribable,
    method: 'GET',
    url: url || '/',
    schema: schemas.list,
    handler: (request, reply) => {
      const wants = readSelection(request)
      if (wantsEvents(request)) return startStream(request, reply, wants)
      const write = (writing: BodyFormat): Buffer => bodies.list(writing, state.version, wants === null ? state.list : [...wants].map((id) => getStationOrThrow(state, id)))
      for (const id of wants ?? []) getStationOrThrow(state, id)
      return answer(request, reply, null, write)
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
      return answer(request, reply, id, (writing) => bodies.one(writing, getStationOrThrow(state, id)))
    },
    wsHandler: (socket, request) => accept(socket, request, new Set([request.params.station]))
  })

  historyRoute(app, context, bodies, schemas.history)
}

/** ms that a request may be held before Fastify's own `handlerTimeout` would answer it. */
function timeLeft ({ routeOptions: { handlerTimeout } }: FastifyRequest, { elapsedTime }: FastifyReply): number {
  return handlerTimeout > 0 ? handlerTimeout * HANDLER_SHARE - elapsedTime : Infinity
}

function readSelection ({ query }: FastifyRequest<ListRequest>): ReadonlySet<string> | null {
  return query.station === undefined ? null : new Set([query.station].flat())
}
