import type { RegisterOptions } from 'fastify'
import type { Backplane } from '../backplane/backplane.ts'
import type { EnrichOptions, EnrichSettings } from '../enrich/enrich-options.ts'
import type { CaCertificates } from '../icecast/request.ts'
import type { InBand } from '../icecast/streams/stream-selector.ts'
import type { KindFunction, KindRule } from '../metadata/kind.ts'
import type { ParseTrack } from '../metadata/track.ts'
import type { Kind } from '../schemas.ts'
import type { HistoryStore } from '../store/store.ts'
import type { FastifyRouteOptions } from './fastify.ts'
import type { ServerAddress } from './servers.ts'

export type { FastifyRouteOptions }

/** What listeners know as a station: one or more mounts that carry the same programme. */
export interface StationOptions {
  /** The name to publish. Default: the name that the source gives, else the station's id. */
  readonly name?: string | undefined
  /** The mounts of the programme in order of preference, each with its leading slash: `['/main.mp3', '/main.opus']`. */
  readonly mounts: readonly string[]
  /** Mounts that listeners hear only while none of `mounts` is live, such as an automation: `['/auto.mp3']`. Their titles are not used otherwise. */
  readonly fallbacks?: readonly string[] | undefined
  /** The charset of the encoder's titles when it is neither UTF-8 nor Latin-1: `windows-1251`, `shift_jis`… */
  readonly charset?: string | undefined
  /** Time from Icecast reporting a track until listeners hear it, in ms; tracks are published after it. Default: the option `delay`. */
  readonly delay?: number | undefined
}

export interface ServerOptions {
  /** The address of Icecast, such as `http://localhost:8000`. It may have a base path, and credentials (`user:pass@`) instead of `auth`. */
  readonly url: string | URL
  /** An Icecast account. It is never logged and never sent to another host. */
  readonly auth?: { readonly username: string, readonly password: string } | undefined
  /** CA certificates to trust for an `https:` address, instead of Node's own. Default: Node's own. */
  readonly ca?: CaCertificates | undefined
  /** The address at which listeners reach this server; `listenUrl` is built from it. Default: `listenUrl` as Icecast gives it. */
  readonly publicUrl?: string | URL | undefined
}

export interface RouteOptions {
  /** The path of the routes, below Fastify's `prefix`. Default: `/now-playing`. */
  readonly url?: string | undefined
  /** The `Cache-Control` header of REST answers. Default: `public, max-age=1`. */
  readonly cacheControl?: string | undefined
  /** Whether `<url>/client.js` serves the browser client and its element. Default: true. */
  readonly client?: boolean | undefined
  /** Whether the routes are part of the app's OpenAPI document (@fastify/swagger). Default: true. */
  readonly schema?: boolean | undefined
  /** Fastify's own route options, such as `preValidation` for authentication (it runs before any upgrade) or `config`. */
  readonly options?: FastifyRouteOptions | undefined
}

export interface LimitOptions {
  /** Subscribers in total, over WebSocket and server-sent events; further ones get 503. Default: 20000. */
  readonly subscribers?: number | undefined
  /**
   * Subscribers and held long polls (`?wait`) from one address (IPv6: one /64), counted together. Further subscribers get 429, and
   * further long polls are answered at once. Default: no limit. Addresses are Fastify's `request.ip`: set `trustProxy` behind a proxy.
   */
  readonly perAddress?: number | undefined
  /** Long polls (`?wait`) that are held at the same time; further ones are answered at once. Default: 5000. */
  readonly waiting?: number | undefined
  /** How long a subscriber may fall behind before it is dropped, in ms. Default: 30000. */
  readonly slowAfter?: number | undefined
}

interface OneServer extends ServerOptions {
  readonly servers?: undefined
}

/** Several servers that carry the same stations, such as relays; the same mount on two servers is the same programme. */
interface SeveralServers {
  readonly servers: readonly ServerOptions[]
  readonly url?: undefined
  readonly auth?: undefined
  readonly ca?: undefined
  readonly publicUrl?: undefined
}

export interface CommonOptions extends RegisterOptions {
  /** The stations by id. Default: each mount is a station, and its id is the path without the leading slash. */
  readonly stations?: Readonly<Record<string, StationOptions>> | undefined
  /** Time between two reads of Icecast, in ms; at least 50. Default: 1000. */
  readonly interval?: number | undefined
  /** Whether to follow Icecast's live feed and read as soon as it announces a change; it needs `auth`. Default: true. */
  readonly live?: boolean | undefined
  /** Time between two reads while the live feed is followed, in ms; at least 50. Default: 15000. */
  readonly reconcileInterval?: number | undefined
  /**
   * Whether titles are read from the streams themselves, as a listener's player does; each stream takes a listener's slot and
   * its bandwidth. `'auto'`: where the server shows none. `'always'`: each mount in `stations`. Default: `'auto'`.
   */
  readonly inBand?: InBand | undefined
  /** Parses what an encoder sent: returns `{ artist, title }`, null if it is not a track (the track before stays on display), or undefined for the default. */
  readonly parseTrack?: ParseTrack | undefined
  /** Time limit for one read, in ms. Default: 5000. */
  readonly timeout?: number | undefined
  /** Size limit for one status document, in bytes. Default: 4 MiB. */
  readonly maxBytes?: number | undefined
  /** How long reads may fail before a station is `stale`, in ms. A hanging read fails at `timeout`. Default: 10000. */
  readonly staleAfter?: number | undefined
  /** How long a track is kept when its title disappears while the source is live (as at each reconnect), in ms. Default: 10000. */
  readonly hold?: number | undefined
  /** How long an unchanged title is shown, in ms, or `false` for no limit. Default: 43200000, half a day. */
  readonly staleTrackAfter?: number | false | undefined
  /** Time from Icecast reporting a track until listeners hear it, in ms, for stations without their own. Default: 0. */
  readonly delay?: number | undefined
  /** How many earlier tracks are kept, 0 to 100. Default: 10. */
  readonly history?: number | undefined
  /** Where tracks are kept across restarts, such as `fileStore('now-playing.json')`. Default: nowhere. */
  readonly store?: HistoryStore | undefined
  /**
   * Connects several instances: one of them reads Icecast, all publish the same. For example `redisBackplane({ client })` of
   * `fastify-icecast/redis`. Default: this instance is the only one.
   */
  readonly backplane?: Backplane | undefined
  /** Whether an instance that has far more subscribers than the others asks some to reconnect; only with `backplane`. Default: true. */
  readonly rebalance?: boolean | undefined
  /** Rules that give tracks their `kind`: `[{ match: /^Advert/, kind: 'ad' }]`, a function, or a list of both; the first answer counts. */
  readonly kinds?: KindFunction | ReadonlyArray<KindRule | KindFunction> | undefined
  /** Kinds that are neither shown nor kept: the track before them stays. Default: none. */
  readonly hide?: readonly Kind[] | undefined
  /** Looks up more about each track, such as its artwork. */
  readonly enrich?: EnrichOptions | undefined
  /** Time between two heartbeats to each subscriber, in ms; at least 50. A subscriber that does not answer one is dropped. Default: 25000. */
  readonly heartbeat?: number | undefined
  /** The path of the routes, their options, or `false` for no routes. Default: `/now-playing`. */
  readonly route?: string | false | RouteOptions | undefined
  /** Limits for subscribers and long polls. */
  readonly limits?: LimitOptions | undefined
  /** Origins whose pages and apps may subscribe over WebSocket: `['https://radio.example', 'capacitor://localhost']`; `null` stands for all pages without an origin. Default: all. */
  readonly origins?: readonly string[] | undefined
}

/** The options of the plugin: `url` for one server, or `servers` for several. */
export type FastifyIcecastOptions = (OneServer | SeveralServers) & CommonOptions

/** `RouteOptions` with the defaults filled in. */
export interface RouteSettings {
  readonly url: string
  readonly cacheControl: string
  readonly client: boolean
  readonly schema: boolean
  readonly options: FastifyRouteOptions
}

/** The options as modules use them: checked, complete, and without a credential in a URL. */
export interface Settings {
  servers: ServerAddress[]
  timeout: number
  maxBytes: number
  interval: number
  live: boolean
  reconcileInterval: number
  inBand: InBand
  parseTrack: ParseTrack | undefined
  /** The mounts of all stations; null when each mount is a station. */
  mounts: ReadonlySet<string> | null
  stations: ReadonlyMap<string, StationOptions> | null
  staleAfter: number
  hold: number
  staleTrackAfter: number | null
  delay: number
  history: number
  store: HistoryStore | null
  backplane: Backplane | null
  rebalance: boolean
  kinds: ReadonlyArray<KindRule | KindFunction>
  hide: ReadonlySet<Kind>
  enrich: EnrichSettings | null
  heartbeat: number
  route: RouteSettings | null
  limits: { subscribers: number, perAddress: number | null, waiting: number, slowAfter: number }
  /** Null for any origin. */
  origins: ReadonlySet<string> | null
  prefix: string
}
