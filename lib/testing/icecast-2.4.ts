import { shown, utf8, type Bytes } from './bytes.ts'
import type { Answer, Dialect, Titled } from './dialect.ts'
import type { Title } from './options.ts'
import type { FakeRequest } from './request.ts'
import { written, type Server, type Source } from './server.ts'
import { audioInfo, firstStats, mountStats, serverStats, setStats, type Node, type Stat } from './statistics.ts'
import { statsFeed, statsNews } from './stats-feed.ts'
import { statusJson, type Stylesheet } from './status-json.ts'
import { icyHeaders, typeOf } from './stream-head.ts'
import { commentsOf, fieldsOf, hasComments } from './titles.ts'
import { xmlAttribute, xmlElement } from './xml.ts'

const ID = 'Icecast 2.4.4'

/** Icecast 2.4.4. */
export const icecast24: Dialect = {
  connect,
  title,
  tell: (server, happening) => ({ stats: statsNews(server, globals(server), happening), events: [] }),
  answer,
  streamHead: (server, source, interval) =>
    Buffer.from(head(server, '200 OK', { 'Content-Type': typeOf(source) }, {}, icyHeaders(source, interval, '', true)), 'latin1'),
  limit: server => ({ ...plain(server, '403 Forbidden', 'Icecast connection limit reached'), then: 'reset' }),
  unauthorized: server =>
    plain(server, '401 Authentication Required', 'You need to authenticate\r\n', {
      'WWW-Authenticate': 'Basic realm="Icecast2 Server"'
    }),
  notFound: server => refuse(server, '404 File Not Found', 'The file you requested could not be found'),
  starting: server => json(server, globals(server).filter(([name]) => !UNKNOWN_AT_FIRST.test(name)))
}

const UNKNOWN_AT_FIRST = /^(?:admin|host|location|server_id)$/

function answer (server: Server, request: FakeRequest): Answer {
  const { method, pathname, mount } = request
  if (method === 'OPTIONS' || method === 'DELETE') return { bytes: Buffer.alloc(0), then: 'close' }
  if (method === 'STATS') {
    return server.who(request.credentials) === 'admin' ? statsFeed(server, globals(server)) : icecast24.unauthorized(server, request)
  }
  if (method !== 'GET') return refuse(server, '400 Bad Request', 'unknown request')
  if (pathname === '/status-json.xsl') {
    const sources = mountStats(server, { mount, hidden: false }).map(({ stats }): Node => ['source', stats])
    return json(server, [...globals(server), ...sources])
  }
  if (pathname.startsWith('/admin/')) return admin(server, request)
  if (pathname.endsWith('.xsl')) return refuse(server, '404 File Not Found', 'Could not parse XSLT file')
  return icecast24.notFound(server, request)
}

function admin (server: Server, request: FakeRequest): Answer {
  const { pathname, mount } = request
  if (pathname !== '/admin/stats') return refuse(server, '400 Bad Request', 'Unrecognised command')
  if (server.who(request.credentials) !== 'admin') return icecast24.unauthorized(server, request)
  if (mount !== null && !server.sources.has(mount) && !server.isGhost(mount)) {
    return refuse(server, '400 Bad Request', 'Source does not exist')
  }
  const sources = mountStats(server, { mount, hidden: true })
    .map(({ path, stats }): Node => ['source', stats, ` mount="${xmlAttribute(utf8(path))}"`])
  const body = `<?xml version="1.0"?>\n${xmlElement(['icestats', [...globals(server), ...sources]])}\n`
  return reply(server, '200 OK', { 'Content-Type': 'text/xml; charset=utf-8' }, body)
}

function connect (_: Server, source: Source): void {
  setStats(source, [
    ...audioInfo(source),
    ...firstStats(source),
    ['stream_start', written.rfc2822(source.startedAt)],
    ['stream_start_iso8601', written.iso(source.startedAt)]
  ])
}

/** MP3 and AAC have one title, in which the artist of an earlier update stays on. Of Ogg only Vorbis is read. */
function title (_: Server, source: Source, title: Title): Titled {
  if (hasComments(source.options.contentType)) {
    return { changes: source.options.subtype === 'Vorbis' ? Object.entries(commentsOf(title)) : [], events: [] }
  }
  const { sent, charset } = source
  const { song, artist, title: name } = fieldsOf(title, charset)
  if (song !== undefined) sent.title = song
  else if (artist !== undefined && name !== undefined) Object.assign(sent, { artist, title: name })
  else return { changes: [], events: [] }
  // It travels on as StreamTitle='…'; and that is where it is cut.
  const [joined = ''] = `${sent.artist === null ? '' : `${sent.artist} - `}${sent.title}`.split("';", 1)
  const value = shown(joined, charset)
  return { changes: value === null ? [] : [['title', value]], events: [] }
}

const globals = (server: Server): Stat[] => serverStats(server, ID)

/** XPath's numbers are wider than JSON's: a lone minus is one, and so are `.5`, `5.` and `1e`. */
const NUMBER = /^[ \t\r\n]*(?=[-.\d])-?\d*(?:\.\d*)?(?:[eE][-+]?\d*)?[ \t\r\n]*$/

const SHEET: Stylesheet = {
  hidden: {
    icestats: /^(?:sources|clients|stats|listeners)$|connections/,
    source: /^(?:max_listeners|public|source_ip|slow_listeners|user_agent)$|total_bytes|connections/
  },
  number: text => NUMBER.test(text) && (text === '0' || !text.startsWith('0')) ? text : null
}

function json (server: Server, nodes: Node[]): Answer {
  return reply(server, '200 OK', { 'Content-Type': 'application/json; charset=UTF-8' }, statusJson(nodes, SHEET))
}

/** Refusals have no `Content-Length`; they end with the connection. */
function refuse (server: Server, status: string, why: string): Answer {
  const [code] = status.split(' ', 1)
  const page = `<html><head><title>Error ${code}</title></head><body><b>${code} - ${why}</b></body></html>\r\n`
  return reply(server, status, { 'Content-Type': 'text/html; charset=utf-8' }, page)
}

function plain (server: Server, status: string, body: Bytes, headers: Record<string, string> = {}): Answer {
  return reply(server, status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body)
}

function reply (server: Server, status: string, headers: Record<string, string>, body: Bytes): Answer {
  const length = status.startsWith('200') ? { 'Content-Length': `${body.length}` } : {}
  return { bytes: Buffer.from(`${head(server, status, headers, length)}${body}`, 'latin1'), then: 'close' }
}

function head (server: Server, status: string, headers: Record<string, string>, last: Record<string, string>, more = ''): Bytes {
  const lines = Object.entries({
    Server: ID,
    Connection: 'Close',
    Date: written.http(server.now() / 1000),
    ...headers,
    'Cache-Control': 'no-cache, no-store',
    Expires: 'Mon, 26 Jul 1997 05:00:00 GMT',
    Pragma: 'no-cache',
    ...last
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.0 ${status}\r\n${lines.join('')}${more}\r\n`
}
