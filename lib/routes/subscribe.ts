import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Broadcaster } from '../push/broadcaster.ts'
import type { ConnectionLimits } from '../push/connection-limits.ts'
import { EventStreamSubscriber } from '../push/event-stream-subscriber.ts'
import type { Selection } from '../push/selection.ts'
import { sendTogether } from '../push/send-together.ts'
import { WebSocketSubscriber } from '../push/websocket-subscriber.ts'
import type { PublishedState } from '../state/published-state.ts'
import { unknownStation } from '../state/unknown-station.ts'
import { isClientGone } from './is-client-gone.ts'

export interface SubscribeContext {
  state: PublishedState
  broadcaster: Broadcaster
  limits: ConnectionLimits
}

/** An idle connection is checked by TCP after this time. */
const TCP_KEEP_ALIVE_MS = 60_000

/** Subscribes a WebSocket. If it requests an unknown station, it receives an `error` message and is closed. */
export function subscribe (webSocket: WebSocket, socket: Socket, request: FastifyRequest, selection: Selection, { state, broadcaster, limits }: SubscribeContext): void {
  const { subscribers } = broadcaster
  const subscriber = new WebSocketSubscriber(webSocket, socket, broadcaster.group(selection), limits.enter(request), subscribers)
  const unknown = findUnknown(state, selection)
  if (unknown === undefined) return broadcaster.add(subscriber)
  const { code, message } = unknownStation(state, unknown)
  subscriber.reject(code, message)
  subscribers.evict(subscriber)
}

/**
 * Answers with server-sent events until the connection ends.
 * @throws FST_ICECAST_UNKNOWN_STATION
 */
export function stream (request: FastifyRequest, reply: FastifyReply, selection: Selection, { state, broadcaster, limits }: SubscribeContext): void {
  const unknown = findUnknown(state, selection)
  if (unknown !== undefined) throw unknownStation(state, unknown)
  reply.hijack()
  const { raw: response } = reply
  const isHttp1 = request.raw.httpVersionMajor === 1
  if (isClientGone(request, reply)) {
    // Not `destroy()`, after which Node 24 would leave the connection of a pipelined response open.
    if (isHttp1) response.setHeader('connection', 'close')
    response.writeHead(503).end()
    return
  }
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) response.setHeader(name, value)
  response.setHeader('content-type', 'text/event-stream; charset=utf-8')
  response.setHeader('cache-control', 'no-store, no-transform')
  response.setHeader('x-accel-buffering', 'no')
  if (isHttp1) {
    response.setHeader('connection', 'close')
    // Not chunked: the body ends with the connection, so that all subscribers are sent the same bytes.
    response.removeHeader('transfer-encoding')
    // A request of `inject()` has no real socket.
    if (request.raw.socket instanceof Socket) {
      request.raw.socket.setTimeout(0).setNoDelay(true).setKeepAlive(true, TCP_KEEP_ALIVE_MS)
      // The head and the snapshot.
      sendTogether(request.raw.socket)
    }
  }
  response.writeHead(200)
  response.flushHeaders()

  const subscriber = new EventStreamSubscriber(response, broadcaster.group(selection), limits.enter(request), broadcaster.subscribers)
  const lastEventId = request.headers['last-event-id']
  broadcaster.add(subscriber, typeof lastEventId === 'string' ? lastEventId : undefined)
}

/**
 * The first station that does not exist. Before the first successful read any station may still appear: after a restart
 * pages return before Icecast has been read.
 */
function findUnknown (state: PublishedState, { stations }: Selection): string | undefined {
  return state.isComplete ? [...stations ?? []].find((id) => state.get(id) === undefined) : undefined
}
