import type { FastifyInstance, RegisterOptions } from 'fastify'
import type { RouteSettings, Settings } from '../options/options.ts'
import { Broadcaster } from '../push/broadcaster.ts'
import { ConnectionLimits } from '../push/connection-limits.ts'
import { LongPolls } from '../push/long-polls.ts'
import { keepNextTickFast } from '../push/internals.ts'
import { createMetrics, type PushMetrics } from '../push/metrics.ts'
import { clientRoute } from '../routes/client.ts'
import { nowPlayingRoutes } from '../routes/now-playing.ts'
import { closeUnusedConnections } from '../routes/open-connections.ts'
import { ensureWebSocketServer } from '../routes/websocket-server.ts'
import type { PublishedState } from '../state/published-state.ts'

/** The serving half: delivers the published state to clients. */
export interface Serving {
  metrics: PushMetrics
  /** Asks this many subscribers to reconnect soon. */
  moveSubscribers (count: number): void
  /** Declares the routes, in a scope with these options: Fastify ignores them for a plugin that shares its parent's scope. */
  registerRoutes (app: FastifyInstance, route: RouteSettings, scope: RegisterOptions): Promise<void>
  /** Ends all subscriptions and requests that wait. */
  close (): Promise<void>
}

export function createServing (settings: Settings, state: PublishedState): Serving {
  keepNextTickFast()
  const { limits: { waiting, slowAfter }, heartbeat, history, origins, enrich } = settings
  const metrics = createMetrics()
  const limits = new ConnectionLimits(settings.limits)
  const broadcaster = new Broadcaster({ state, limits, metrics, heartbeat, slowAfter })
  const longPolls = new LongPolls({ max: waiting, limits, metrics })
  state.subscribe((change) => broadcaster.publish(change))
  state.subscribe((change) => longPolls.publish(change))
  const trackFields = enrich?.schema.properties ?? {}
  return {
    metrics,
    moveSubscribers: (count) => broadcaster.subscribers.move(count),
    registerRoutes: async (app, route, options) => {
      closeUnusedConnections(app, metrics)
      await app.register(async (scope) => {
        await ensureWebSocketServer(scope, route.url)
        if (route.client) await scope.register(async (scope) => clientRoute(scope, route))
        // The hooks of these routes must not run for the browser module.
        await scope.register(async (scope) => nowPlayingRoutes(scope, { state, broadcaster, longPolls, route, history, origins, metrics, limits, trackFields }))
      }, options)
    },
    close: async () => {
      longPolls.close()
      await broadcaster.close()
    }
  }
}
