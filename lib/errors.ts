import createError from '@fastify/error'

// Configuration errors: thrown at registration.

export const FST_ICECAST_INVALID_OPTION = createError<[option: string, got: string, expected: string]>(
  'FST_ICECAST_INVALID_OPTION', 'fastify-icecast: option `%s` is %s; it should be %s')

export const FST_ICECAST_ALREADY_REGISTERED = createError(
  'FST_ICECAST_ALREADY_REGISTERED',
  'fastify-icecast is already registered here: `app.nowPlaying` exists. Register it once, and name every station in `stations`')

// Wrong use of `app.nowPlaying.tell()`. In a route of the app it answers with status 400.

export const FST_ICECAST_INVALID_DETAILS = createError<[field: string, got: string, expected: string]>(
  'FST_ICECAST_INVALID_DETAILS', 'nowPlaying.tell: `%s` is %s; it should be %s', 400)

// Errors of a request or subscription, sent to the client.

export const FST_ICECAST_UNKNOWN_STATION = createError<[station: string, known: string]>(
  'FST_ICECAST_UNKNOWN_STATION', 'There is no station `%s`. %s', 404)

export const FST_ICECAST_FULL = createError(
  'FST_ICECAST_FULL', 'Subscriber limit reached; retry later or use GET', 503)

export const FST_ICECAST_TOO_MANY = createError(
  'FST_ICECAST_TOO_MANY', 'Subscriber limit for your address reached', 429)

export const FST_ICECAST_ORIGIN = createError<[origin: string]>(
  'FST_ICECAST_ORIGIN', 'Origin `%s` is not listed in `origins`', 403)

// The package is not complete.

export const FST_ICECAST_NOT_BUILT = createError<[reason: string]>(
  'FST_ICECAST_NOT_BUILT',
  'fastify-icecast: the module for pages is missing (%s). In a clone run `npm run build:client`; if your backend is bundled, keep fastify-icecast out of the bundle, or turn this route off with `route: { client: false }`')

// Failures of an Icecast server: logged, never sent to clients.

export const FST_ICECAST_UNREACHABLE = createError<[reason: string]>(
  'FST_ICECAST_UNREACHABLE', 'Icecast cannot be reached: %s')

export const FST_ICECAST_TIMEOUT = createError<[ms: number]>(
  'FST_ICECAST_TIMEOUT', 'Icecast did not answer within %s ms')

export const FST_ICECAST_TOO_LARGE = createError<[bytes: number]>(
  'FST_ICECAST_TOO_LARGE', 'Icecast sent more than %s bytes')

export const FST_ICECAST_AT_LIMIT = createError<[status: number]>(
  'FST_ICECAST_AT_LIMIT', 'Icecast is at its <clients> limit (HTTP %s)')

export const FST_ICECAST_UNAUTHORIZED = createError<[status: number, path: string]>(
  'FST_ICECAST_UNAUTHORIZED', 'Icecast refused access (HTTP %s for %s): check `auth`')

export const FST_ICECAST_LISTENER_ACCOUNT = createError<[path: string]>(
  'FST_ICECAST_LISTENER_ACCOUNT', 'The stream %s is only for listeners with an account: the plugin has none and never sends `auth` with a stream')

export const FST_ICECAST_NOT_FOUND = createError<[path: string]>(
  'FST_ICECAST_NOT_FOUND', 'Icecast has no %s (HTTP 404): check `url`')

export const FST_ICECAST_NOT_ICECAST = createError<[server: string]>(
  'FST_ICECAST_NOT_ICECAST', 'The server is not Icecast but %s, which this plugin cannot read: check `url`')

export const FST_ICECAST_BAD_STATUS = createError<[status: number, path: string]>(
  'FST_ICECAST_BAD_STATUS', 'Icecast answered HTTP %s for %s')

export const FST_ICECAST_BAD_DOCUMENT = createError<[document: string, reason: string]>(
  'FST_ICECAST_BAD_DOCUMENT', 'Icecast sent a %s that cannot be read: %s')

export const FST_ICECAST_CLOSED = createError(
  'FST_ICECAST_CLOSED', 'The app is closing, so Icecast is no longer read')

// Failures of `enrich` or `store`: logged. FST_ICECAST_FILE_STORE is thrown for a path that cannot be a file.

export const FST_ICECAST_ENRICH_TIMEOUT = createError<[ms: number]>(
  'FST_ICECAST_ENRICH_TIMEOUT', '`enrich` did not answer within %s ms')

export const FST_ICECAST_ENRICH_FIELD = createError<[field: string, right: string]>(
  'FST_ICECAST_ENRICH_FIELD', '`enrich` returned an invalid `%s`, which is left out: it %s')

export const FST_ICECAST_STORE_TIMEOUT = createError<[what: string, ms: number]>(
  'FST_ICECAST_STORE_TIMEOUT', '`store` did not %s within %s ms')

export const FST_ICECAST_FILE_STORE = createError<[path: string, reason: string]>(
  'FST_ICECAST_FILE_STORE', 'The file `%s` cannot store the history: %s')

// Failures of the backplane: logged. Meanwhile each instance reads Icecast itself.

export const FST_ICECAST_BACKPLANE_TIMEOUT = createError<[what: string, ms: number]>(
  'FST_ICECAST_BACKPLANE_TIMEOUT', '`backplane` did not %s within %s ms')

export const FST_ICECAST_BACKPLANE_STATE = createError<[reason: string]>(
  'FST_ICECAST_BACKPLANE_STATE', 'The state in the backplane cannot be used: %s')

// Wrong use of `fastify-icecast/metrics`.

export const FST_ICECAST_READ_ONLY = createError(
  'FST_ICECAST_READ_ONLY', 'The metrics of fastify-icecast can be read, but not changed')

// Failures of Redis: logged.

export const FST_ICECAST_REDIS = createError<[reason: string]>(
  'FST_ICECAST_REDIS', 'Redis cannot be used: %s')

export const FST_ICECAST_REDIS_TIMEOUT = createError<[what: string, ms: number]>(
  'FST_ICECAST_REDIS_TIMEOUT', 'Redis did not %s within %s ms')

// Wrong use of `fastify-icecast/testing`.

export const FST_ICECAST_FAKE = createError<[what: string]>(
  'FST_ICECAST_FAKE', 'fakeIcecast: %s')

/** An FST_ICECAST_INVALID_OPTION that shows the value, but never a credential. `expected` says what would be right. */
export function invalidOption (option: string, value: unknown, expected: string): Error {
  return new FST_ICECAST_INVALID_OPTION(option, describeValue(option, value), expected)
}

/** An FST_ICECAST_INVALID_DETAILS that shows the value. `expected` says what would be right. */
export function invalidDetails (field: string, value: unknown, expected: string): Error {
  return new FST_ICECAST_INVALID_DETAILS(field, describeValue(field, value), expected)
}

/** The value as a developer typed it, without anything that should not be in a log. */
function describeValue (option: string, value: unknown): string {
  if (value === undefined) return 'missing'
  if (/(?:^|\.)auth$/.test(option)) return 'given'
  if (value instanceof URL) return describeValue(option, value.href)
  if (Array.isArray(value)) return value.length === 0 ? '[]' : '[…]'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return shorten(`{ ${Object.keys(value).join(', ')} }`.replace('{  }', '{}'))
  return typeof value === 'string' ? shorten(JSON.stringify(withoutCredentials(value))) : String(value)
}

/**
 * An account may stand before the last `@`, a token after `?`, and a password after a colon that no port follows
 * (`http://admin:s3cret`, the `@` forgotten), however mistyped the URL is.
 */
function withoutCredentials (text: string): string {
  return text.replace(/^.*@/s, '…@').replace(/[?#].*/s, '?…').replace(/^((?:[^/:]*:)?\/\/)?([^/:]+):(?!\/\/)(?!\d+(?:\/|$)).*/s, '$1$2:…')
}

function shorten (text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
