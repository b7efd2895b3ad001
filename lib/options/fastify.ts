import type { RouteShorthandOptions } from 'fastify'

/** What there is of Fastify's for a route, but for what makes it one of these routes. */
export const ROUTE_OPTIONS = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend', 'onResponse', 'onTimeout', 'onError',
  'onRequestAbort', 'errorHandler', 'childLoggerFactory', 'config', 'constraints', 'logLevel', 'logSerializers', 'exposeHeadRoute', 'handlerTimeout'] as const

/** What Fastify offers for a route, but for what makes it one of these routes. */
export type FastifyRouteOptions = Pick<RouteShorthandOptions, typeof ROUTE_OPTIONS[number]>
