import type { RouteOptions, Settings } from './options.ts'
import { readBoolean, readObject, rejectUnknownKeys, unexpectedOption, readInteger, invalidOption } from './checks.ts'
import { ROUTE_OPTIONS, type FastifyRouteOptions } from './fastify.ts'
import { parseUrl } from './url.ts'

export function readRoute (value: unknown = {}): Required<RouteOptions> | null {
  const right = '`false`, a path such as `/now-playing`, or `{ url?: string, cacheControl?: string, client?: boolean, schema?: boolean, options?: object }`'
  if (value === false) return null
  const given = typeof value === 'string' ? { url: value } : readObject('route', value, right)
  const { url = '/now-playing', cacheControl = 'public, max-age=1', client = true, schema = true, options = {}, ...rest } = given
  rejectUnknownKeys('route', rest, `\`route\` is ${right}`)
  if (typeof url !== 'string' || !/^\/[^?#*:]*$/.test(url)) throw invalidOption('route', url, right)
  // What Node refuses in a header would be an error at each request.
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

function readRouteOptions (value: unknown): FastifyRouteOptions {
  const options = readObject('route.options', value, 'an object of Fastify\'s route options, such as `{ preValidation: … }`')
  if ('preSerialization' in options) throw unexpectedOption('route.options.preSerialization', 'it would never run, since the answers are bytes already: use `onSend`')
  const other = Object.keys(options).find((key) => !ROUTE_OPTIONS.some((known) => known === key))
  if (other !== undefined) throw unexpectedOption(`route.options.${other}`, `there can be ${ROUTE_OPTIONS.join(', ')}`)
  // What is in them Fastify checks by itself.
  return options
}

export function readLimits (value: unknown = {}): Settings['limits'] {
  const right = '`{ subscribers?: number, perAddress?: number, waiting?: number, slowAfter?: number }`'
  const { subscribers, perAddress, waiting, slowAfter, ...rest } = readObject('limits', value, right)
  rejectUnknownKeys('limits', rest, `\`limits\` is ${right}`)
  return {
    subscribers: readInteger('limits.subscribers', subscribers, 20_000, 0, 1_000_000),
    perAddress: perAddress === undefined ? null : readInteger('limits.perAddress', perAddress, 0, 1, 1_000_000),
    waiting: readInteger('limits.waiting', waiting, 5000, 0, 1_000_000),
    slowAfter: readInteger('limits.slowAfter', slowAfter, 30_000, 100, 3_600_000)
  }
}

export function readOrigins (value: unknown): ReadonlySet<string> {
  const right = 'a list of whole origins as browsers send them, such as `[\'https://radio.example\']`'
  if (!Array.isArray(value)) throw invalidOption('origins', value, right)
  const list: unknown[] = value
  return new Set(list.map((origin) => {
    // One with `*` is a valid address, and nobody's origin.
    if (typeof origin !== 'string' || parseUrl(origin)?.origin !== origin || origin.includes('*')) throw invalidOption('origins', origin, right)
    return origin
  }))
}
