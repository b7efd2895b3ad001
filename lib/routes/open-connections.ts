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

/** Connections that have been used are forgotten each time that the list has grown by this many. */
const SWEEP_AFTER = 256

/** The time after which a close is logged as slow. */
const SLOW_CLOSE_MS = 3000

/**
 * Keeps a close from waiting for connections on which nothing is under way, and logs a close that is slow all the same.
 * Register it when an earlier `preClose` hook closes the subscribers: pages return on these connections otherwise.
 */
export function closeUnusedConnections (app: FastifyInstance, metrics: PushMetrics): void {
  const server: NetServer = app.server
  const closeUnused = server instanceof HttpServer || server instanceof HttpsServer ? trackUnused(server) : trackSessions(server)
  let sweeper: NodeJS.Timeout | undefined
  let slowTimer: NodeJS.Timeout | undefined

  function logOpenConnections (): void {
    server.getConnections((err, count) => {
      const { webSockets, eventStreams, waiting } = metrics
      app.log.warn({ err, connections: { total: count, webSockets, eventStreams, waiting } },
        'The app is still closing, since connections are open. `forceCloseConnections: true` makes Fastify destroy them')
    })
  }

  app.addHook('preClose', (done) => {
    slowTimer = setTimeout(logOpenConnections, SLOW_CLOSE_MS).unref()
    closeUnused()
    // The server accepts connections until all `preClose` hooks have run.
    sweeper = setInterval(closeUnused, SWEEP_INTERVAL_MS).unref()
    done()
  })
  app.addHook('onClose', (instance, done) => {
    clearInterval(sweeper)
    clearTimeout(slowTimer)
    done()
  })
}

/**
 * Returns a function that closes the connections on which nothing was sent. Chromium opens spare connections, which Node does
 * not treat as idle, so that a close waits until the browser gives them up.
 */
function trackUnused (server: HttpServer | HttpsServer): () => void {
  const isTls = server instanceof HttpsServer
  /** When each was accepted. */
  const sockets = new Map<Socket, number>()
  let sweepAt = SWEEP_AFTER
  // Over TLS the bytes may be those of the handshake. Streams that an app passes to the server itself have no `bytesRead`.
  const isUsed = (socket: Socket): boolean => !isTls && socket.bytesRead !== 0
  function forget (this: Socket): void { sockets.delete(this) }
  function use (socket: Socket): void { if (sockets.delete(socket)) socket.removeListener('close', forget) }
  function sweep (): void {
    for (const socket of sockets.keys()) if (isUsed(socket)) use(socket)
    sweepAt = sockets.size + SWEEP_AFTER
  }
  // A request over TLS has the decrypted socket, which `connection` does not announce.
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (sockets.size >= sweepAt) sweep()
    sockets.set(socket.on('close', forget), performance.now())
  })
  // Without TLS `bytesRead` is enough, and a second listener would make each request slower.
  if (isTls) server.on('request', ({ socket }: IncomingMessage) => use(socket))
  UpgradeRouter.for(server).observe(({ socket }) => use(socket))
  return () => {
    const limit = performance.now() - MIN_UNUSED_MS
    for (const [socket, acceptedAt] of sockets) if (acceptedAt < limit && !isUsed(socket)) socket.destroy()
  }
}

/** Fastify 5.12 means to close the sessions of HTTP/2, but waits for an event that has been emitted before it listens. A close would take until `http2SessionTimeout`, 72 s. */
function trackSessions (server: NetServer): () => void {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => { sessions.add(session.once('close', () => sessions.delete(session))) })
  // A session ends when the answers that are under way have been sent.
  return () => { for (const session of sessions) if (!session.closed) session.close() }
}
