import type { RouteOptions, Settings } from '../options.ts'
import { flag, object, refuseOthers, unasked, whole, wrong } from './checks.ts'
import { ROUTE_OPTIONS, type FastifyRouteOptions } from './fastify.ts'
import { parseUrl } from './url.ts'

export function readRoute (value: unknown = {}): Required<RouteOptions> | null {
  const right = '`false`, a path such as `/now-playing`, or `{ url?: string, cacheControl?: string, client?: boolean, options?: object }`'
  if (value === false) return null
  const given = typeof value === 'string' ? { url: value } : object('route', value, right)
  const { url = '/now-playing', cacheControl = 'public, max-age=1', client = true, options = {}, ...rest } = given
  refuseOthers('route', rest, `\`route\` is ${right}`)
  if (typeof url !== 'string' || !/^\/[^?#*:]*$/.test(url)) throw wrong('route', url, right)
  // What Node refuses in a header would be an error at each request.
  if (typeof cacheControl !== 'string' || /[^\t\x20-\x7e]/.test(cacheControl)) {
    throw wrong('route.cacheControl', cacheControl, 'a header value such as `no-cache`')
  }
  return { url: url.replace(/\/+$/, ''), cacheControl, client: flag('route.client', client, true), options: readRouteOptions(options) }
}

function readRouteOptions (value: unknown): FastifyRouteOptions {
  const options = object('route.options', value, 'an object of Fastify\'s route options, such as `{ preValidation: … }`')
  const other = Object.keys(options).find((key) => !ROUTE_OPTIONS.some((known) => known === key))
  if (other !== undefined) throw unasked(`route.options.${other}`, `there can be ${ROUTE_OPTIONS.join(', ')}`)
  // What is in them Fastify checks by itself.
  return options
}

export function readLimits (value: unknown = {}): Settings['limits'] {
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

export function readOrigins (value: unknown): ReadonlySet<string> {
  const right = 'a list of whole origins as browsers send them, such as `[\'https://radio.example\']`'
  if (!Array.isArray(value)) throw wrong('origins', value, right)
  const list: unknown[] = value
  return new Set(list.map((origin) => {
    // One with `*` is a valid address, and nobody's origin.
    if (typeof origin !== 'string' || parseUrl(origin)?.origin !== origin || origin.includes('*')) throw wrong('origins', origin, right)
    return origin
  }))
}
