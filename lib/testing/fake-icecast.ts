import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { readRequests } from './connection.ts'
import type { Dialect } from './dialect.ts'
import { fail, send, type Failing, type Fault, type FaultOptions } from './faults.ts'
import { icecast24 } from './icecast-2.4.ts'
import { icecast25 } from './icecast-2.5.ts'
import { icecastKh } from './icecast-kh.ts'
import type { FakeIcecastOptions, SourceOptions, Title, Version } from './options.ts'
import { RequestLog } from './request-log.ts'
import type { FakeRequest, LoggedRequest } from './request.ts'
import { Server } from './server.ts'

const DIALECTS: Record<Version, Dialect> = { 2.4: icecast24, 2.5: icecast25, kh: icecastKh }

const DEFAULTS: FakeIcecastOptions = {
  version: '2.4',
  port: 0,
  auth: { username: 'admin', password: 'hackme' },
  limited: { username: 'relay', password: 'hackme' },
  hostname: 'localhost',
  location: 'Earth',
  admin: 'icemaster@localhost',
  lag: 0
}

/**
 * Starts an Icecast that plays no audio but says of its sources what a real one would say, in the very bytes. It listens
 * on 127.0.0.1 and needs nothing but this process.
 */
export async function fakeIcecast (options: Partial<FakeIcecastOptions> = {}): Promise<FakeIcecast> {
  const icecast = new FakeIcecast({ ...DEFAULTS, ...options })
  await icecast[START]()
  return icecast
}

const START = Symbol('start')

/** Made by `fakeIcecast()`. Everything that is done to it shows at once, unless there is a `lag`. */
export class FakeIcecast {
  readonly #server: Server
  readonly #log = new RequestLog()
  readonly #listener = createServer({ noDelay: true }, socket => this.#serve(socket))
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #dialect: Dialect
  #failing: Failing | null = null

  constructor (options: FakeIcecastOptions) {
    this.#server = new Server(options)
    this.#dialect = DIALECTS[options.version]
  }

  async [START] (): Promise<void> {
    this.#listener.listen(this.#server.port || this.#server.options.port, '127.0.0.1')
    await once(this.#listener, 'listening')
    this.#server.port = (this.#listener.address() as AddressInfo).port
  }

  /** `http://127.0.0.1:PORT` */
  get url (): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  /** Every request so far, oldest first. */
  get requests (): readonly LoggedRequest[] {
    return this.#log.all
  }

  /**
   * Waits for a request: the next one, the n-th from now, or the next that a function says yes to. By then its answer is
   * on its way. Fails when the fake is closed before.
   */
  requested (which: number | ((request: LoggedRequest) => boolean) = 1): Promise<LoggedRequest> {
    return this.#log.next(which)
  }

  /**
   * A source connects. On a mount that has one already it reconnects: a new start (always by a second at least, since
   * documents tell no less), no title, no listeners.
   */
  source (mount: string, options: SourceOptions = {}): void {
    this.#dialect.connect(this.#server, this.#server.connect(mount, options))
  }

  /** The encoder sends a title; see `Title` for what it may be. */
  title (mount: string, title: Title): void {
    const source = this.#server.source(mount)
    const show = this.#dialect.title(this.#server, source, title)
    if (this.#server.options.lag === 0) return show()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      show()
    }, this.#server.options.lag)
    this.#timers.add(timer)
  }

  /** The source goes; its listeners go on to a live fallback. */
  disconnect (mount: string): void {
    this.#server.disconnect(mount)
  }

  /** How many people hear a mount from now on. */
  listeners (mount: string, count: number): void {
    this.#server.listeners(mount, count)
  }

  /** Configures `<fallback-mount>`. While that one has a source and this one has none, documents list a ghost of it. */
  fallback (mount: string, to: string): void {
    this.#server.fallback(mount, to)
  }

  /** Fails its readers, until `recover()`. A new fault takes the place of the one before. */
  async fail (fault: Fault, options: FaultOptions = {}): Promise<void> {
    if (fault !== 'refused') {
      this.#failing = { fault, options }
      return
    }
    await this.#stop()
  }

  /** All is well again, at the same port. Requests that hang are left hanging. */
  async recover (): Promise<void> {
    this.#failing = null
    if (!this.#listener.listening) await this[START]()
  }

  /** The process ends and comes back, as another version if told so: no sources, no connections, a new start. */
  restart ({ version }: { version?: Version } = {}): void {
    this.#cut(this.#sockets)
    this.#stopTimers()
    this.#server.restart()
    if (version !== undefined) this.#dialect = DIALECTS[version]
  }

  /** Frees everything. Closing twice is fine. */
  async close (): Promise<void> {
    this.#stopTimers()
    this.#log.close()
    await this.#stop()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.close()
  }

  #serve (socket: Socket): void {
    this.#sockets.add(socket)
    this.#server.counters.connections++
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    readRequests(socket, request => this.#answer(socket, request))
  }

  #answer (socket: Socket, request: FakeRequest): 'more' | 'done' {
    const [server, dialect] = [this.#server, this.#dialect]
    const { pathname, credentials, mount, version, keepAlive, ...logged } = request
    server.counters.clients++
    this.#log.add(logged)
    if (this.#failing !== null && this.#failing.options.only?.(logged) !== false) {
      const { fault, options } = this.#failing
      fail(fault, { socket, server, dialect, request, options })
      return 'done'
    }
    const answer = dialect.answer(server, request)
    send(socket, answer)
    return answer.then === 'keep' ? 'more' : 'done'
  }

  async #stop (): Promise<void> {
    if (!this.#listener.listening) return
    this.#listener.close()
    this.#cut(this.#sockets)
    await once(this.#listener, 'close')
  }

  #cut (sockets: Set<Socket>): void {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  #stopTimers (): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
