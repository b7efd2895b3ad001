import { invalidOption } from '../errors.ts'
import { readBoolean, readInteger, readObject, rejectUnknownKeys, unexpectedOption } from './checks.ts'
import { ROUTE_OPTIONS, type FastifyRouteOptions } from './fastify.ts'
import type { RouteOptions, Settings } from './options.ts'
import { parseUrl } from './url.ts'

/** Null when `route` is false. */
export function readRoute (value: unknown = {}): Settings['route'] {
  const expected = '`false`, a path such as `/now-playing`, or `{ url?: string, cacheControl?: string, client?: boolean, schema?: boolean, options?: object }`'
  if (value === false) return null
  const given = typeof value === 'string' ? { url: value } : readObject('route', value, expected)
  rejectUnknownKeys('route', given, ['url', 'cacheControl', 'client', 'schema', 'options'])
  const { url = '/now-playing', cacheControl = 'public, max-age=1', client, schema, options = {} }: { [Key in keyof RouteOptions]?: unknown } = given
  if (typeof url !== 'string' || !/^\/[^?#*:]*$/.test(url)) throw invalidOption('route', url, expected)
  // Node refuses other characters in a header, which would fail each request.
  if (typeof cacheControl !== 'string' || /[^\t\x20-\x7e]/.test(cacheControl)) {
    throw invalidOption('route.cacheControl', cacheControl, 'a header value such as `no-cache`')
  }
  return {
    url: url.replace(/\/+$/, ''),
    cacheControl,
    client: readBoolean('route.client', client, true),
    schema: readBoolean('route.schema', schema, true),
    options: readRouteOptions(options)
  }
}

/** Fastify itself checks the values. */
function readRouteOptions (value: unknown): FastifyRouteOptions {
  const options = readObject('route.options', value, 'an object with Fastify\'s route options, such as `{ preValidation: … }`')
  if ('preSerialization' in options) throw unexpectedOption('route.options.preSerialization', 'it would never run, since answers are serialized already; use `onSend`')
  rejectUnknownKeys('route.options', options, ROUTE_OPTIONS)
  return options
}

export function readLimits (value: unknown = {}): Settings['limits'] {
  const limits = readObject('limits', value, '`{ subscribers?: number, perAddress?: number, waiting?: number, slowAfter?: number }`')
  rejectUnknownKeys('limits', limits, ['subscribers', 'perAddress', 'waiting', 'slowAfter'])
  const { subscribers, perAddress, waiting, slowAfter } = limits
  return {
    subscribers: readInteger('limits.subscribers', subscribers, { default: 20_000, min: 0, max: MAX_CONNECTIONS }),
    perAddress: perAddress === undefined ? null : readInteger('limits.perAddress', perAddress, { default: 0, min: 1, max: MAX_CONNECTIONS }),
    waiting: readInteger('limits.waiting', waiting, { default: 5000, min: 0, max: MAX_CONNECTIONS }),
    slowAfter: readInteger('limits.slowAfter', slowAfter, { default: 30_000, min: 100, max: 3_600_000, unit: 'ms' })
  }
}

const MAX_CONNECTIONS = 1_000_000

export function readOrigins (value: unknown): ReadonlySet<string> {
  const expected = 'a list of whole origins as browsers send them, such as `[\'https://radio.example\']`'
  if (!Array.isArray(value)) throw invalidOption('origins', value, expected)
  const list: unknown[] = value
  return new Set(list.map((origin) => {
    if (typeof origin !== 'string' || !isOrigin(origin)) throw invalidOption('origins', origin, expected)
    return origin
  }))
}

/** The schemes of apps, as in `capacitor://localhost`, have no origin for `URL`; sandboxed pages send `null`. */
function isOrigin (origin: string): boolean {
  // An origin with `*` is a valid address, but no browser sends it.
  if (origin === 'null' || (parseUrl(origin)?.origin === origin && !origin.includes('*'))) return true
  return parseUrl(origin)?.origin === 'null' && /^[a-z][a-z\d+.-]*:\/\/[a-z\d.-]+(?::\d+)?$/.test(origin)
}
