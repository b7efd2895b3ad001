import { Server as HttpServer, type IncomingMessage } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { Server as HttpsServer } from 'node:https'
import type { Server as NetServer, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { PushMetrics } from '../push/metrics.ts'
import { UpgradeRouter } from './upgrade-router.ts'

/** How often connections without a request are destroyed while the server closes. */
const SWEEP_INTERVAL_MS = 100

/** The first request of a younger connection may be on its way. */
const MIN_UNUSED_MS = 100

/** The time after which a close is logged as slow. */
const SLOW_CLOSE_MS = 3000

/**
 * Keeps a close from waiting for connections on which nothing is under way, and logs a close that is slow all the same.
 * Register it when an earlier `preClose` hook closes the subscribers: pages return on these connections otherwise.
 */
export function closeUnusedConnections (app: FastifyInstance, metrics: PushMetrics): void {
  const server: NetServer = app.server
  const unused = server instanceof HttpServer || server instanceof HttpsServer ? trackUnused(server) : trackSessions(server)
  let sweeper: NodeJS.Timeout | undefined
  let slowTimer: NodeJS.Timeout | undefined

  function logOpenConnections (): void {
    server.getConnections((err, count) => {
      const { webSockets, eventStreams, waiting } = metrics
      app.log.warn({ err, connections: { total: count, webSockets, eventStreams, waiting, unused: unused.connections.size } },
        'The app is still closing, since connections are open. `forceCloseConnections: true` makes Fastify destroy them')
    })
  }

  app.addHook('preClose', (done) => {
    slowTimer = setTimeout(logOpenConnections, SLOW_CLOSE_MS).unref()
    unused.close()
    // The server accepts connections until all `preClose` hooks have run.
    sweeper = setInterval(() => unused.close(), SWEEP_INTERVAL_MS).unref()
    done()
  })
  app.addHook('onClose', (instance, done) => {
    clearInterval(sweeper)
    clearTimeout(slowTimer)
    done()
  })
}

interface UnusedConnections {
  readonly connections: { readonly size: number }
  close: () => void
}

/** Chromium opens spare connections, on which it sends nothing. Node does not treat them as idle, so that a close waits until the browser gives them up. */
function trackUnused (server: HttpServer | HttpsServer): UnusedConnections {
  const isTls = server instanceof HttpsServer
  /** When each was accepted. */
  const sockets = new Map<Socket, number>()
  function forget (this: Socket): void { sockets.delete(this) }
  function use ({ socket }: IncomingMessage): void { if (sockets.delete(socket)) socket.removeListener('close', forget) }
  // A request over TLS has the decrypted socket, which `connection` does not announce.
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => { sockets.set(socket.once('close', forget), performance.now()) })
  server.on('request', use)
  UpgradeRouter.for(server).observe(use)
  return {
    connections: sockets,
    // Bytes that have arrived are the beginning of a request. Over TLS they may be those of the handshake.
    close () {
      const limit = performance.now() - MIN_UNUSED_MS
      for (const [socket, acceptedAt] of sockets) if (acceptedAt < limit && (isTls || socket.bytesRead === 0)) socket.destroy()
    }
  }
}

/** Fastify 5.12 means to close the sessions of HTTP/2, but waits for an event that has been emitted before it listens. A close would take until `http2SessionTimeout`, 72 s. */
function trackSessions (server: NetServer): UnusedConnections {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => { sessions.add(session.once('close', () => sessions.delete(session))) })
  return {
    connections: sessions,
    // A session ends when the answers that are under way have been sent.
    close () { for (const session of sessions) if (!session.closed) session.close() }
  }
}
