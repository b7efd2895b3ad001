import { randomUUID } from 'node:crypto'
import { FST_ICECAST_FAKE } from '../errors.ts'
import type { Bytes } from './bytes.ts'
import type { FeedEvent } from './feeds.ts'
import type { Credentials, FakeIcecastOptions, SourceOptions } from './options.ts'

/** A source that is connected to a mount. */
export interface Source {
  readonly mount: string
  readonly options: SourceOptions
  /** The charset that the mount is configured with. */
  readonly charset: string
  /** Seconds since 1970. */
  readonly startedAt: number
  /** Its number among all connections. */
  readonly connection: number
  /** 2.5: new for each connection. */
  readonly instance: string
  /** What the encoder has sent last of each field, as bytes in the mount's charset; null until then. */
  readonly sent: { artist: Bytes | null, title: Bytes | null, url: Bytes | null }
  /** What the documents and the STATS feed call it: name to value, in UTF-8. */
  readonly stats: Map<string, Bytes>
  /** 2.5: the comments of what plays, by name. */
  metadata: [name: string, value: Bytes][]
  /** 2.5: what the last tracks were called, oldest first. */
  readonly tracks: [name: string, value: Bytes][][]
  /** Negative when more have left than had come: Icecast's counter then wraps around. */
  listeners: number
  peak: number
  /** When the first title shows, in milliseconds since 1970; null until one was sent. */
  titledAt: number | null
}

/** What one run of a server keeps, whatever its version: sources, fallbacks, counters. It does no I/O. */
export class Server {
  readonly options: FakeIcecastOptions
  readonly sources = new Map<string, Source>()
  /** Mounts in the configuration, which is not all that can be had. */
  readonly configured = new Set<string>()
  /** The last ones, oldest first. */
  events: FeedEvent[] = []
  readonly counters = { connections: 0, clients: 0, listeners: 0, sources: 0, stats: 0 }
  /** Those open now, which count as clients. */
  readonly feeds = { stats: 0, events: 0 }
  /** 2.5: event feeds that are closed and keep their client slots, until the next event. */
  lostSlots = 0
  /** Seconds since 1970. */
  startedAt = 0
  instance = randomUUID()
  port = 0
  readonly #fallbacks = new Map<string, string>()
  readonly #lastStart = new Map<string, number>()

  constructor (options: FakeIcecastOptions) {
    this.options = options
    this.restart()
  }

  /** Milliseconds since 1970, by the server's clock. */
  now (): number {
    return this.options.now?.() ?? Date.now()
  }

  /** A new process: nothing is left but the configuration. */
  restart (): void {
    this.sources.clear()
    this.events = []
    this.counters.connections = this.counters.clients = this.counters.listeners = 0
    this.counters.sources = this.counters.stats = 0
    this.feeds.stats = this.feeds.events = this.lostSlots = 0
    this.instance = randomUUID()
    this.startedAt = this.#newSecond('server')
  }

  connect (mount: string, options: SourceOptions): Source {
    const source: Source = {
      mount,
      options,
      charset: options.charset ?? 'UTF-8',
      startedAt: this.#newSecond(mount),
      connection: ++this.counters.connections,
      instance: randomUUID(),
      sent: { artist: null, title: null, url: null },
      stats: new Map(),
      metadata: [],
      tracks: [],
      listeners: 0,
      peak: 0,
      titledAt: null
    }
    this.counters.sources++
    this.sources.set(mount, source)
    if (options.charset !== undefined || options.hidden === true) this.configured.add(mount)
    return source
  }

  disconnect (mount: string): Source {
    const source = this.source(mount)
    this.sources.delete(mount)
    return source
  }

  /** `arrivals`: how many of them are new to the server. */
  listeners (source: Source, count: number, arrivals: number): void {
    // Each is a request, too.
    this.counters.clients += arrivals
    this.counters.listeners += arrivals
    const known = source.stats.get('listener_connections')
    if (known !== undefined) source.stats.set('listener_connections', `${Number(known) + arrivals}`)
    source.listeners = count
    source.peak = Math.max(source.peak, count)
  }

  fallback (mount: string, to: string): void {
    this.#fallbacks.set(mount, to)
    this.configured.add(mount).add(to)
  }

  fallbackOf (mount: string): string | undefined {
    return this.#fallbacks.get(mount)
  }

  /** The source of a mount that must have one. */
  source (mount: string): Source {
    const source = this.sources.get(mount)
    if (source === undefined) {
      throw new FST_ICECAST_FAKE(`no source is connected to ${mount}; call \`source('${mount}')\` first`)
    }
    return source
  }

  /** A mount without a source whose fallback has one: every version lists it, with hardly a word on it. */
  isGhost (mount: string): boolean {
    return !this.sources.has(mount) && this.sources.has(this.#fallbacks.get(mount) ?? '')
  }

  ghosts (): string[] {
    return [...this.#fallbacks.keys()].filter(mount => this.isGhost(mount))
  }

  /** Who credentials belong to. */
  who (credentials: Credentials | null): 'anonymous' | 'admin' | 'limited' | 'stranger' {
    if (credentials === null) return 'anonymous'
    const is = (known: Credentials): boolean =>
      known.username === credentials.username && known.password === credentials.password
    return is(this.options.auth) ? 'admin' : is(this.options.limited) ? 'limited' : 'stranger'
  }

  /** People and programs connected now. */
  get clients (): number {
    return this.totalListeners + this.sources.size + this.feeds.stats + this.feeds.events
  }

  /** Client slots that are taken. */
  get usedSlots (): number {
    return this.clients + this.lostSlots
  }

  get isFull (): boolean {
    return this.usedSlots >= this.options.clients
  }

  get totalListeners (): number {
    let total = 0
    for (const source of this.sources.values()) total += source.listeners
    return total
  }

  /** Documents tell starts by the second: a new one is never the same as the one before. */
  #newSecond (what: string): number {
    const second = Math.max(Math.floor(this.now() / 1000), (this.#lastStart.get(what) ?? 0) + 1)
    this.#lastStart.set(what, second)
    return second
  }
}

/** A counter as Icecast writes it: without a sign, so that -3 is 2^64 - 3. */
export function unsigned (count: number): string {
  return `${BigInt.asUintN(64, BigInt(count))}`
}

/** The ways to write a moment that Icecast has, for seconds since 1970. */
export const written = {
  /** `Sun, 22 Nov 2026 05:03:19 GMT`, in headers. */
  http: (seconds: number): string => new Date(Math.floor(seconds) * 1000).toUTCString(),
  /** `Sun, 22 Nov 2026 05:03:19 +0000` (2.4, 2.5). */
  rfc2822: (seconds: number): string => new Date(seconds * 1000).toUTCString().replace('GMT', '+0000'),
  /** `2026-11-22T05:03:19+0000` (2.4, 2.5). */
  iso: (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', '+0000'),
  /** `22/Nov/2026:05:48:24 +0000` (kh). */
  log: (seconds: number): string =>
    new Date(seconds * 1000).toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) (\S+) GMT$/, '$1/$2/$3:$4 +0000')
}
