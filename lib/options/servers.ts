import { readObject, rejectUnknownKeys, unexpectedOption, invalidOption } from './checks.ts'
import { parseUrl } from './url.ts'

export interface ServerAddress {
  url: URL
  authorization: string | null
}

/** The one in `url`, or those in `servers`. */
export function readServers ({ url, auth, servers }: Record<string, unknown>): ServerAddress[] {
  if (servers === undefined) return [readServer('', url, auth)]
  const right = 'a list of servers, each once, such as `[{ url: \'http://main:8000\' }, { url: \'http://relay:8000\', auth: { … } }]`'
  for (const [option, value] of Object.entries({ url, auth })) if (value !== undefined) throw unexpectedOption(option, 'each of `servers` has its own')
  if (!Array.isArray(servers) || servers.length === 0 || servers.length > MOST_SERVERS) throw invalidOption('servers', servers, right)
  const list: unknown[] = servers
  const read = list.map((server, index) => {
    const { url, auth, ...rest } = readObject(`servers.${index}`, server, '`{ url: string, auth?: object }`')
    rejectUnknownKeys(`servers.${index}`, rest, 'a server has `url` and `auth`')
    return readServer(`servers.${index}.`, url, auth)
  })
  const twice = read.findIndex(({ url }, index) => read.slice(0, index).some((other) => other.url.href === url.href))
  if (twice >= 0) throw invalidOption(`servers.${twice}.url`, read[twice]?.url, 'another server than those before it')
  return read
}

/** What is pasted from a browser or a player. */
const DOCUMENT = /\.(?:xsl|xspf|m3u8?|pls|mp3|aac|og[ga]|opus|flac)$/i
/** Each is read by itself, all the time. */
const MOST_SERVERS = 100

/** `within`: what its options' names begin with. */
function readServer (within: string, value: unknown, auth: unknown): ServerAddress {
  const option = `${within}url`
  const right = 'the address of an Icecast server, such as `http://localhost:8000`'
  const url = value instanceof URL ? new URL(value) : parseUrl(value)
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalidOption(option, value, right)
  if (url.search !== '' || url.hash !== '') throw invalidOption(option, value, `${right}, without \`?\` and \`#\``)
  if (DOCUMENT.test(url.pathname)) throw invalidOption(option, value, `${right}, not of a document or a mount on it`)
  // `http://admin:12/34@host` has the host `admin`, and half a password as its path.
  if (url.pathname.includes('@')) throw invalidOption(option, value, `${right}, with \`/\` and \`@\` in credentials as \`%2F\` and \`%40\``)
  const inUrl = url.username !== '' || url.password !== ''
  if (inUrl && auth !== undefined) throw invalidOption(`${within}auth`, auth, `left out when \`${option}\` carries credentials: give them once`)
  const account = inUrl ? { username: decode(url.username), password: decode(url.password) } : readAuth(`${within}auth`, auth)
  if (account !== null && !isUsername(account.username)) throw invalidOption(option, value, `${right}, its username not empty and without a colon`)
  url.username = url.password = ''
  // So that `new URL('status-json.xsl', url)` stays below a base path.
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return { url, authorization: account && `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}` }
}

function readAuth (option: string, value: unknown): { username: string, password: string } | null {
  if (value === undefined) return null
  const right = '`{ username: string, password: string }`, the username not empty and without a colon'
  const { username, password } = readObject(option, value, right)
  if (!isUsername(username) || typeof password !== 'string') throw invalidOption(option, value, right)
  return { username, password }
}

/** Basic authentication ends the username at its first colon. */
function isUsername (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes(':')
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
