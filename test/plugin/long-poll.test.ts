import { once } from 'node:events'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { test } from 'tap'
import { becomes } from '../helpers/becomes.ts'
import { plays, scenario, until } from '../helpers/station.ts'
import { certificate } from '../helpers/certificate.ts'

const NO_PATIENCE = { timeout: 20_000 }

/** Holds a request over HTTP/2. Resolves with its status when it is answered. */
async function hold (session: ClientHttp2Session, path: string): Promise<number> {
  const request = session.request({ ':path': path, 'if-none-match': '*' })
  const [headers] = await once(request, 'response')
  request.resume()
  await once(request, 'close')
  return headers[':status']
}

for (const secure of [false, true]) {
  test(`app.close() is prompt while a browser's HTTP/2 session has held requests${secure ? ', over TLS' : ''}`, NO_PATIENCE, async (t) => {
    const { app, address } = await scenario(t, { http2: true, ...(secure && { fastify: { https: certificate } }) })
    const session = connectHttp2(address, { rejectUnauthorized: false })
    t.teardown(() => session.destroy())
    const held = [hold(session, '/now-playing?wait=60'), hold(session, '/now-playing?wait=60')]
    await becomes(() => app.nowPlaying.metrics.waiting === 2)
    const closed = once(session, 'close')
    const [statuses] = await Promise.all([Promise.all(held), app.close()])
    t.same(statuses, [304, 304], 'each request is answered first')
    await closed
  })
}

test('a held plain-text request is answered when the text of its stations changes, and not before', async (t) => {
  const { app, icecast, get } = await scenario(t)
  for (const mount of ['/a', '/b', '/c']) icecast.source(mount)
  await until(app, (stations) => stations.length === 3)
  const headers = { accept: 'text/plain' }
  const path = '/now-playing?station=b&station=a'
  const { headers: { etag } } = await get(path, headers).then(({ headers }) => ({ headers: { etag: String(headers.get('etag')) } }))
  const held = get(`${path}&wait=60`, { ...headers, 'if-none-match': etag })
  await becomes(() => app.nowPlaying.metrics.waiting === 1)
  icecast.title('/c', 'Other')
  await until(app, (stations) => plays('Other')(stations.slice(2)))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(app.nowPlaying.metrics.waiting, 1)
  icecast.title('/a', 'Mine')
  const answer = await held
  t.equal(answer.text, '\nMine\n')
  t.not(answer.headers.get('etag'), etag)
})

test('`connectionTimeout` of Fastify ends no held request, and ends later ones', NO_PATIENCE, async (t) => {
  const { app } = await scenario(t, {
    fastify: { connectionTimeout: 200 },
    before: (app) => { app.get('/never', () => new Promise(() => {})) }
  })
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.teardown(() => socket.destroy())
  const closed = once(socket, 'close')
  socket.write('GET /now-playing?wait=1 HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n')
  t.match((await once(socket, 'data'))[0], /^HTTP\/1.1 304 /)
  socket.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n')
  await closed
})

test('a held request over HTTP/2 does not keep its session open for longer', NO_PATIENCE, async (t) => {
  const { address } = await scenario(t, { http2: true, fastify: { http2SessionTimeout: 1200 } })
  const session = connectHttp2(address)
  t.teardown(() => session.destroy())
  const closed = once(session, 'close')
  t.equal(await hold(session, '/now-playing?wait=1'), 304)
  await closed
})

test('held requests count towards `limits.perAddress`: one more is answered at once, and may be sent again later', async (t) => {
  const { app, get, stream } = await scenario(t, { limits: { perAddress: 2 } })
  const headers = { 'if-none-match': '*' }
  const going = [get('/now-playing?wait=2', headers), get('/now-playing?wait=2', headers)]
  await becomes(() => app.nowPlaying.metrics.waiting === 2)
  const answer = await get('/now-playing?wait=2', headers)
  t.equal(answer.status, 304)
  t.equal(answer.headers.get('retry-after'), '5')
  t.equal((await stream()).response.statusCode, 429, 'nor can the address subscribe')
  await Promise.all(going)
  t.equal((await stream()).response.statusCode, 200)
})
