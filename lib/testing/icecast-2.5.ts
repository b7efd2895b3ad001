import { type Bytes, utf8 } from './bytes.ts'
import type { Answer, Dialect } from './dialect.ts'
import { eventNews, keep, since } from './event-feed.ts'
import { hearsEvents } from './feeds.ts'
import { publicStats } from './publicstats.ts'
import type { FakeRequest } from './request.ts'
import { written, type Server } from './server.ts'
import { statsFeed, statsNews } from './stats-feed.ts'
import { mountStats, serverStats, type MountStats, type Node, type Stat } from './statistics.ts'
import { statusJson, type Stylesheet } from './status-json.ts'
import { icyHeaders, typeOf } from './stream-head.ts'
import { connect, title } from './title-2.5.ts'
import { xmlAttribute, xmlElement } from './xml.ts'

const ID = 'Icecast 2.4.999.2'

/** Icecast 2.5.0-rc2. */
export const icecast25: Dialect = {
  connect,
  title,
  tell: (server, happening) => ({
    stats: statsNews(server, globals(server), happening),
    events: keep(server, eventNews(server, happening))
  }),
  answer,
  streamHead: (server, source, interval) => Buffer.from(heading(server, '200 OK', 'Close', 'GET, DELETE, OPTIONS',
    { 'Content-Type': typeOf(source) }, {}, icyHeaders(source, interval, '', true)), 'latin1'),
  // The one answer here that was not recorded in bytes.
  limit: (server, request) => {
    const page = '<html><head><title>Error 503</title></head><body>Icecast connection limit reached</body></html>\n'
    const answer = reply(server, request, '503 Service Unavailable', { 'Content-Type': 'text/html; charset=utf-8' }, page)
    return { ...answer, then: 'reset' }
  },
  unauthorized: (server, request) => report(server, request, 'authenticate'),
  notFound: (server, request) => report(server, request, 'file'),
  starting: (server, request) => {
    const known = globals(server).filter(([name]) => !/^(?:admin|host|instance_uuid|location|server_id)$/.test(name))
    if (request.pathname === '/status-json.xsl') return json(server, request, [...FRAME, ...known])
    return request.pathname === '/admin/publicstats.json' ? publicly(server, request, known, []) : answer(server, request)
  }
}

/** Errors: the status, what tells one from another whatever the text, and the text. */
const REPORTS = {
  authenticate: ['401 Authentication Required', '25387198-0643-4577-9139-7c4f24f59d4a', 'You need to authenticate'],
  command: ['400 Bad Request', '811bddac-5be5-4580-9cde-7b849e66dfe5', 'unrecognised command'],
  file: ['404 File Not Found', '18c32b43-0d8e-469d-b434-10133cdd06ad', 'The file you requested could not be found'],
  source: ['404 File Not Found', '2f51a026-02e4-4fe4-bf9d-cc16557b3b65', 'Source does not exist'],
  request: ['405 Method Not Allowed', '78f590cc-8812-40d5-a4ef-17344ab75b35', 'unknown request']
} as const

const KNOWN_TO_ADMIN = new Set(['/admin/stats', '/admin/publicstats.json', '/admin/eventfeed'])

function answer (server: Server, request: FakeRequest): Answer {
  const { method, pathname, mount } = request
  if (!/^(?:GET|POST|HEAD|OPTIONS|DELETE|TRACE|STATS|PUT|SOURCE)$/.test(method)) return { bytes: Buffer.alloc(0), then: 'close' }
  if (server.who(request.credentials) === 'stranger') return report(server, request, 'authenticate')
  if (method === 'HEAD') return report(server, request, 'request')
  if (method === 'OPTIONS') return reply(server, request, '204 No Content', {}, '')
  if (method === 'STATS') return stats(server, request)
  if ((method !== 'GET' && method !== 'POST') || !mayRead(server, request)) return report(server, request, 'authenticate')
  if (pathname === '/status-json.xsl') {
    const mounts = mountStats(server, { mount, hidden: false, host: hostOf(server, request) })
    return json(server, request, [...FRAME, ...globals(server), ...mounts.map(mount => sourceNode(mount))])
  }
  if (!pathname.startsWith('/admin/')) return report(server, request, 'file')
  if (!KNOWN_TO_ADMIN.has(pathname)) return report(server, request, 'command')
  const isFeed = pathname === '/admin/eventfeed'
  if (isFeed && mount === '') return eventFeed(server, request)
  if (mount !== null && !server.sources.has(mount) && !server.isGhost(mount)) return report(server, request, 'source')
  if (isFeed) return eventFeed(server, request)
  const isPublic = pathname === '/admin/publicstats.json'
  const mounts = mountStats(server, { mount, hidden: !isPublic, host: hostOf(server, request) })
  if (isPublic) return publicly(server, request, globals(server), mounts)
  const nodes = [...FRAME, ...globals(server), ...mounts.map(found => sourceNode(found, mount !== null))]
  return reply(server, request, '200 OK', XML, `<?xml version="1.0"?>\n${xmlElement(['icestats', nodes])}\n`)
}

function stats (server: Server, request: FakeRequest): Answer {
  const who = server.who(request.credentials)
  if (who === 'anonymous') return report(server, request, 'authenticate')
  return request.pathname.startsWith('/admin/') ? report(server, request, 'command') : statsFeed(server, globals(server))
}

/** It says nothing of how things are; only what comes, and what has come since an event that the client names. */
function eventFeed (server: Server, request: FakeRequest): Answer {
  const hears = hearsEvents(request.mount === '' ? null : request.mount)
  const missed = hears({ stats: [], events: since(server, request.headers['last-event-id']) })
  const first = head(server, request, '200 OK', 'Close', { 'Content-Type': 'text/event-stream' })
  return { bytes: Buffer.from(first + missed, 'latin1'), then: hears }
}

/** Below /admin/, publicstats.json is for everyone, eventfeed also for the limited role, and the rest for the administrator. */
function mayRead (server: Server, { pathname, credentials }: FakeRequest): boolean {
  if (!pathname.startsWith('/admin/') || pathname === '/admin/publicstats.json') return true
  const who = server.who(credentials)
  return who === 'admin' || (who === 'limited' && pathname === '/admin/eventfeed')
}

/** `listenurl` leads to where the request came in, and to the address where it does not say. */
function hostOf (server: Server, request: FakeRequest): string {
  return request.headers.host ?? `127.0.0.1:${server.port}`
}

function role (id: number, type: string, name: string): Node {
  const isStatic = type === 'static'
  const url = isStatic ? ` management-url="/admin/manageauth.xsl?id=${id}"` : ''
  return ['role', [], ` id="${id}" type="${type}" name="${name}"${url} can-adduser="false" can-deleteuser="false" can-listuser="${isStatic}"`]
}

/** What stands before all statistics. */
const FRAME: Node[] = [
  ['modules', []],
  ['authentication', [role(0, 'static', 'legacy-admin'), role(1, 'static', 'legacy-relay'), role(2, 'anonymous', 'anonymous')]]
]

const globals = (server: Server): Stat[] => serverStats(server, ID, [['instance_uuid', server.instance]])

function sourceNode ({ path, source, stats }: MountStats, isAlone = false): Node {
  const mount = ` mount="${xmlAttribute(utf8(path))}"`
  if (source === null) return ['source', stats, mount]
  const { options, metadata, tracks } = source
  // A mount that is not in the configuration lets any source in, by a role of its own.
  const isConfigured = options.charset !== undefined || options.hidden === true
  return ['source', [
    ...stats,
    ['playlist', [['trackList', tracks.map(track => ['track', track])]], ' version="1" xmlns="http://xspf.org/ns/0/"'],
    ['metadata', metadata],
    ['content-type', utf8(options.contentType ?? 'audio/mpeg')],
    ...isAlone ? [['geoip', []] satisfies Node] : [],
    ['authentication', isConfigured ? [] : [role(3, 'static', 'legacy-global-source')]]
  ], mount]
}

const SHEET: Stylesheet = {
  hidden: {
    icestats: /^(?:sources|clients|stats|listeners)$|connections/,
    source: /^(?:max_listeners|public|source_ip|slow_listeners|user_agent)$|total_bytes|connections/
  },
  /** Gives a number the digits that JSON wants: `.5` becomes 0.5, `5.` becomes 5.0. */
  number: text => {
    const [, sign, whole, fraction, exponent = ''] = /^(-?)(0|[1-9]\d*|(?=\.\d))(\.\d*)?([eE][-+]?\d+)?$/.exec(text) ?? []
    if (sign === undefined || whole === undefined) return null
    return `${sign}${whole || '0'}${fraction === '.' ? '.0' : fraction ?? ''}${exponent}`
  }
}

const XML = { 'Content-Type': 'text/xml; charset=utf-8' }

function json (server: Server, request: FakeRequest, nodes: Node[]): Answer {
  return reply(server, request, '200 OK', { 'Content-Type': 'application/json; charset=UTF-8' }, statusJson(nodes, SHEET))
}

function publicly (server: Server, request: FakeRequest, globals: Stat[], mounts: MountStats[]): Answer {
  const headers = { 'Content-Type': 'application/json; charset=utf-8' }
  return reply(server, request, '200 OK', headers, publicStats(globals, mounts), { Warning: '299 - "JSON rendering is experimental"' })
}

function report (server: Server, request: FakeRequest, error: keyof typeof REPORTS): Answer {
  const [status, definition, text] = REPORTS[error]
  const headers = { ...XML, ...error === 'authenticate' && { 'WWW-Authenticate': 'Basic realm="Icecast2 Server"' } }
  return reply(server, request, status, headers, `<?xml version="1.0"?>\n${xmlElement(['report', [
    ['extension', [
      ['icestats', [['modules', []]], ' xmlns="http://icecast.org/specs/legacystats-0.0.1"']
    ], ' application="http://icecast.org/specs/legacy-icestats"'],
    ['incident', [['state', [['text', text]], ` definition="${definition}"`]]]
  ], ' xmlns="http://icecast.org/specs/reportxml-0.0.1" version="0.0.1"'])}\n`)
}

/** The connection is kept only when asked for, whatever its header says. */
function reply (server: Server, request: FakeRequest, status: string, headers: Record<string, string>, body: Bytes, last = {}): Answer {
  return {
    bytes: Buffer.from(`${head(server, request, status, 'Keep-Alive', headers, { 'Content-Length': `${body.length}`, ...last })}${body}`, 'latin1'),
    then: request.keepAlive ? 'keep' : 'close'
  }
}

function head (server: Server, { pathname }: FakeRequest, status: string, connection: string, headers: Record<string, string>, last = {}): string {
  const allowed = KNOWN_TO_ADMIN.has(pathname) ? 'GET, POST, OPTIONS' : 'GET, PUT, OPTIONS, SOURCE'
  return heading(server, status, connection, allowed, headers, last)
}

function heading (
  server: Server, status: string, connection: string, allowed: string, headers: Record<string, string>, last: Record<string, string>, more = ''
): string {
  const lines = Object.entries({
    Server: ID,
    Connection: connection,
    'Accept-Encoding': 'identity',
    Allow: allowed,
    Date: written.http(server.now() / 1000),
    ...headers,
    'Cache-Control': 'no-cache, no-store',
    Expires: 'Mon, 26 Jul 1997 05:00:00 GMT',
    Pragma: 'no-cache',
    ...last
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status}\r\n${lines.join('')}${more}\r\n`
}
