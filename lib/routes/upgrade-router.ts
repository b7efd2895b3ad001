import type { IncomingMessage, Server } from 'node:http'
import type { Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { responseOnSocket } from '../push/internals.ts'
import { sendTogether } from '../push/send-together.ts'
import { answerWithoutUpgrade } from './answer-without-upgrade.ts'

type Upgrade = [request: IncomingMessage, socket: Duplex, head: Buffer]

/** Paths that belong to one registration of the plugin, and who handles their upgrades. */
interface OwnPaths {
  /** `url`: as in the request, with its query. */
  includes: (url: string) => boolean
  /** Listeners for `upgrade` that turn a request for one of these paths into a WebSocket; none while the app closes. */
  listeners: () => readonly Function[]
}

const SERVICE_UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

const routers = new WeakMap<Server, UpgradeRouter>()

/**
 * Decides which listeners of a server hear of an upgrade. Node tells all of them, and two that answer one upgrade end the
 * process (`ERR_HTTP_SOCKET_ASSIGNED`). Upgrades for the plugin's own paths reach its WebSocket server alone; all others
 * reach the listeners of @fastify/http-proxy, socket.io, Vite and so on, whether these were added before or after.
 */
export class UpgradeRouter {
  readonly #server: Server
  readonly #own: OwnPaths[] = []
  readonly #observers: Array<(request: IncomingMessage) => void> = []

  /** An app may register the plugin in several scopes: they share the router of the server. */
  static for (server: Server): UpgradeRouter {
    let router = routers.get(server)
    if (router === undefined) routers.set(server, router = new UpgradeRouter(server))
    return router
  }

  constructor (server: Server) {
    this.#server = server
    const route = (...upgrade: Upgrade): boolean => this.#route(upgrade)
    const { emit } = server
    // An EventEmitter has no way to keep an event from its other listeners, so `emit` itself has to choose.
    Object.defineProperty(server, 'emit', {
      configurable: true,
      writable: true,
      // Called for each connection and each request, so it makes no second array of the arguments.
      value: function (this: Server, ...args: [event: string | symbol, ...upgrade: Upgrade]): boolean {
        return args[0] === 'upgrade' && route(args[1], args[2], args[3]) ? true : Reflect.apply(emit, this, args)
      }
    })
    // Without a listener Node would treat an upgrade as a plain request.
    server.on('upgrade', keepUpgrades)
    this.ignoreOffers(server)
  }

  /**
   * Has Node answer offers of other protocols like plain requests, where it can be told (24.9 and later). `server`: this one, or
   * another one that passes its upgrades on to it.
   */
  ignoreOffers (server: NetServer): void {
    Object.assign(server, { shouldUpgradeCallback: (request: IncomingMessage) => this.#isUpgrade(request) })
  }

  add (own: OwnPaths): void {
    this.#own.push(own)
  }

  /** Calls `observer` for every upgrade, whoever handles it. */
  observe (observer: (request: IncomingMessage) => void): void {
    this.#observers.push(observer)
  }

  /** The listeners that the server has now, without the router's own. */
  get listeners (): readonly Function[] { return this.#server.listeners('upgrade').filter((listener) => listener !== keepUpgrades) }

  /** False: nobody here knows the protocol that is offered. */
  #isUpgrade (request: IncomingMessage): boolean {
    return isWebSocket(request) || (this.listeners.length > 0 && this.#ownOf(request) === undefined)
  }

  #ownOf ({ url = '' }: IncomingMessage): OwnPaths | undefined {
    return this.#own.find(({ includes }) => includes(url))
  }

  /** False: the upgrade is for the server's other listeners. */
  #route (upgrade: Upgrade): boolean {
    const [request] = upgrade
    for (const observer of this.#observers) observer(request)
    const own = this.#ownOf(request)
    if (own === undefined && this.listeners.length > 0) return false
    if (destroyIfPipelined(upgrade)) return true
    if (!isWebSocket(request)) answerWithoutUpgrade(this.#server, ...upgrade)
    else if (own !== undefined) dispatch(upgrade, own.listeners())
    else letFastifyAnswer(upgrade, this.#own.slice(0, 1).flatMap(({ listeners }) => listeners()))
    return true
  }
}

function keepUpgrades (): void {}

function isWebSocket ({ headers: { upgrade } }: IncomingMessage): boolean {
  return upgrade?.toLowerCase() === 'websocket'
}

/** Where nobody else listens, Fastify answers for the other paths as it would without the upgrade: with 404, for one. */
function letFastifyAnswer (upgrade: Upgrade, listeners: readonly Function[]): void {
  const [, socket] = upgrade
  dispatch(upgrade, listeners)
  // Node has given up reading the connection, so nobody else would notice its end.
  socket.on('end', () => socket.destroy()).resume()
  responseOnSocket(socket)?.on('finish', () => socket.destroy())
}

/** Destroys the connection if the client did not wait for the previous response, which is still being sent. */
function destroyIfPipelined ([, socket]: Upgrade): boolean {
  const isPipelined = responseOnSocket(socket) !== null
  if (isPipelined) socket.destroy()
  return isPipelined
}

/**
 * Hands an upgrade to its listeners. Destroys connections that @fastify/websocket 11.3 would leave open: nobody would read
 * them or see them close, and the server could not end.
 */
function dispatch (upgrade: Upgrade, listeners: readonly Function[]): void {
  const [, socket] = upgrade
  // While the app closes, @fastify/websocket removes its listener before the server stops listening.
  if (listeners.length === 0) {
    socket.on('error', socket.destroy).end(SERVICE_UNAVAILABLE, () => socket.destroy())
    return
  }
  // The handshake and the snapshot that follows it at once are sent with one system call.
  sendTogether(socket)
  for (const listener of listeners) Reflect.apply(listener, null, upgrade)
  // While the app closes, Fastify answers before it runs the hooks, one of which would destroy the connection.
  const response = responseOnSocket(socket)
  if (response?.writableEnded) response.on('finish', () => socket.destroy())
}
