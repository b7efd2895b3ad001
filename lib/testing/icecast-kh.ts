import { utf8, type Bytes } from './bytes.ts'
import type { Answer, Dialect } from './dialect.ts'
import type { FakeRequest } from './request.ts'
import { written, type Server } from './server.ts'
import { mountStats, type Node, type Stat } from './statistics.ts'
import { escaped, statsFeed, statsNews } from './stats-feed-kh.ts'
import { icyHeaders, typeOf } from './stream-head.ts'
import { connect, title } from './title-kh.ts'
import { xmlAttribute, xmlIndented } from './xml.ts'

const ID = 'Icecast 2.4.0-kh22'

/** icecast-kh 2.4.0-kh22. */
export const icecastKh: Dialect = {
  connect,
  title,
  tell: (server, happening) => ({ stats: statsNews(server, globals(server), happening), events: [] }),
  answer,
  streamHead: (server, source, interval) =>
    Buffer.from(head('1.0', '200 OK', firstHeaders(server, typeOf(source)), icyHeaders(source, interval, ' ', false)), 'latin1'),
  // The administrator still gets in.
  limit: (server, request) => request.pathname.startsWith('/admin/')
    ? answer(server, request)
    : refuse(server, request, '403 Forbidden', 'Too many clients connected'),
  unauthorized: (server, request) => refuse(server, request, '401 Authentication Required', '', {
    'WWW-Authenticate': `Basic realm="${ID}"`
  }),
  notFound: (server, request) => refuse(server, request, '404 File Not Found', 'The file you requested could not be found'),
  // What it says is right from the first moment.
  starting: answer
}

function answer (server: Server, request: FakeRequest): Answer {
  const { method, pathname } = request
  if (method === 'OPTIONS') return reply(server, request, '204 No Content', 'text/html', '')
  if (method === 'POST') return refuse(server, request, '501 Not Implemented', '')
  if (method === 'STATS') return feed(server, request)
  if (method !== 'GET' && method !== 'HEAD') return { bytes: Buffer.alloc(0), then: 'close' }
  if (pathname.endsWith('.xsl')) return refuse(server, request, '404 File Not Found', 'Could not provide XSLT file')
  return pathname.startsWith('/admin/') ? admin(server, request) : icecastKh.notFound(server, request)
}

/** kh answers wrong credentials with 404, except at the path for relays. */
function feed (server: Server, request: FakeRequest): Answer {
  const who = server.who(request.credentials)
  const isRelays = request.pathname === '/admin/streams'
  if (who === 'admin' || (who === 'limited' && isRelays)) return statsFeed(server, globals(server), who === 'limited')
  return isRelays ? icecastKh.unauthorized(server, request) : icecastKh.notFound(server, request)
}

/** kh shows an administrator all statistics at any path below /admin/, except at a few. */
function admin (server: Server, request: FakeRequest): Answer {
  const { pathname, mount } = request
  const who = server.who(request.credentials)
  const isList = pathname === '/admin/streams' || pathname === '/admin/streamlist.txt'
  if (who !== 'admin' && !(isList && who === 'limited')) return icecastKh.unauthorized(server, request)
  if (isList) {
    const lines = mountStats(server, { mount: null, hidden: false }).map(({ path }) => `/admin/streams?mount=${escaped(path)}\r\n`)
    return reply(server, request, '200 OK', 'text/html', lines.join(''), false)
  }
  const sources = mountStats(server, { mount, hidden: true, path: escaped })
    .map(({ path, stats }): Node => ['source', stats, ` mount="${xmlAttribute(escaped(path))}"`])
  return reply(server, request, '200 OK', 'text/xml', `<?xml version="1.0"?>\n${xmlIndented(['icestats', [...globals(server), ...sources]])}`)
}

function globals (server: Server): Stat[] {
  const { counters, options } = server
  return [
    ['admin', utf8(options.admin)],
    ['banned_IPs', '0'],
    ['build', '20261122053817'],
    ['client_connections', `${counters.clients}`],
    ['clients', `${server.clients}`],
    ['connections', `${counters.connections}`],
    ['file_connections', '0'],
    ['host', utf8(options.hostname)],
    ['listener_connections', `${counters.listeners}`],
    ['listeners', `${server.totalListeners}`],
    ['location', utf8(options.location)],
    ['outgoing_kbitrate', '0'],
    ['server_id', ID],
    ['server_start', written.log(server.startedAt)],
    ['source_client_connections', `${counters.sources}`],
    ['source_relay_connections', '0'],
    ['source_total_connections', `${counters.sources}`],
    ['sources', `${server.sources.size}`],
    ['stats', `${server.feeds.stats}`],
    ['stats_connections', `${counters.stats}`],
    ['stream_kbytes_read', '0'],
    ['stream_kbytes_sent', '0']
  ]
}

/** Refusals have no `Server` header. */
function refuse (server: Server, request: FakeRequest, status: string, body: string, headers: Record<string, string> = {}): Answer {
  return send(request, status, {
    Connection: 'Close',
    Date: written.http(server.now() / 1000),
    'Content-Type': 'text/html',
    ...headers,
    'Content-Length': `${body.length}`
  }, body)
}

function reply (server: Server, request: FakeRequest, status: string, contentType: string, body: Bytes, hasLength = true): Answer {
  return send(request, status, { ...firstHeaders(server, contentType), ...hasLength && { 'Content-Length': `${body.length}` } }, body)
}

function firstHeaders (server: Server, contentType: string): Record<string, string> {
  return {
    Server: ID,
    Connection: 'Close',
    Pragma: 'no-cache',
    Expires: 'Thu, 19 Nov 1981 08:52:00 GMT',
    'Cache-Control': 'no-store, no-cache, private',
    Vary: 'Origin',
    Date: written.http(server.now() / 1000),
    'Content-Type': contentType
  }
}

function send ({ version }: FakeRequest, status: string, headers: Record<string, string>, body: Bytes): Answer {
  return { bytes: Buffer.from(`${head(version, status, headers)}${body}`, 'latin1'), then: 'close' }
}

function head (version: string, status: string, headers: Record<string, string>, more = ''): Bytes {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/${version} ${status}\r\n${lines.join('')}${more}\r\n`
}
