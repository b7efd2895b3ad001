import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Ends connections that ask for an upgrade while an earlier answer is under way: nobody would read them any more, nor see
 * them go, and the server could not end (@fastify/websocket 11.3).
 */
export function endPipelinedUpgrades (server: Server): void {
  server.prependListener('upgrade', (request: unknown, socket: Duplex) => {
    if ('_httpMessage' in socket && socket._httpMessage !== null) socket.destroy()
  })
}
