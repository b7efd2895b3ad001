import type { RouteShorthandOptions } from 'fastify'

/** Fastify's route options, without those that define these routes (`url`, `method`, `handler`, `schema`…). */
export const ROUTE_OPTIONS = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend', 'onResponse', 'onTimeout', 'onError',
  'onRequestAbort', 'errorHandler', 'childLoggerFactory', 'config', 'constraints', 'logLevel', 'logSerializers', 'exposeHeadRoute', 'handlerTimeout'] as const

/** Fastify's route options, without those that define these routes. */
export type FastifyRouteOptions = Pick<RouteShorthandOptions, typeof ROUTE_OPTIONS[number]>
