import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { responseOnSocket, serverWithoutUpgrades } from '../push/internals.ts'

/** Bytes: other routes may need more than subscribers, who have nothing to say. */
const MAX_PAYLOAD = 1024 * 1024
const CLOSING = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** Those whose upgrades are taken: an app may have the plugin in several scopes, side by side. */
const servers = new WeakSet<Server>()

/** Makes WebSockets of upgrades in the app's own scope, unless it does so already. */
export async function ensureWebSocketServer (app: FastifyInstance): Promise<void> {
  const { server } = app
  const areTaken = servers.has(server)
  if (!areTaken) {
    servers.add(server)
    endLost(server)
  }
  if (app.hasDecorator('websocketServer')) return
  // Two that hear of an upgrade would both answer it. One hands it to the routes of all, so another hears of none.
  await app.register(websocket, { options: { maxPayload: MAX_PAYLOAD, ...areTaken && { server: serverWithoutUpgrades() } } })
}

/**
 * Ends connections that ask for an upgrade and that @fastify/websocket 11.3 would leave open: nobody would read them any
 * more, nor see them go, and the server could not end.
 */
function endLost (server: Server): void {
  server.prependListener('upgrade', (request: unknown, socket: Duplex) => {
    // It does not wait for the answer before it.
    if (responseOnSocket(socket) !== null) {
      socket.destroy()
    // While the app closes there comes a time when nobody else listens.
    } else if (server.listenerCount('upgrade') === 1) {
      socket.on('error', socket.destroy).end(CLOSING, () => socket.destroy())
    // And one when Fastify answers before it runs the hooks, of which one would end the connection.
    } else {
      process.nextTick(() => {
        const answer = responseOnSocket(socket)
        if (answer?.writableEnded) answer.on('finish', () => socket.destroy())
      })
    }
  })
}
