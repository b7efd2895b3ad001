import { ServerResponse, type Server } from 'node:http'
import type { Duplex } from 'node:stream'

const CLOSING = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** Those that are looked after: an app may have the plugin in several scopes. */
const servers = new WeakSet<Server>()

/**
 * Ends connections that ask for an upgrade and that @fastify/websocket 11.3 would leave open: nobody would read them any
 * more, nor see them go, and the server could not end.
 */
export function endLostUpgrades (server: Server): void {
  if (servers.has(server)) return
  servers.add(server)
  server.prependListener('upgrade', (request: unknown, socket: Duplex) => {
    // It does not wait for the answer before it.
    if (answerOn(socket) !== null) {
      socket.destroy()
    // While the app closes there comes a time when nobody else listens.
    } else if (server.listenerCount('upgrade') === 1) {
      socket.on('error', socket.destroy).end(CLOSING, () => socket.destroy())
    // And one when Fastify answers before it runs the hooks, of which one would end the connection.
    } else {
      process.nextTick(() => {
        const answer = answerOn(socket)
        if (answer?.writableEnded) answer.on('finish', () => socket.destroy())
      })
    }
  })
}

function answerOn (socket: Duplex): ServerResponse | null {
  return '_httpMessage' in socket && socket._httpMessage instanceof ServerResponse ? socket._httpMessage : null
}
