import type { Classify, KindRule } from '../metadata/kind.ts'
import type { ParseTrack } from '../metadata/track.ts'
import type { FastifyRouteOptions } from './fastify.ts'
import type { ServerAddress } from './servers.ts'
import type { Kind, Track } from '../schemas.ts'
import type { HistoryStore } from '../store/store.ts'
import type { TrackFields } from '../enrich/track-fields.ts'

export type { FastifyRouteOptions, KindRule }

/** A station: what listeners know, one or more mounts that carry the same programme. */
export interface StationOptions {
  /** What to call it. Default: the name that the source gives, else its id. */
  name?: string
  /** Its mounts, in the order of preference, each with its leading slash: `['/main.mp3', '/main.opus']`. */
  mounts: string[]
  /** What its encoder sends when it isn't UTF-8 or Latin-1: `windows-1251`, `shift_jis`… */
  charset?: string
  /** ms from Icecast's naming a track to listeners' hearing it: it is published that much later. Default: `delay` of all. */
  delay?: number
}

export interface ServerOptions {
  /** Icecast's address: `http://localhost:8000`, a base path allowed, credentials (`user:pass@`) too: they become `auth`. */
  url: string | URL
  /** An account of Icecast's. Never logged, never sent to another host. */
  auth?: { username: string, password: string }
}

/** A JSON Schema of an object; TypeBox's `Type.Object({ … })` is one. */
export interface ObjectSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, object>>
}

/**
 * Finds more about a track: artwork, its album, links. What it gives is checked by `trackFields` and added to the track;
 * null or nothing: there is nothing to add. One that fails or takes too long harms nothing.
 */
export type Enrich = (
  track: Track, context: { station: string, signal: AbortSignal }
) => Found | Promise<Found>

type Found = Partial<TrackFields> | null | undefined

export interface EnrichOptions {
  enrich: Enrich
  trackFields: ObjectSchema
  enrichTimeout: number
  waitForEnrich: number
}

export interface RouteOptions {
  /** Where the routes are, below Fastify's `prefix`. Default `/now-playing`. */
  url?: string
  /** The `Cache-Control` of the REST answers. Default `public, max-age=1`. */
  cacheControl?: string
  /** Whether `<url>/client.js` is there: the page's client and its element. Default true. */
  client?: boolean
  /** Whether the routes are part of the app's OpenAPI document (@fastify/swagger). Default true. */
  schema?: boolean
  /** Fastify's own route options, such as `preValidation` for authentication, which comes before any upgrade, or `config`. */
  options?: FastifyRouteOptions
}

export interface LimitOptions {
  /** Subscribers in all, over WebSocket and server-sent events; more are refused with 503. Default 20000. */
  subscribers?: number
  /** Subscribers from one address (IPv6: one /64); more are refused with 429. Default: no such limit. It counts by Fastify's `request.ip`: behind a proxy set `trustProxy`. */
  perAddress?: number
  /** `GET ?wait` that are held at the same time; more are answered at once. Default 5000. */
  waiting?: number
  /** ms that a subscriber may be behind before it is dropped. Default 30000. */
  slowAfter?: number
}

/** With one server. */
export interface FastifyIcecastOptions extends ServerOptions, CommonOptions {
  servers?: never
}

/** With several servers that carry the same stations, such as relays; a mount that two of them have is the same programme. */
export interface FastifyIcecastServersOptions extends CommonOptions {
  servers: ServerOptions[]
  url?: never
  auth?: never
}

export interface CommonOptions {
  /** Which stations there are, by id. Default: each mount is a station, its id the path without the leading slash. */
  stations?: Record<string, StationOptions>
  /** ms between two reads of Icecast. Default 1000, at least 50. */
  interval?: number
  /** With `auth`: whether to follow Icecast's live feed, and to read when it tells of a change. Default true. */
  live?: boolean
  /** ms between two reads while the live feed is followed, to be sure. Default 15000, at least 50. */
  reconcileInterval?: number
  /** Your own reading of what an encoder sent: `{ artist, title }`, `null` for 'not a track', or nothing for the default. */
  parseTrack?: ParseTrack
  /** ms that one read may take in all. Default 5000. */
  timeout?: number
  /** Bytes that one status document may have. Default 4 MiB. */
  maxBytes?: number
  /** ms without a good read after which a station is `stale`; a read that hangs counts when it has failed: with a longer `timeout` it is that. Default 10000. */
  staleAfter?: number
  /** ms that a track is held when its title goes away while the source is live (every reconnect does that). Default 10000. */
  hold?: number
  /** ms that a title may stay unchanged before it is no longer shown, or `false` for ever. Default 43200000, half a day. */
  staleTrackAfter?: number | false
  /** ms from Icecast's naming a track to listeners' hearing it, for stations that don't say. Default 0. */
  delay?: number
  /** How many earlier tracks to keep. Default 10, at the most 100; 0 keeps none. */
  history?: number
  /** Where tracks are kept over a restart, such as `fileStore('now-playing.json')`. Default: nowhere. */
  store?: HistoryStore
  /** What is what, the first rule that matches: `[{ match: /^Advert/, kind: 'ad' }]`. It is tried on `text` and on `raw`. */
  kinds?: KindRule[]
  /** Your own word on what a track is, before `kinds`: a kind, or nothing for the default. */
  classify?: Classify
  /** Kinds that are not shown and not kept: the track before them stays. Default: none. */
  hide?: Kind[]
  /** Finds more about a track; it takes `trackFields`. */
  enrich?: Enrich
  /** What `enrich` adds, as a TypeBox schema: `Type.Object({ artwork: Type.String() })`. Each field may be missing. */
  trackFields?: ObjectSchema
  /** ms that `enrich` may take. Default 5000. */
  enrichTimeout?: number
  /** ms that a new track may wait for `enrich`, so as to go out once. Default 0: it goes out at once, and again with what was found. */
  waitForEnrich?: number
  /** ms between two heartbeats to each subscriber; one that misses a whole interval is dropped. Default 25000, at least 50. */
  heartbeat?: number
  /** Where the routes are, or `false` for none. Default `/now-playing`. */
  route?: string | false | RouteOptions
  /** How much there may be of everything. */
  limits?: LimitOptions
  /** Whose pages may subscribe over WebSocket: `['https://radio.example']`. Default: everyone's. */
  origins?: string[]
  /** Fastify's own. */
  prefix?: string
}

/** Options as the rooms use them: checked, complete, without a credential in the URL. */
export interface Settings {
  servers: ServerAddress[]
  timeout: number
  maxBytes: number
  interval: number
  live: boolean
  reconcileInterval: number
  parseTrack: ParseTrack | undefined
  /** Of all stations; null: whatever mounts there are. */
  mounts: ReadonlySet<string> | null
  stations: ReadonlyMap<string, StationOptions> | null
  staleAfter: number
  hold: number
  staleTrackAfter: number | null
  delay: number
  history: number
  store: HistoryStore | null
  kinds: readonly KindRule[]
  classify: Classify | undefined
  hide: ReadonlySet<Kind>
  enrich: EnrichOptions | null
  heartbeat: number
  route: Required<RouteOptions> | null
  limits: { subscribers: number, perAddress: number | null, waiting: number, slowAfter: number }
  /** Null: any. */
  origins: ReadonlySet<string> | null
  prefix: string
}
