import type { RouteShorthandOptions } from 'fastify'
import { charsetExists } from './metadata/letters.ts'
import type { ParseTrack } from './metadata/track.ts'
import { object, refuseOthers, text, unasked, whole, wrong } from './option-checks.ts'

/** A station: what listeners know, one or more mounts that carry the same programme. */
export interface StationOptions {
  /** What to call it. Default: the name that the source gives, else its id. */
  name?: string
  /** Its mounts, in the order of preference, each with its leading slash: `['/main.mp3', '/main.opus']`. */
  mounts: string[]
  /** What its encoder sends when it isn't UTF-8 or Latin-1: `windows-1251`, `shift_jis`… */
  charset?: string
}

export interface RouteOptions {
  /** Where the routes are, below Fastify's `prefix`. Default `/now-playing`. */
  url?: string
  /** The `Cache-Control` of the REST answers. Default `public, max-age=1`. */
  cacheControl?: string
  /** Fastify's own route options, such as `preValidation` for authentication, which comes before any upgrade, or `config`. */
  options?: FastifyRouteOptions
}

/** What Fastify offers for a route, but for what makes it one of these routes. */
export type FastifyRouteOptions = Pick<RouteShorthandOptions, typeof ROUTE_OPTIONS[number]>

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

export interface FastifyIcecastOptions {
  /** Icecast's address: `http://localhost:8000`, a base path allowed, credentials (`user:pass@`) too: they become `auth`. */
  url: string | URL
  /** An account of Icecast's. Never logged, never sent to another host. */
  auth?: { username: string, password: string }
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
  /** ms without a good read after which a station is `stale`. Default 10000. */
  staleAfter?: number
  /** ms that a track is held when its title goes away while the source is live (every reconnect does that). Default 10000. */
  hold?: number
  /** How many earlier tracks to keep. Default 10, at the most 100; 0 keeps none. */
  history?: number
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
  server: { url: URL, authorization: string | null, timeout: number, maxBytes: number }
  interval: number
  live: boolean
  reconcileInterval: number
  parseTrack: ParseTrack | undefined
  /** Of all stations; null: whatever mounts there are. */
  mounts: ReadonlySet<string> | null
  stations: ReadonlyMap<string, StationOptions> | null
  staleAfter: number
  hold: number
  history: number
  heartbeat: number
  route: Required<RouteOptions> | null
  limits: { subscribers: number, perAddress: number | null, waiting: number, slowAfter: number }
  /** Null: any. */
  origins: ReadonlySet<string> | null
  prefix: string
}

const KNOWN = ['url', 'auth', 'stations', 'interval', 'live', 'reconcileInterval', 'parseTrack', 'timeout', 'maxBytes', 'staleAfter', 'hold', 'history',
  'heartbeat', 'route', 'limits', 'origins', 'prefix', 'logLevel', 'logSerializers']
const ROUTE_OPTIONS = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onResponse', 'onTimeout', 'onError',
  'onRequestAbort', 'errorHandler', 'childLoggerFactory', 'config', 'constraints', 'logLevel', 'logSerializers', 'exposeHeadRoute', 'handlerTimeout'] as const

/** @throws FST_ICECAST_INVALID_OPTION that names the option, the value and what would be right. */
export function readOptions (options: FastifyIcecastOptions): Settings {
  const given = object('options', options, 'an object with at least a `url`')
  const unknown = Object.keys(given).find((key) => !KNOWN.includes(key))
  if (unknown !== undefined) throw unasked(unknown, `there is no such option. There are ${KNOWN.join(', ')}`)
  const { url, authorization } = readServer(given['url'], given['auth'])
  const stations = given['stations'] === undefined ? null : readStations(given['stations'])
  return {
    server: {
      url,
      authorization,
      timeout: whole('timeout', given['timeout'], 5000, 50, 120_000),
      maxBytes: whole('maxBytes', given['maxBytes'], 4 * 1024 * 1024, 1024, 64 * 1024 * 1024)
    },
    interval: whole('interval', given['interval'], 1000, 50, 3_600_000),
    live: readLive(given['live']),
    reconcileInterval: whole('reconcileInterval', given['reconcileInterval'], 15_000, 50, 3_600_000),
    parseTrack: readHook(given['parseTrack']),
    stations,
    mounts: stations && new Set([...stations.values()].flatMap(({ mounts }) => mounts)),
    staleAfter: whole('staleAfter', given['staleAfter'], 10_000, 0, 86_400_000),
    hold: whole('hold', given['hold'], 10_000, 0, 86_400_000),
    history: whole('history', given['history'], 10, 0, 100),
    heartbeat: whole('heartbeat', given['heartbeat'], 25_000, 50, 3_600_000),
    route: readRoute(given['route']),
    limits: readLimits(given['limits']),
    origins: given['origins'] === undefined ? null : readOrigins(given['origins']),
    prefix: given['prefix'] === undefined ? '' : text('prefix', given['prefix'], 'a path such as `/radio`')
  }
}

function readServer (value: unknown, auth: unknown): { url: URL, authorization: string | null } {
  const right = 'the address of an Icecast server, such as `http://localhost:8000`'
  const url = value instanceof URL ? new URL(value) : parseUrl(value)
  if (url === null || !/^https?:$/.test(url.protocol)) throw wrong('url', value, right)
  if (url.search !== '' || url.hash !== '') throw wrong('url', value, `${right}, without \`?\` and \`#\``)
  // `http://admin:12/34@host` has the host `admin`, and half a password as its path.
  if (url.pathname.includes('@')) throw wrong('url', value, `${right}, with \`/\` and \`@\` in credentials as \`%2F\` and \`%40\``)
  const inUrl = url.username !== '' || url.password !== ''
  if (inUrl && auth !== undefined) throw wrong('auth', auth, 'left out when `url` carries credentials: give them once')
  const account = inUrl ? { username: decode(url.username), password: decode(url.password) } : readAuth(auth)
  if (account !== null && !isUsername(account.username)) throw wrong('url', value, `${right}, its username not empty and without a colon`)
  url.username = url.password = ''
  // So that `new URL('status-json.xsl', url)` stays below a base path.
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return { url, authorization: account && `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}` }
}

function readAuth (value: unknown): { username: string, password: string } | null {
  if (value === undefined) return null
  const right = '`{ username: string, password: string }`, the username not empty and without a colon'
  const { username, password } = object('auth', value, right)
  if (!isUsername(username) || typeof password !== 'string') throw wrong('auth', value, right)
  return { username, password }
}

/** Basic authentication ends the username at its first colon. */
function isUsername (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes(':')
}

function readStations (value: unknown): ReadonlyMap<string, StationOptions> {
  const right = 'an object of stations by id, such as `{ main: { name: \'Radio Main\', mounts: [\'/main.mp3\'] } }`'
  const entries = Object.entries(object('stations', value, right))
  if (entries.length === 0) throw wrong('stations', value, `${right}; leave it out to have each mount as a station`)
  return new Map(entries.map(([id, station]) => [id, readStation(id, station)]))
}

function readStation (id: string, value: unknown): StationOptions {
  const option = `stations.${id}`
  // Fastify's `maxParamLength`.
  if (id === '' || id.length > 100) throw wrong(option, id, 'named by an id of 1 to 100 characters')
  const { name, mounts, charset, ...rest } = object(option, value, '`{ name?: string, mounts: string[], charset?: string }`')
  refuseOthers(option, rest, 'a station has `name`, `mounts` and `charset`')
  const right = 'a list of mounts, each once, with its leading slash and not percent-encoded, such as `[\'/main.mp3\', \'/my radio.mp3\']`'
  if (!Array.isArray(mounts) || mounts.length === 0) throw wrong(`${option}.mounts`, mounts, right)
  const paths = new Set<string>()
  const list: unknown[] = mounts
  for (const mount of list) {
    if (typeof mount !== 'string' || !mount.startsWith('/') || /\p{Cs}|%[\da-f]{2}/iu.test(mount) || paths.has(mount)) throw wrong(`${option}.mounts`, mount, right)
    paths.add(mount)
  }
  return {
    mounts: [...paths],
    ...(name !== undefined && { name: text(`${option}.name`, name, 'a text to show') }),
    ...(charset !== undefined && { charset: readCharset(`${option}.charset`, charset) })
  }
}

function readCharset (option: string, value: unknown): string {
  if (typeof value === 'string' && charsetExists(value)) return value
  throw wrong(option, value, 'the name of a charset in which ASCII is itself, such as `windows-1251` or `shift_jis`')
}

function readLive (value: unknown = true): boolean {
  if (typeof value === 'boolean') return value
  throw wrong('live', value, '`true` or `false`')
}

function readHook (value: unknown): ParseTrack | undefined {
  if (value === undefined || isHook(value)) return value
  throw wrong('parseTrack', value, 'a function `(raw, { mount, station }) => { artist, title }`, `null` or `undefined`')
}

function isHook (value: unknown): value is ParseTrack {
  return typeof value === 'function'
}

function readRoute (value: unknown = {}): Required<RouteOptions> | null {
  const right = '`false`, a path such as `/now-playing`, or `{ url?: string, cacheControl?: string, options?: object }`'
  if (value === false) return null
  const given = typeof value === 'string' ? { url: value } : object('route', value, right)
  const { url = '/now-playing', cacheControl = 'public, max-age=1', options = {}, ...rest } = given
  refuseOthers('route', rest, `\`route\` is ${right}`)
  if (typeof url !== 'string' || !/^\/[^?#*:]*$/.test(url)) throw wrong('route', url, right)
  // What Node refuses in a header would be an error at each request.
  if (typeof cacheControl !== 'string' || /[^\t\x20-\x7e]/.test(cacheControl)) {
    throw wrong('route.cacheControl', cacheControl, 'a header value such as `no-cache`')
  }
  return { url: url.replace(/\/+$/, ''), cacheControl, options: readRouteOptions(options) }
}

function readRouteOptions (value: unknown): FastifyRouteOptions {
  const options = object('route.options', value, 'an object of Fastify\'s route options, such as `{ preValidation: … }`')
  const other = Object.keys(options).find((key) => !ROUTE_OPTIONS.some((known) => known === key))
  if (other !== undefined) throw unasked(`route.options.${other}`, `there can be ${ROUTE_OPTIONS.join(', ')}`)
  // What is in them Fastify checks by itself.
  return options
}

function readLimits (value: unknown = {}): Settings['limits'] {
  const right = '`{ subscribers?: number, perAddress?: number, waiting?: number, slowAfter?: number }`'
  const { subscribers, perAddress, waiting, slowAfter, ...rest } = object('limits', value, right)
  refuseOthers('limits', rest, `\`limits\` is ${right}`)
  return {
    subscribers: whole('limits.subscribers', subscribers, 20_000, 0, 1_000_000),
    perAddress: perAddress === undefined ? null : whole('limits.perAddress', perAddress, 0, 1, 1_000_000),
    waiting: whole('limits.waiting', waiting, 5000, 0, 1_000_000),
    slowAfter: whole('limits.slowAfter', slowAfter, 30_000, 100, 3_600_000)
  }
}

function readOrigins (value: unknown): ReadonlySet<string> {
  const right = 'a list of origins as browsers send them, such as `[\'https://radio.example\']`'
  if (!Array.isArray(value)) throw wrong('origins', value, right)
  const list: unknown[] = value
  return new Set(list.map((origin) => {
    if (typeof origin !== 'string' || parseUrl(origin)?.origin !== origin) throw wrong('origins', origin, right)
    return origin
  }))
}

function parseUrl (value: unknown): URL | null {
  return typeof value === 'string' && URL.canParse(value) ? new URL(value) : null
}

/** A `%` that encodes nothing stands for itself: passwords are typed by people. */
function decode (part: string): string {
  return part.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      return encoded
    }
  })
}
