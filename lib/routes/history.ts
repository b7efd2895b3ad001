import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { RouteOptions } from '../options.ts'
import type { History, Station } from '../schemas.ts'
import type { Board } from '../stations/board.ts'
import { TYPES } from './body.ts'
import { matches } from './etag.ts'
import type { routeSchemas } from './schemas.ts'
import { NOT_FOUND } from './subscribe.ts'
import { find } from './unknown-station.ts'

interface Place {
  board: Board
  route: Required<RouteOptions>
}

/** `GET url/:station/history`: the earlier tracks alone. */
export function historyRoute (app: FastifyInstance, { board, route }: Place, schema: ReturnType<typeof routeSchemas>['history']): void {
  const answers = new WeakMap<Station, { body: string, tag: string }>()

  const answerOf = (station: Station): { body: string, tag: string } => {
    const known = answers.get(station)
    if (known !== undefined) return known
    const content: History = { station: station.id, history: station.history }
    const body = JSON.stringify(content)
    // By what is in it: a station changes more often than its history, for one with the number of its listeners.
    const answer = { body, tag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
    answers.set(station, answer)
    return answer
  }

  app.route<{ Params: { station: string } }>({
    ...route.options,
    method: 'GET',
    url: `${route.url}/:station/history`,
    schema,
    handler: async (request, reply) => {
      const { body, tag } = answerOf(find(board, request.params.station))
      reply.header('etag', tag).header('cache-control', route.cacheControl)
      return matches(request.headers['if-none-match'], tag) ? reply.code(304).send() : reply.type(TYPES.json).send(body)
    },
    wsHandler: (socket) => socket.close(NOT_FOUND, 'Subscribe to the station: it brings its history')
  })
}
