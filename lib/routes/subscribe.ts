import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { EventStreamSubscriber } from '../push/event-stream-subscriber.ts'
import type { ConnectionLimits } from '../push/connection-limits.ts'
import type { Broadcaster } from '../push/broadcaster.ts'
import { EncodedMessage } from '../push/encoded-message.ts'
import { WebSocketSubscriber } from '../push/websocket-subscriber.ts'
import type { PublishedState } from '../state/published-state.ts'
import { isClientGone } from './is-client-gone.ts'
import { unknownStation } from './unknown-station.ts'

interface Place {
  state: PublishedState
  hub: Broadcaster
  door: ConnectionLimits
}

/** HTTP's 404, in the range that RFC 6455 leaves to applications. */
export const NOT_FOUND = 4404
/** ms, at the least and in all, after which the page of a stream that was cut comes back. */
const RETRY_LEAST = 1000
const RETRY_SPREAD = 4000
/** ms after which a line without traffic is asked whether it is still there. */
const KEEP_ALIVE = 60_000

/** Makes a WebSocket a subscriber. One that asks for a station that isn't there is told so. */
export function subscribe (webSocket: WebSocket, socket: Socket, request: FastifyRequest, wants: ReadonlySet<string> | null, { state, hub, door }: Place): void {
  // Its listener holds the request and the reply, which would stay in memory for as long as the connection does.
  webSocket.removeAllListeners('error')

  const subscriber = new WebSocketSubscriber(webSocket, socket, hub.group(wants), door.enter(request), hub)
  const missing = missingOf(state, wants)
  if (missing === undefined) return hub.add(subscriber)
  const { code, message } = unknownStation(state, missing)
  subscriber.write(new EncodedMessage({ type: 'error', code, message }).for('webSocket'))
  webSocket.close(NOT_FOUND, code)
  hub.leave(subscriber)
}

/**
 * Answers with server-sent events, until someone goes.
 * @throws FST_ICECAST_UNKNOWN_STATION
 */
export function stream (request: FastifyRequest, reply: FastifyReply, wants: ReadonlySet<string> | null, { state, hub, door }: Place): void {
  const missing = missingOf(state, wants)
  if (missing !== undefined) throw unknownStation(state, missing)
  reply.hijack()
  const { raw: response } = reply
  if (isClientGone(request, reply)) {
    response.destroy()
    return
  }
  const isHttp1 = request.raw.httpVersionMajor === 1
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) response.setHeader(name, value)
  response.setHeader('content-type', 'text/event-stream; charset=utf-8')
  response.setHeader('cache-control', 'no-store, no-transform')
  response.setHeader('x-accel-buffering', 'no')
  if (isHttp1) {
    response.setHeader('connection', 'close')
    // The body ends with the connection, and so is the same bytes for everyone.
    response.removeHeader('transfer-encoding')
    // `inject()` has none.
    if (request.raw.socket instanceof Socket) request.raw.socket.setTimeout(0).setNoDelay(true).setKeepAlive(true, KEEP_ALIVE)
  }
  response.writeHead(200)
  response.flushHeaders()

  const subscriber = new EventStreamSubscriber(response, hub.group(wants), door.enter(request), hub)
  subscriber.write(Buffer.from(`retry: ${RETRY_LEAST + Math.round(Math.random() * RETRY_SPREAD)}\n\n`))
  const seen = request.headers['last-event-id']
  hub.add(subscriber, typeof seen === 'string' ? seen : undefined)
}

/** The first that isn't there. Before the first read any name may be right: pages that come back first after a restart wait for it. */
function missingOf (state: PublishedState, wants: ReadonlySet<string> | null): string | undefined {
  return state.isComplete ? [...wants ?? []].find((id) => state.get(id) === undefined) : undefined
}
