import type { IncomingMessage } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { Server as TlsServer, TLSSocket } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { secondaryServers } from '../push/internals.ts'
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
  const unused = new UnusedConnections()
  let sweeper: NodeJS.Timeout | undefined
  let slowTimer: NodeJS.Timeout | undefined

  function logOpenConnections (): void {
    app.server.getConnections((err, count) => {
      const { webSockets, eventStreams, waiting } = metrics
      app.log.warn({ err, connections: { total: count, webSockets, eventStreams, waiting } },
        'The app is still closing, since connections are open. `forceCloseConnections: true` makes Fastify destroy them')
    })
  }

  unused.track(app.server)
  UpgradeRouter.for(app.server).observe(({ socket }) => unused.use(socket))
  app.addHook('onListen', (done) => {
    // For the other addresses of `localhost`, the default.
    for (const server of secondaryServers(app)) unused.track(server)
    done()
  })
  app.addHook('preClose', (done) => {
    slowTimer = setTimeout(logOpenConnections, SLOW_CLOSE_MS).unref()
    unused.close(MIN_UNUSED_MS)
    // The server accepts connections until all `preClose` hooks have run.
    sweeper = setInterval(() => unused.close(MIN_UNUSED_MS), SWEEP_INTERVAL_MS).unref()
    done()
  })
  app.addHook('onClose', (instance, done) => {
    clearInterval(sweeper)
    clearTimeout(slowTimer)
    // Fastify does not wait for its further servers, and the process would.
    unused.close(0)
    done()
  })
}

/**
 * The connections on which nothing was sent. Chromium opens spare connections, and balancers check a port in this way. Node does
 * not treat them as idle, so that a close waits until the client gives them up.
 */
class UnusedConnections {
  /** When each was accepted. Some of them have been used since. */
  readonly #sockets = new Map<Socket, number>()
  #sweepAt = SWEEP_AFTER
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #forget: (this: Socket) => void

  constructor () {
    const sockets = this.#sockets
    this.#forget = function () { sockets.delete(this) }
  }

  track (server: Server): void {
    server.on('connection', (socket: Socket) => this.#add(socket))
    server.on('session', (session: ServerHttp2Session) => { this.#sessions.add(session.once('close', () => this.#sessions.delete(session))) })
    if (!(server instanceof TlsServer)) return
    // A request over TLS has the decrypted socket, which `connection` does not announce.
    server.on('secureConnection', (socket: TLSSocket) => { if (socket.alpnProtocol !== 'h2') this.#add(socket) })
    // Without TLS `bytesRead` is enough, and a second listener would make each request slower.
    server.on('request', ({ socket }: IncomingMessage) => this.use(socket))
  }

  /** A connection is used by now. */
  use (socket: Socket): void {
    if (this.#sockets.delete(socket)) socket.removeListener('close', this.#forget)
  }

  /** `minAge`: the ms for which a connection must have been unused. */
  close (minAge: number): void {
    const limit = performance.now() - minAge
    for (const [socket, acceptedAt] of this.#sockets) if (acceptedAt < limit && !isUsed(socket)) socket.destroy()
    // Fastify 5.12 means to close the sessions of HTTP/2, but waits for an event that has been emitted before it listens: a
    // close would take until `http2SessionTimeout`, 72 s. A session ends when the answers that are under way have been sent.
    for (const session of this.#sessions) if (!session.closed) session.close()
  }

  #add (socket: Socket): void {
    if (this.#sockets.size >= this.#sweepAt) {
      for (const known of this.#sockets.keys()) if (isUsed(known)) this.use(known)
      this.#sweepAt = this.#sockets.size + SWEEP_AFTER
    }
    this.#sockets.set(socket.on('close', this.#forget), performance.now())
  }
}

/** Over TLS the bytes may be those of the handshake. Streams that an app passes to the server itself have no `bytesRead`. */
function isUsed (socket: Socket): boolean {
  return !(socket instanceof TLSSocket) && socket.bytesRead !== 0
}
