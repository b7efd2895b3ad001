import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { FST_ICECAST_FAKE } from '../errors.ts'
import { completeOptions } from './complete-options.ts'
import { readRequests } from './connection.ts'
import { Delays } from './delays.ts'
import type { Answer, Dialect, Happening } from './dialect.ts'
import { dialectOf } from './dialects.ts'
import { checkFault, fail, send, type Failing, type Fault, type FaultOptions } from './faults.ts'
import { Feeds, type Hears, type News } from './feeds.ts'
import type { FakeIcecastOptions, SourceOptions, Title, Version } from './options.ts'
import { RequestLog } from './request-log.ts'
import type { FakeRequest, LoggedRequest } from './request.ts'
import { Server, type Source } from './server.ts'
import { setStats } from './statistics.ts'
import { Streams, type StreamRequest } from './streams.ts'
import { hasComments } from './titles.ts'

/**
 * Starts an Icecast that reports its sources with the same bytes as a real one, and streams silence. It listens on 127.0.0.1
 * and runs in this process.
 */
export async function fakeIcecast (options: Partial<FakeIcecastOptions> = {}): Promise<FakeIcecast> {
  const icecast = new FakeIcecast(completeOptions(options))
  await icecast[START]()
  return icecast
}

const START = Symbol('start')

/** A fake Icecast, started by `fakeIcecast()`. Changes are visible at once, unless `lag` is set. */
export class FakeIcecast {
  readonly #server: Server
  readonly #log = new RequestLog()
  readonly #listener = createServer({ noDelay: true }, socket => this.#serve(socket))
  readonly #feeds = new Feeds()
  readonly #streams: Streams
  readonly #sockets = new Set<Socket>()
  readonly #delays = new Delays()
  #dialect: Dialect
  #failing: Failing | null = null

  constructor (options: FakeIcecastOptions) {
    this.#server = new Server(options)
    this.#dialect = dialectOf(options.version)
    this.#streams = new Streams(this.#server)
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

  /** All requests so far, the oldest first. */
  get requests (): readonly LoggedRequest[] {
    return this.#log.all
  }

  /** The number of occupied client slots, including those that 2.5 keeps for closed event feeds until its next event. */
  get usedSlots (): number {
    return this.#server.usedSlots
  }

  /**
   * Resolves to a request: the next one, the n-th from now, or the next for which a function returns true. By then its answer
   * is being sent. Rejects if the fake is closed before.
   */
  requested (which: number | ((request: LoggedRequest) => boolean) = 1): Promise<LoggedRequest> {
    return this.#log.next(which)
  }

  /**
   * Connects a source. On a mount that already has one, the source reconnects: with a new start time (later by at least a
   * second, the precision of documents), no title, and no listeners except those that had moved to its fallback.
   */
  source (mount: string, options: SourceOptions = {}): void {
    if (!mount.startsWith('/')) throw new FST_ICECAST_FAKE(`a mount has a leading slash: \`source('/${mount}')\``)
    if (this.#server.sources.has(mount)) this.disconnect(mount)
    if (this.#server.isFull) throw new FST_ICECAST_FAKE(`the source of ${mount} is refused: all ${this.#server.options.clients} client slots are taken`)
    const wasGhost = this.#server.isGhost(mount)
    const source = this.#server.connect(mount, options)
    this.#dialect.connect(this.#server, source)
    this.#tell({ what: 'connected', source, wasGhost })
    const fallback = this.#server.sources.get(this.#server.fallbackOf(mount) ?? '')
    if (fallback !== undefined && fallback.listeners > 0) {
      const { listeners } = fallback
      this.#streams.end(fallback, source)
      this.#listen(fallback, 0, true)
      this.#listen(source, listeners, true)
    }
    this.#tell({ what: 'round', source })
  }

  /** The encoder sends a title: see `Title`. */
  title (mount: string, title: Title): void {
    const server = this.#server
    const source = server.source(mount)
    // Comments are sent with the audio, and other titles by a request.
    if (!hasComments(source.options.contentType)) {
      server.counters.connections++
      this.#countRequest()
    }
    const { changes, also, events } = this.#dialect.title(server, source, title)
    this.#streams.title(source, title)
    const show = (): void => {
      setStats(source, changes)
      also?.()
    }
    const now = server.now()
    source.titledAt ??= now + server.options.firstTitleLag
    this.#delays.run(source.titledAt - now, () => {
      // The source has disconnected or reconnected in the meantime.
      if (server.sources.get(mount) !== source) return
      this.#delays.run(server.options.lag, show)
      const { stats } = this.#dialect.tell(server, { what: 'changed', source, changes })
      this.#tellFeeds({ stats, events })
    })
  }

  /** Disconnects the source; its listeners move to a live fallback, or are disconnected. */
  disconnect (mount: string): void {
    const source = this.#server.disconnect(mount)
    this.#tell({ what: 'disconnected', source })
    const fallback = this.#server.sources.get(this.#server.fallbackOf(mount) ?? '')
    this.#streams.end(source, fallback)
    if (fallback !== undefined) this.#listen(fallback, fallback.listeners + source.listeners, true)
    this.#tell({ what: 'round', source })
  }

  /**
   * Sets the number of listeners of a mount, beside those that are connected to its stream. A negative count `-n` is shown as
   * 2^64 - n, as by a real 2.5 or kh.
   */
  listeners (mount: string, count: number): void {
    const source = this.#server.source(mount)
    this.#listen(source, count + this.#streams.count(source))
  }

  /** Configures `<fallback-mount>`. While `to` has a source and `mount` has none, documents contain an entry for `mount` that is not live. */
  fallback (mount: string, to: string): void {
    this.#server.fallback(mount, to)
  }

  /** Closes the open live feeds, and nothing else. */
  cutFeeds (): void {
    this.#cut(this.#feeds.sockets)
  }

  /** Closes the open streams, and nothing else. */
  cutStreams (): void {
    this.#cut(this.#streams.sockets)
  }

  /** Makes requests fail until `recover()`. A new fault replaces the fault before. */
  async fail (fault: Fault, options: FaultOptions = {}): Promise<void> {
    checkFault(fault)
    if (fault === 'hang' && options.only === undefined) this.#streams.hang()
    else this.#streams.resume()
    if (fault !== 'refused') {
      this.#failing = { fault, options }
      return
    }
    await this.#stop()
  }

  /** Ends the fault, on the same port. Requests that hang stay without an answer. */
  async recover (): Promise<void> {
    this.#failing = null
    this.#streams.resume()
    if (!this.#listener.listening) await this[START]()
  }

  /**
   * Restarts the server, as another version if given: no sources, no connections, a new start time. A fault stays active
   * until `recover()`.
   */
  restart ({ version }: { version?: Version } = {}): void {
    const dialect = version === undefined ? this.#dialect : dialectOf(version)
    this.#cut(this.#sockets)
    this.#delays.cancel()
    this.#server.restart()
    this.#dialect = dialect
  }

  /** Closes everything. It may be called twice. */
  async close (): Promise<void> {
    this.#delays.cancel()
    this.#log.close()
    this.#streams.stop()
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
    this.#log.add(logged)
    this.#countRequest()
    const stream = this.#streams.find(request)
    if (this.#failing !== null && this.#failing.options.only?.(logged) !== false) {
      const { fault, options } = this.#failing
      const right = (): Buffer => stream === null ? this.#document(request).bytes : Buffer.concat([this.#streamHead(stream), this.#streams.first(stream)])
      return fail(fault, { socket, server, dialect, request, options, right })
    }
    if (stream !== null && !server.isFull) {
      this.#stream(socket, stream)
      return 'done'
    }
    const answer = server.isFull ? dialect.limit(server, request) : this.#document(request)
    send(socket, answer)
    if (typeof answer.then === 'function') this.#open(socket, answer.then, request.method === 'STATS' ? 'stats' : 'events')
    return answer.then === 'keep' ? 'more' : 'done'
  }

  /** The answer to a request that is not for a stream. */
  #document (request: FakeRequest): Answer {
    return this.#server.options.documents ? this.#dialect.answer(this.#server, request) : this.#dialect.notFound(this.#server, request)
  }

  #streamHead ({ source, interval }: StreamRequest): Buffer {
    return this.#dialect.streamHead(this.#server, source, interval)
  }

  #stream (socket: Socket, request: StreamRequest): void {
    this.#streams.open(socket, request, this.#streamHead(request), source => {
      if (this.#server.sources.get(source.mount) === source) this.#listen(source, source.listeners - 1)
    })
    // The request has been counted.
    this.#server.counters.clients--
    this.#listen(request.source, request.source.listeners + 1)
  }

  #open (socket: Socket, hears: Hears, kind: 'stats' | 'events'): void {
    const { feeds, counters, instance } = this.#server
    feeds[kind]++
    socket.once('close', () => {
      if (this.#server.instance !== instance) return
      feeds[kind]--
      if (kind === 'events') this.#server.lostSlots++
    })
    this.#feeds.add(socket, hears)
    if (kind === 'events') return
    counters.stats++
    this.#tell({ what: 'opened' })
  }

  /** Feeds report each request. A reader must not read again because of its own request. */
  #countRequest (): void {
    this.#server.counters.clients++
    this.#tell({ what: 'requested' })
  }

  #tell (happening: Happening): void {
    this.#tellFeeds(this.#dialect.tell(this.#server, happening))
  }

  /** 2.5 notices that an event feed was closed only when it has an event to send. */
  #tellFeeds (news: News): void {
    if (news.events.length > 0) this.#server.lostSlots = 0
    this.#feeds.tell(news)
  }

  #listen (source: Source, count: number, isMove = false): void {
    const before = source.listeners
    if (count === before) return
    this.#server.listeners(source, count, isMove ? 0 : Math.max(0, count - before))
    this.#tell({ what: isMove ? 'moved' : 'listened', source, before })
  }

  async #stop (): Promise<void> {
    if (!this.#listener.listening) return
    this.#listener.close()
    this.#cut(this.#sockets)
    await once(this.#listener, 'close')
  }

  #cut (sockets: Iterable<Socket>): void {
    for (const socket of sockets) socket.destroy()
  }
}
