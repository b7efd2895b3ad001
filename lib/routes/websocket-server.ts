import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { serverWithoutUpgrades } from '../push/internals.ts'
import { joinPath, segmentsBelow } from './route-path.ts'
import { UpgradeRouter } from './upgrade-router.ts'

/** Bytes: the largest message that `ws` accepts. Subscribers have nothing to send, and are closed long before it. */
const MAX_PAYLOAD = 1024 * 1024

/**
 * Makes WebSockets of upgrades for `url` and the paths below it. The app may register @fastify/websocket for routes of its
 * own: in an outer scope before this plugin (then it serves these paths, too), after it, or in a scope beside it.
 */
export async function ensureWebSocketServer (scope: FastifyInstance, url: string): Promise<void> {
  const router = UpgradeRouter.for(scope.server)
  const includes = pathMatcher(joinPath(scope.prefix, url))
  if (scope.hasDecorator('websocketServer')) {
    const listeners = new Set(router.listeners)
    router.add({ includes, listeners: () => router.listeners.filter((listener) => listeners.has(listener)) })
    return
  }
  // @fastify/websocket listens to this one in the place of the app's server, which tells every listener of every upgrade.
  const server = serverWithoutUpgrades()
  await scope.register(websocket, { options: { maxPayload: MAX_PAYLOAD, server } })
  router.add({ includes, listeners: () => server.listeners('upgrade') })
}

/** Whether a path is `base`, or one of the stations or the documents below it. */
function pathMatcher (base: string): (path: string) => boolean {
  return (path) => {
    const below = segmentsBelow(base, path)
    // Below `/` are all paths of the app.
    return below !== null && (base !== '' || below.length === 1 || (below.length === 2 && below[1] === 'history'))
  }
}
