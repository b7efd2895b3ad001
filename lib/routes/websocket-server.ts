import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { secondaryServers, serverWithoutUpgrades } from '../push/internals.ts'
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
  scope.addHook('onListen', (done) => {
    for (const server of secondaryServers(scope)) router.ignoreOffers(server)
    done()
  })
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

/** Whether a URL is that of `base`, or of one of the stations or the documents below it. */
function pathMatcher (base: string): (url: string) => boolean {
  const isAnywhere = base.split('/').every((segment) => segment === '' || segment.startsWith(':'))
  return (url) => {
    // Fastify may ignore several slashes in a row, and end the path at a semicolon.
    const below = segmentsBelow(base, url.replace(/[?#;].*/s, '').replace(/\/{2,}/g, '/'))
    // Below `/` are all paths of the app.
    return below !== null && (!isAnywhere || below.length <= 1 || (below.length === 2 && below[1] === 'history'))
  }
}
