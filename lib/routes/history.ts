import type { FastifyInstance } from 'fastify'
import type { RouteOptions } from '../options.ts'
import type { Board } from '../stations/board.ts'
import { TYPES, type Bodies } from './body.ts'
import { compilers } from './compilers.ts'
import { hashOf, sendTagged } from './etag.ts'
import type { routeSchemas } from './schemas.ts'
import { turnAway } from './turn-away.ts'
import { find } from './unknown-station.ts'

interface Place {
  board: Board
  route: Required<RouteOptions>
}

/** `GET url/:station/history`: the earlier tracks alone. */
export function historyRoute (app: FastifyInstance, { board, route }: Place, bodies: Bodies, schema: ReturnType<typeof routeSchemas>['history']): void {
  app.route<{ Params: { station: string } }>({
    ...route.options,
    ...compilers,
    method: 'GET',
    url: `${route.url}/:station/history`,
    schema,
    handler: async (request, reply) => {
      const body = bodies.history(find(board, request.params.station))
      // By what is in it: a station changes more often than its history, for one with the number of its listeners.
      return sendTagged(reply, `"${hashOf(body)}"`, route.cacheControl, TYPES.json, () => body)
    },
    wsHandler: (socket) => turnAway(socket, 'Subscribe to the station: it brings its history')
  })
}
