import { text, unescape } from './bytes.ts'
import type { Credentials } from './options.ts'

/** A request that the fake has received, as tests see it. */
export interface LoggedRequest {
  method: string
  /** As it was sent, with its query. */
  path: string
  /** Whether it contained credentials. They are not in `headers`. */
  authorization: boolean
  /** By lower-case name. */
  headers: Readonly<Record<string, string>>
  /** When it was received, in ms since 1970, by the clock of the machine. */
  at: number
}

/** A request as the fake answers it. */
export interface FakeRequest extends LoggedRequest {
  /** The path without its query. */
  pathname: string
  /** Null if there are none, or if they are not `Basic`. */
  credentials: Credentials | null
  /** The mount in `?mount=`, decoded; null if there is none. */
  mount: string | null
  /** `1.0` or `1.1`. */
  version: string
  /** The client has asked to keep the connection. */
  keepAlive: boolean
}

/** Parses the head of a request, without its empty line; null if Icecast would not answer it. */
export function readRequest (head: string, at: number): FakeRequest | null {
  const [line = '', ...fields] = head.split('\r\n')
  const match = /^([A-Za-z]+) (\/(?!\/)\S*) HTTP\/(1\.[01])$/.exec(line)
  if (match === null) return null
  const [, method = '', path = '', version = ''] = match
  const headers: Record<string, string> = {}
  for (const field of fields) {
    const colon = field.indexOf(':')
    headers[field.slice(0, colon).trim().toLowerCase()] = field.slice(colon + 1).trim()
  }
  const { authorization, ...rest } = headers
  const [pathname = '', query = ''] = path.split('?', 2)
  const mount = query.split('&').find(pair => pair.startsWith('mount='))
  return {
    method: method.toUpperCase(),
    path,
    authorization: authorization !== undefined,
    headers: rest,
    at,
    pathname,
    credentials: readCredentials(authorization),
    mount: mount === undefined ? null : text(unescape(mount.slice('mount='.length))),
    version,
    keepAlive: rest.connection?.toLowerCase() === 'keep-alive'
  }
}

/** All versions accept `Basic` only in this spelling; credentials that they cannot read count as none. */
function readCredentials (authorization = ''): Credentials | null {
  if (!authorization.startsWith('Basic ')) return null
  const pair = Buffer.from(authorization.slice(6), 'base64').toString()
  const colon = pair.indexOf(':')
  return colon === -1 ? null : { username: pair.slice(0, colon), password: pair.slice(colon + 1) }
}
