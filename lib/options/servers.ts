import { invalidOption } from '../errors.ts'
import type { CaCertificates } from '../icecast/request.ts'
import { readObject, rejectUnknownKeys, unexpectedOption } from './checks.ts'
import { parseUrl } from './url.ts'

export interface ServerAddress {
  /** Without credentials and with a trailing slash, so that `new URL('status-json.xsl', url)` stays below a base path. */
  url: URL
  /** The value of the `Authorization` header; null without an account. */
  authorization: string | null
  /** Certificates that are trusted instead of Node's own; undefined for Node's own. */
  ca: CaCertificates | undefined
  /** Where listeners reach this server, with a trailing slash; null to publish `listenUrl` as Icecast gives it. */
  publicUrl: URL | null
}

/** Addresses of documents and streams, which people paste from a browser or a player. */
const FILE_NAME = /\.(?:xsl|xspf|m3u8?|pls|mp3|aac|og[ga]|opus|flac)\/?$/i
/** Each server is polled on its own. */
const MAX_SERVERS = 100
const SERVER_OPTIONS = ['url', 'auth', 'ca', 'publicUrl']

/** The server in `url`, or the list in `servers`. */
export function readServers ({ servers, ...options }: Record<string, unknown>): ServerAddress[] {
  if (servers === undefined) return [readServer('', options)]
  const expected = 'a list of servers, each once, such as `[{ url: \'http://main:8000\' }, { url: \'http://relay:8000\', auth: { … } }]`'
  for (const option of SERVER_OPTIONS) if (options[option] !== undefined) throw unexpectedOption(option, 'each entry of `servers` has its own')
  if (!Array.isArray(servers) || servers.length === 0 || servers.length > MAX_SERVERS) throw invalidOption('servers', servers, expected)
  const list: unknown[] = servers
  const addresses = list.map((server, index) => {
    const given = readObject(`servers.${index}`, server, '`{ url: string, auth?: object, ca?: string, publicUrl?: string }`')
    rejectUnknownKeys(`servers.${index}`, given, SERVER_OPTIONS)
    return readServer(`servers.${index}.`, given)
  })
  const duplicate = addresses.findIndex(({ url }, index) => addresses.slice(0, index).some((other) => other.url.href === url.href))
  if (duplicate >= 0) throw invalidOption(`servers.${duplicate}.url`, addresses[duplicate]?.url, 'another server than those before it')
  return addresses
}

/** `prefix` is what the names of the options begin with in messages: '' or `servers.0.`. */
function readServer (prefix: string, { url: given, auth, ca, publicUrl }: Record<string, unknown>): ServerAddress {
  const option = `${prefix}url`
  const expected = 'the address of an Icecast server, such as `http://localhost:8000`'
  const url = readHttpUrl(option, given, expected)
  if (FILE_NAME.test(url.pathname)) throw invalidOption(option, given, `${expected}, not the address of a document or a mount`)
  // `http://admin:12/34@host` has the host `admin`, and half a password as its path.
  if (url.pathname.includes('@')) throw invalidOption(option, given, `${expected}, with \`/\` and \`@\` in credentials as \`%2F\` and \`%40\``)
  const hasCredentials = url.username !== '' || url.password !== ''
  if (hasCredentials && auth !== undefined) throw invalidOption(`${prefix}auth`, auth, `left out when \`${option}\` carries credentials: give them once`)
  const account = hasCredentials ? { username: decode(url.username), password: decode(url.password) } : readAuth(`${prefix}auth`, auth)
  if (account !== null && !isUsername(account.username)) throw invalidOption(option, given, `${expected}, its username not empty and without a colon`)
  url.username = url.password = ''
  return {
    url,
    authorization: account && `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`,
    ca: readCertificates(`${prefix}ca`, ca),
    publicUrl: publicUrl === undefined ? null : readPublicUrl(`${prefix}publicUrl`, publicUrl)
  }
}

function readHttpUrl (option: string, given: unknown, expected: string): URL {
  const url = given instanceof URL ? new URL(given) : parseUrl(given)
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalidOption(option, given, expected)
  if (url.search !== '' || url.hash !== '') throw invalidOption(option, given, `${expected}, without \`?\` and \`#\``)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function readPublicUrl (option: string, given: unknown): URL {
  const expected = 'the address at which listeners reach the server, such as `https://stream.radio.example`, without credentials'
  const url = readHttpUrl(option, given, expected)
  if (url.username !== '' || url.password !== '') throw invalidOption(option, given, expected)
  return url
}

function readCertificates (option: string, value: unknown): CaCertificates | undefined {
  if (value === undefined) return undefined
  const list: unknown[] = [value].flat()
  if (list.length > 0 && list.every(isCertificate)) return list
  throw invalidOption(option, typeof value === 'string' ? value.slice(0, 40) : value, 'one or more CA certificates in PEM format, such as `readFileSync(\'ca.pem\')`')
}

function isCertificate (value: unknown): value is string | Buffer {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.includes('-----BEGIN CERTIFICATE-----')
}

function readAuth (option: string, value: unknown): { username: string, password: string } | null {
  if (value === undefined) return null
  const expected = '`{ username: string, password: string }`, the username not empty and without a colon'
  const auth = readObject(option, value, expected)
  rejectUnknownKeys(option, auth, ['username', 'password'])
  const { username, password } = auth
  for (const field of ['username', 'password']) {
    if (auth[field] === undefined) throw invalidOption(`${option}.${field}`, undefined, 'a string (an environment variable that is not set gives `undefined`)')
  }
  if (!isUsername(username) || typeof password !== 'string') throw invalidOption(option, value, expected)
  return { username, password }
}

/** Basic authentication ends the username at its first colon (RFC 7617). */
function isUsername (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes(':')
}

/** A `%` that encodes nothing stands for itself, since people type passwords. */
function decode (part: string): string {
  return part.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      return encoded
    }
  })
}
