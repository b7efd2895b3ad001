import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { test } from 'tap'
import { becomes } from '../helpers/becomes.ts'
import { EventPage, isLive, plays, scenario, until } from '../helpers/station.ts'
import { certificate } from '../helpers/certificate.ts'

test('an event stream receives a snapshot and then each change', async (t) => {
  const { app, icecast, stream } = await scenario(t)
  icecast.source('/main.mp3', { name: 'Radio Main' })
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  await until(app, plays('Björk - Hyperballad'))

  const page = await stream()
  t.equal(page.response.statusCode, 200)
  t.match(page.response.headers, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    vary: 'Accept, Accept-Encoding'
  })
  const snapshot = await page.event('snapshot')
  t.match(page.sent[0], { retry: /^[3-7]\d{3}$/ }, 'the first line is the reconnection delay, 3 to 7 s')
  t.equal(snapshot.id, app.nowPlaying.version)
  t.match(JSON.parse(snapshot.data ?? ''), { type: 'snapshot', version: snapshot.id ?? '', serverTime: String, stations: [{ id: 'main.mp3' }] })
  t.equal(app.nowPlaying.subscribers, 1)

  icecast.title('/main.mp3', 'Portishead - Roads')
  const update = await page.sees('Portishead - Roads')
  t.equal(update.event, 'update')
  t.equal(update.id, app.nowPlaying.version)
  t.same(JSON.parse(update.data ?? ''), { type: 'update', version: update.id, station: app.nowPlaying.get('main.mp3') })

  t.match(app.nowPlaying.metrics, { eventStreams: 1, webSockets: 0, sent: 2 })
  page.response.destroy()
  await becomes(() => app.nowPlaying.subscribers === 0)
})

test('an event stream of some stations receives no others, and of an unknown station is a 404', async (t) => {
  const { app, icecast, stream, get } = await scenario(t)
  for (const mount of ['/a', '/b', '/c']) icecast.source(mount)
  await until(app, (stations) => stations.length === 3)
  const pages = [await stream('/now-playing?station=a&station=b'), await stream('/now-playing/c')]
  for (const mount of ['/a', '/b', '/c']) icecast.title(mount, `on ${mount}`)
  await Promise.all(pages.map(async (page, i) => await page.sees(['on /b', 'on /c'][i] ?? '')))
  t.same(pages.map(({ sent }) => sent.filter(({ event }) => event === 'update').map(({ data }) => JSON.parse(data ?? '').station.id)), [['a', 'b'], ['c']])

  for (const path of ['/now-playing/nope', '/now-playing?station=nope']) {
    const answer = await get(path, { accept: 'text/event-stream' })
    t.match(answer, { status: 404, body: { code: 'FST_ICECAST_UNKNOWN_STATION' } })
    t.equal(answer.headers.get('vary'), 'Accept, Accept-Encoding')
  }
})

test('an event stream that returns with the current version receives no snapshot', async (t) => {
  const { app, icecast, stream } = await scenario(t)
  icecast.source('/main.mp3')
  await until(app, isLive)
  const current = await stream('/now-playing', { 'last-event-id': app.nowPlaying.version })
  const outdated = await stream('/now-playing', { 'last-event-id': 'of another day' })
  await outdated.event('snapshot')
  icecast.title('/main.mp3', 'News')
  await current.sees('News')
  t.same(current.sent.map(({ event }) => event), [undefined, 'update'])
})

test('heartbeats are sent as events and comments', async (t) => {
  const { stream } = await scenario(t, { heartbeat: 50 })
  const page = await stream()
  let text = ''
  page.response.on('data', (chunk: string) => { text += chunk })
  t.same(await page.event('heartbeat'), { event: 'heartbeat', data: '{"type":"heartbeat"}' })
  t.match(text, /^:\nevent: heartbeat\n/m)
})

test('an event stream has the headers of the app\'s hooks, and its `Vary`', async (t) => {
  const { stream, get } = await scenario(t, {
    before: (app) => {
      app.addHook('onRequest', async (request, reply) => {
        reply.header('access-control-allow-origin', 'https://radio.example').header('vary', 'Origin')
      })
    }
  })
  const page = await stream()
  t.match(page.response.headers, { 'access-control-allow-origin': 'https://radio.example', vary: 'Origin, Accept, Accept-Encoding' })
  t.equal((await get('/now-playing')).headers.get('vary'), 'Origin, Accept, Accept-Encoding')
})

for (const [vary, expected] of [['*', '*'], ['accept, Origin, Accept-encoding', 'accept, Origin, Accept-encoding']]) {
  test(`Vary: ${vary} of the app is left unchanged`, async (t) => {
    const { get } = await scenario(t, { before: (app) => { app.addHook('onRequest', async (request, reply) => { reply.header('vary', vary) }) } })
    t.equal((await get('/now-playing')).headers.get('vary'), expected)
  })
}

test('HEAD is answered with the headers of the JSON, whatever `Accept` says', async (t) => {
  const { address } = await scenario(t)
  const head = await fetch(`${address}/now-playing`, { method: 'HEAD', headers: { accept: 'text/event-stream' } })
  t.equal(head.headers.get('content-type'), 'application/json; charset=utf-8')
})

test('at shutdown a stream ends with a reconnection delay that outlasts a restart, and close is prompt even if a page takes nothing', async (t) => {
  const { app, stream } = await scenario(t)
  const pages = await Promise.all(Array.from({ length: 10 }, async () => await stream()))
  await Promise.all(pages.map((page) => page.event('snapshot')))
  for (const page of pages.slice(5)) page.response.pause()
  await app.close()
  for (const page of pages.slice(0, 5)) {
    await page.closed
    const retry = Number(page.sent.at(-1)?.retry)
    // An EventSource that meets a proxy's 502 does not try again.
    t.ok(retry >= 3000 && retry <= 3000 + 1000 + 10 * 2, `${retry} ms`)
  }
  t.equal(app.nowPlaying.subscribers, 0)
})

test('an event stream of a station that turns out not to exist ends, and is a 404 when the page reconnects', async (t) => {
  const { app, icecast, stream, get } = await scenario(t, { heartbeat: 50, interval: 3_600_000, timeout: 100 })
  let now = 0
  await icecast.fail('refused')
  await app.nowPlaying.refresh()
  const page = await stream('/now-playing/nope')
  await page.event('snapshot')
  await icecast.recover()
  await app.nowPlaying.refresh()
  const clock = performance.now
  t.teardown(() => { performance.now = clock })
  performance.now = () => clock.call(performance) + (now += 30_000)
  await page.closed
  t.equal(app.nowPlaying.subscribers, 0)
  t.equal((await get('/now-playing/nope', { accept: 'text/event-stream' })).status, 404)
})

for (const protocol of ['http', 'https'] as const) {
  test(`an event stream works over HTTP/2, ${protocol}`, async (t) => {
    const { app, icecast } = await scenario(t, { http2: true, ...(protocol === 'https' && { fastify: { https: certificate } }) })
    icecast.source('/main.mp3')
    const { port } = app.server.address() as AddressInfo
    const session = connectHttp2(`${protocol}://127.0.0.1:${port}`, { rejectUnauthorized: false })
    t.teardown(() => session.destroy())
    const request = session.request({ ':path': '/now-playing', accept: 'text/event-stream' })
    const page = new EventPage(request)
    const [headers] = await once(request, 'response')
    t.match(headers, { ':status': 200, 'content-type': 'text/event-stream; charset=utf-8', connection: undefined })
    await page.event('snapshot')
    icecast.title('/main.mp3', 'Over two')
    await page.sees('Over two')
    await app.close()
    t.match(page.sent.at(-1), { retry: /^\d+$/ }, 'close is prompt, though the page keeps its connection')
  })
}

test('an event stream works over TLS', async (t) => {
  const { icecast, stream } = await scenario(t, { fastify: { https: certificate } })
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'Safe and sound')
  const page = await stream()
  await page.sees('Safe and sound')
})

test('an event stream works in inject()', async (t) => {
  const { app, icecast } = await scenario(t)
  icecast.source('/main.mp3')
  await until(app, isLive)
  const answer = await app.inject({ url: '/now-playing', headers: { accept: 'text/event-stream' }, payloadAsStream: true })
  t.match(answer.headers, { 'content-type': 'text/event-stream; charset=utf-8' })
  const stream = answer.stream().setEncoding('utf8')
  let text = ''
  stream.on('data', (chunk: string) => { text += chunk })
  while (!text.includes('event: snapshot')) await once(stream, 'data')
  await app.close()
  t.equal(app.nowPlaying.subscribers, 0)
})

test('an event stream that is pipelined behind another answer is refused, and the connection is closed', async (t) => {
  const { app, icecast } = await scenario(t, {
    after: (app) => { app.get('/slow', async () => { await once(app.nowPlaying, 'update'); return 'slow' }) }
  })
  const { port } = app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', (chunk: string) => { text += chunk })
  socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /now-playing HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n')
  await once(app.server, 'request')
  icecast.source('/main.mp3')
  await once(socket, 'close')
  t.match(text, /^HTTP\/1.1 200 OK[^]*slowHTTP\/1.1 503 /)
  t.equal(app.nowPlaying.subscribers, 0)
})

test('what a new subscriber receives first arrives at once: the handshake or the head with the snapshot', async (t) => {
  const { app } = await scenario(t)
  const { port } = app.server.address() as AddressInfo
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  for (const headers of [upgrade, 'Accept: text/event-stream\r\n']) {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    t.teardown(() => socket.destroy())
    socket.write(`GET /now-playing HTTP/1.1\r\nHost: a\r\n${headers}\r\n`)
    const [first] = await once(socket, 'data')
    t.match(first, /^HTTP\/1.1 [^]*"type":"snapshot"/)
  }
})
