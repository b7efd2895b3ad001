import type { FastifyInstance } from 'fastify'
import type { RouteOptions } from '../options/options.ts'
import type { PublishedState } from '../state/published-state.ts'
import { CONTENT_TYPES, type BodyCache } from './body-cache.ts'
import { compilers } from './compilers.ts'
import { hashOf, sendTagged } from './etag.ts'
import type { routeSchemas } from './schemas.ts'
import { closeWithCode } from './close-websocket.ts'
import { getStationOrThrow } from './unknown-station.ts'

interface Place {
  state: PublishedState
  route: Required<RouteOptions>
}

/** `GET url/:station/history`: the earlier tracks alone. */
export function historyRoute (app: FastifyInstance, { state, route }: Place, bodies: BodyCache, schema: ReturnType<typeof routeSchemas>['history']): void {
  app.route<{ Params: { station: string } }>({
    ...route.options,
    ...compilers,
    method: 'GET',
    url: `${route.url}/:station/history`,
    schema,
    handler: async (request, reply) => {
      const body = bodies.history(getStationOrThrow(state, request.params.station))
      // By what is in it: a station changes more often than its history, for one with the number of its listeners.
      return sendTagged(reply, `"${hashOf(body)}"`, route.cacheControl, CONTENT_TYPES.json, () => body)
    },
    wsHandler: (socket) => closeWithCode(socket, 'Subscribe to the station: it brings its history')
  })
}
