import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { WebSocket } from 'ws'
import type { Hub } from '../push/hub.ts'
import { ErrorSchema, NowPlayingSchema, StationSchema, type Station } from '../schemas.ts'
import type { Board } from '../stations/board.ts'
import { matches } from './etag.ts'
import { subscribe } from './subscribe.ts'
import { unknownStation } from './unknown-station.ts'

interface RouteContext {
  board: Board
  hub: Hub
  cacheControl: string
}

const NotModified = Type.Null({ description: 'Nothing has changed since the `ETag` in `If-None-Match`.' })
const common = {
  description: 'As a WebSocket: a `snapshot` message, then an `update` for each change.',
  tags: ['now playing']
}

const listSchema = {
  ...common,
  summary: 'What every station is playing',
  querystring: Type.Object({
    station: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 1000 })], {
      description: 'Only these stations; may be repeated.'
    }))
  }),
  response: { 200: NowPlayingSchema, 304: NotModified, 404: ErrorSchema }
}

const stationSchema = {
  ...common,
  summary: 'What one station is playing',
  params: Type.Object({ station: Type.String({ description: 'The station\'s id.' }) }),
  response: { 200: StationSchema, 304: NotModified, 404: ErrorSchema }
}

interface ListRequest { Querystring: { station?: string | string[] } }
interface StationRequest { Params: { station: string } }

/** `GET url` and `GET url/:station`, both as JSON and as a WebSocket. */
export function nowPlayingRoutes (app: FastifyInstance, url: string, context: RouteContext): void {
  const { board } = context
  // A body is made once for each state, however many ask for it: states are frozen, and new ones are new objects.
  const bodies = new WeakMap<object, Buffer>()
  const accept = (socket: WebSocket, wants: ReadonlySet<string> | null): void => {
    // Ours alone from here on: others broadcast to this set, and at shutdown it is closed without a word.
    app.websocketServer.clients.delete(socket)
    subscribe(socket, wants, context.hub, board)
  }

  app.route<ListRequest>({
    method: 'GET',
    url: url || '/',
    schema: listSchema,
    handler: async (request, reply) => {
      const ids = readSelection(request)
      const stations = ids === null ? board.list : [...ids].map((id) => find(board, id))
      if (isFresh(request, reply, board.version, context)) return reply
      if (ids !== null) return { version: board.version, stations }
      return reply.type(JSON_TYPE).send(bodyOf(bodies, board.list, { version: board.version, stations }))
    },
    wsHandler: (socket, request) => accept(socket, readSelection(request))
  })

  app.route<StationRequest>({
    method: 'GET',
    url: `${url}/:station`,
    schema: stationSchema,
    handler: async (request, reply) => {
      const id = request.params.station
      const station = find(board, id)
      if (isFresh(request, reply, board.versionOf(id) ?? board.version, context)) return reply
      return reply.type(JSON_TYPE).send(bodyOf(bodies, station, station))
    },
    wsHandler: (socket, request) => accept(socket, new Set([request.params.station]))
  })
}

const JSON_TYPE = 'application/json; charset=utf-8'

function readSelection ({ query }: FastifyRequest<ListRequest>): ReadonlySet<string> | null {
  return query.station === undefined ? null : new Set([query.station].flat())
}

/** Sets the headers of every answer; true when the client has this version already: then a 304 is on its way. */
function isFresh (request: FastifyRequest, reply: FastifyReply, version: string, { cacheControl }: RouteContext): boolean {
  reply.header('etag', `"${version}"`).header('cache-control', cacheControl)
  if (!matches(request.headers['if-none-match'], version)) return false
  reply.code(304).send()
  return true
}

function bodyOf (bodies: WeakMap<object, Buffer>, state: object, value: unknown): Buffer {
  let body = bodies.get(state)
  if (body === undefined) bodies.set(state, body = Buffer.from(JSON.stringify(value)))
  return body
}

function find (board: Board, id: string): Station {
  const station = board.get(id)
  if (station === undefined) throw unknownStation(board, id)
  return station
}
