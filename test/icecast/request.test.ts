import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type Test } from 'tap'
import { getDocument, openConnection, type Connection, type ServerSettings } from '../../lib/icecast/request.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { fullServer } from '../helpers/full-server.ts'

async function connection (t: Test, answer: RequestListener | string, settings: Partial<ServerSettings> = {}): Promise<Connection> {
  let url = answer
  if (typeof url !== 'string') {
    const server = createServer({ keepAlive: true }, url).listen(0, '127.0.0.1')
    t.teardown(() => { server.close().closeAllConnections() })
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }
  const connection = openConnection({ url: new URL(url), authorization: null, maxBytes: 1000, ...settings })
  t.teardown(() => connection.close())
  return connection
}

const soon = () => AbortSignal.timeout(10_000)

test('a request goes below the base path with the account and no header that reveals more', async (t) => {
  let seen: unknown
  const { url, ...rest } = await connection(t, ({ url, headers: { host, ...headers } }, response) => {
    seen = { url, headers }
    response.end('yes')
  }, { authorization: 'Basic eDp5' })
  const below = { ...rest, url: new URL('radio/', url) }
  t.equal(String(await getDocument(below, 'status-json.xsl?mount=%2Fa', soon())), 'yes')
  t.same(seen, {
    url: '/radio/status-json.xsl?mount=%2Fa',
    headers: { accept: '*/*', authorization: 'Basic eDp5', connection: 'close', 'user-agent': 'fastify-icecast' }
  })
  await getDocument({ ...below, authorization: null }, 'x', soon())
  t.notMatch(JSON.stringify(seen), /authorization/)
})

test('a document with more than `maxBytes` gives an error', async (t) => {
  let size = 0
  const one = await connection(t, (_, response) => { response.end('x'.repeat(size)) })
  for (size of [0, 1, 1000]) t.equal((await getDocument(one, 'x', soon())).length, size)
  for (size of [1001, 10_000_000]) await t.rejects(getDocument(one, 'x', soon()), { code: 'FST_ICECAST_TOO_LARGE', message: /1000 bytes/ })
})

const LIMIT_PAGE = '<!DOCTYPE html SYSTEM "about:legacy-compat">\n<title>Error — Icecast Admin</title>\n<p>Icecast connection limit reached</p>'
const PROXY_PAGE = '<html>\n<head><title>503 Service Temporarily Unavailable</title></head>\n<hr><center>nginx</center>'
const refusals: Array<[status: number, body: string, code: string, server?: string]> = [
  [401, '', 'FST_ICECAST_UNAUTHORIZED'],
  [403, '', 'FST_ICECAST_UNAUTHORIZED'],
  [403, 'no', 'FST_ICECAST_UNAUTHORIZED'],
  [403, 'Icecast connection limit reached', 'FST_ICECAST_AT_LIMIT'],
  [403, 'Too many clients connected', 'FST_ICECAST_AT_LIMIT'],
  [403, `${' '.repeat(1000)}limit`, 'FST_ICECAST_UNAUTHORIZED'],
  [404, '', 'FST_ICECAST_NOT_FOUND'],
  [404, 'x'.repeat(1_000_000), 'FST_ICECAST_NOT_FOUND'],
  [503, LIMIT_PAGE, 'FST_ICECAST_AT_LIMIT'],
  [503, '', 'FST_ICECAST_AT_LIMIT', 'Icecast 2.5.0'],
  [503, PROXY_PAGE, 'FST_ICECAST_BAD_STATUS', 'nginx'],
  [503, '', 'FST_ICECAST_BAD_STATUS'],
  [502, PROXY_PAGE, 'FST_ICECAST_BAD_STATUS', 'nginx'],
  [500, '', 'FST_ICECAST_BAD_STATUS'],
  [204, '', 'FST_ICECAST_BAD_STATUS'],
  [206, 'part', 'FST_ICECAST_BAD_STATUS'],
  [302, '', 'FST_ICECAST_BAD_STATUS'],
  [400, 'x'.repeat(2000), 'FST_ICECAST_BAD_STATUS']
]
test('an error response gives the error for its status and text', async (t) => {
  let now: [number, string, object] = [0, '', {}]
  const one = await connection(t, (_, response) => { response.writeHead(now[0], { ...now[2] }).end(now[1]) })
  for (const [status, body, code, server] of refusals) {
    now = [status, body, server === undefined ? {} : { server }]
    await t.rejects(getDocument(one, 'admin/stats', soon()), { code }, `${status} ${body.slice(0, 30)}`)
  }
})

test('an error response that is cut off gives the same error', async (t) => {
  let now: [status: number, body: string] = [0, '']
  const one = await connection(t, ({ socket }, response) => {
    response.writeHead(now[0], { server: 'Icecast', 'content-length': 1000 }).flushHeaders()
    socket.write(now[1], () => setImmediate(() => socket.resetAndDestroy()))
  })
  for (const [status, body, code] of [
    [403, 'Icecast connection limit reached', 'FST_ICECAST_AT_LIMIT'],
    [403, '', 'FST_ICECAST_AT_LIMIT'],
    [403, 'no', 'FST_ICECAST_UNAUTHORIZED'],
    [503, LIMIT_PAGE, 'FST_ICECAST_AT_LIMIT'],
    [404, 'File', 'FST_ICECAST_NOT_FOUND']
  ] as const) {
    now = [status, body]
    await t.rejects(getDocument(one, 'x', soon()), { code }, `${status} ${body}`)
  }
})

test('an error response that never ends is abandoned in time', async (t) => {
  const one = await connection(t, (_, response) => { response.writeHead(403).flushHeaders() })
  await t.rejects(getDocument(one, 'x', AbortSignal.timeout(50)), { name: 'TimeoutError' })
})

test('a server that cannot be reached gives an error with the reason', async (t) => {
  const nowhere = await connection(t, 'http://127.0.0.1:1/')
  await t.rejects(getDocument(nowhere, 'x', soon()), { code: 'FST_ICECAST_UNREACHABLE', message: /connect ECONNREFUSED 127\.0\.0\.1:1$/ })
  const nobody = await connection(t, 'http://no-such-host.invalid/')
  await t.rejects(getDocument(nobody, 'x', soon()), { code: 'FST_ICECAST_UNREACHABLE', message: /no-such-host\.invalid/ })
  const cut = await connection(t, ({ socket }) => { socket.destroy() })
  await t.rejects(getDocument(cut, 'x', soon()), { code: 'FST_ICECAST_UNREACHABLE', message: /closed before the answer was complete/ })
})

test('a request that is kept waiting ends with its signal and rejects with its reason', async (t) => {
  for (const fault of ['hang', 'hang-body', 'drip', 'too-large'] as const) {
    const icecast = await fakeIcecast()
    t.teardown(() => icecast.close())
    await icecast.fail(fault)
    const one = await connection(t, `${icecast.url}/`, { maxBytes: Infinity })
    const abort = new AbortController()
    const asked = getDocument(one, 'status-json.xsl', abort.signal)
    await icecast.requested()
    abort.abort(new Error('enough'))
    await t.rejects(asked, { message: 'enough' }, fault)
    await icecast.recover()
    t.match(String(await getDocument(one, 'status-json.xsl', soon())), /^{"icestats"/, 'and leaves the next one alone')
  }
})

test('a connection attempt ends with its signal, and with close()', async (t) => {
  const url = await fullServer(t)
  const one = await connection(t, url)
  for (let i = 0; i < 3; i++) {
    const abort = new AbortController()
    const asked = getDocument(one, 'x', abort.signal)
    setImmediate(() => abort.abort(new Error('enough')))
    await t.rejects(asked, { message: 'enough' })
  }
  const asked = getDocument(one, 'x', new AbortController().signal)
  const refused = t.rejects(asked, { code: 'FST_ICECAST_UNREACHABLE' })
  await new Promise(setImmediate)
  await one.close()
  await refused
  await one.close()
  await t.rejects(getDocument(one, 'x', soon()), { code: 'FST_ICECAST_UNREACHABLE' }, 'closed is closed')

  t.notOk(process.getActiveResourcesInfo().includes('TCPConnectWrap'), 'nothing of it is left')
})

test('icecast-kh without an account is an error that says so', async (t) => {
  const icecast = await fakeIcecast({ version: 'kh' })
  t.teardown(() => icecast.close())
  const one = await connection(t, `${icecast.url}/`)
  await t.rejects(getDocument(one, 'admin/stats', soon()), {
    code: 'FST_ICECAST_UNAUTHORIZED', message: /^Icecast refused access \(HTTP 401 for admin\/stats\): check `auth` \(icecast-kh shows its documents only with an account\)$/
  })
})

test('a signal that is already aborted sends no request', async (t) => {
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  const one = await connection(t, `${icecast.url}/`)
  await t.rejects(getDocument(one, 'x', AbortSignal.abort(new Error('over'))), { message: 'over' })
  t.same(icecast.requests, [])
})
