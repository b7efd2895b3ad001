import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import { WebSocket } from 'ws'
import fastifyIcecast from '../../index.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { isLive, Page, plays, scenario, until } from '../helpers/station.ts'
import { certificate } from '../helpers/certificate.ts'

/** The status and the Retry-After with which a WebSocket was refused; nothing was upgraded. */
async function refused ({ socket, closed }: Page): Promise<[status: number, retryAfter: string | undefined]> {
  socket.on('error', () => {})
  closed.catch(() => {})
  const [request, response] = await once(socket, 'unexpected-response')
  request.destroy()
  return [response.statusCode, response.headers['retry-after']]
}

const warnings = (logs: Array<{ msg: string }>) => logs.filter(({ msg }) => /is reached/.test(msg)).map(({ msg }) => msg)

test('more subscribers than there may be are refused before anything is upgraded, told once, counted; REST goes on', async (t) => {
  const { app, page, stream, get, logs } = await scenario(t, { limits: { subscribers: 2 } })
  const first = page()
  await first.snapshot()
  await (await stream()).event('snapshot')

  t.same(await refused(page()), [503, '30'])
  const answer = await get('/now-playing', { accept: 'text/event-stream' })
  t.match(answer, { status: 503, body: { statusCode: 503, code: 'FST_ICECAST_FULL' } })
  t.equal(answer.headers.get('retry-after'), '30')
  t.equal((await get('/now-playing')).status, 200)
  t.match(warnings(logs), [/`limits.subscribers` is reached/])
  t.same(logs.filter(({ level }) => level > 40), [], 'they come by the thousand: no error for each')
  t.match(app.nowPlaying.metrics, { webSockets: 1, eventStreams: 1, refused: 2 })

  first.socket.close()
  await first.closed
  await page().snapshot()
})

test('each address has its share, also behind a proxy that is trusted', async (t) => {
  const { page, get, logs } = await scenario(t, { limits: { perAddress: 1 }, fastify: { trustProxy: true } })
  const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } })
  await page('/now-playing', from('192.0.2.1')).snapshot()
  await page('/now-playing', from('2001:db8::1')).snapshot()
  t.same(await refused(page('/now-playing', from('192.0.2.1'))), [429, '30'])
  t.same(await refused(page('/now-playing', from('2001:db8::2'))), [429, '30'])
  t.match(await get('/now-playing', { accept: 'text/event-stream', 'x-forwarded-for': '192.0.2.1' }), { status: 429, body: { code: 'FST_ICECAST_TOO_MANY' } })
  await page('/now-playing', from('192.0.2.2')).snapshot()
  t.match(warnings(logs), [/`trustProxy`/, /`trustProxy`/])
  t.notMatch(JSON.stringify(warnings(logs)), /192|2001/, 'no listener\'s address')
})

/** An app of scopes side by side; returns how to subscribe, and what it has warned of. */
async function backend (t: Test, ...scopes: Array<(scope: FastifyInstance, icecastUrl: string) => Promise<void>>) {
  const warnings: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { warnings.push(JSON.parse(line).msg) } } } })
  const icecast = await fakeIcecast()
  t.teardown(() => Promise.all([app.close(), icecast.close()]))
  for (const register of scopes) app.register(async (scope) => { await register(scope, icecast.url) })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const page = (path: string): Page => {
    const page = new Page(address.replace('http', 'ws') + path)
    t.teardown(() => page.socket.terminate())
    return page
  }
  return { app, page, warnings }
}

test('the plugin in two scopes side by side: each has its own stations and limits', async (t) => {
  const { app, page, warnings } = await backend(t, ...['jazz', 'rock'].map((name) => async (scope: FastifyInstance, url: string) => {
    await scope.register(fastifyIcecast, { url, stations: { [name]: { mounts: ['/main.mp3'] } }, route: `/${name}`, limits: { subscribers: 1 } })
  }))
  const [jazz, rock] = [page('/jazz'), page('/rock')]
  t.match(await jazz.snapshot(), { stations: [{ id: 'jazz' }] })
  t.match(await rock.snapshot(), { stations: [{ id: 'rock' }] })
  t.same(warnings, [])
  t.same([await refused(page('/jazz')), await refused(page('/rock'))], [[503, '30'], [503, '30']])
  await app.close()
  for (const { closed } of [jazz, rock]) t.equal((await closed).code, 1012)
})

test('at the limit nothing but messages comes to a subscriber, also beside WebSockets that the app has in a scope of their own', async (t) => {
  const { app, page } = await backend(t, async (scope, url) => {
    await scope.register(fastifyIcecast, { url, limits: { subscribers: 1 } })
  }, async (scope) => {
    await scope.register(websocket)
    scope.get('/chat', { websocket: true }, (socket) => { socket.send('{}') })
  })
  await page('/chat').message()
  const listener = page('/now-playing')
  await listener.snapshot()
  await app.close()
  t.equal((await listener.closed).code, 1012)
})

test('pages of other sites can be kept out', async (t) => {
  const { app, page } = await scenario(t, { origins: ['https://radio.example'] })
  await page('/now-playing', { origin: 'https://radio.example' }).snapshot()
  await page().snapshot()
  for (const origin of ['https://evil.example', 'http://radio.example', 'null']) t.same(await refused(page('/now-playing', { origin })), [403, undefined])
  t.equal(app.nowPlaying.metrics.refused, 3)

  const { socket, closed } = page('/now-playing', { origin: 'https://evil.example' })
  socket.on('error', () => {})
  closed.catch(() => {})
  const [, response] = await once(socket, 'unexpected-response')
  t.match(await json(response), {
    statusCode: 403, error: 'Forbidden', code: 'FST_ICECAST_ORIGIN', message: 'Origin `https://evil.example` is not listed in `origins`'
  })
})

test('the app\'s own authentication comes before everything else, for every transport', async (t) => {
  const { page, stream, get } = await scenario(t, {
    limits: { subscribers: 0 },
    route: {
      options: {
        preValidation: async (request, reply) => {
          if (request.headers.authorization !== 'let me in') return await reply.code(401).send({ error: 'who are you?' })
        }
      }
    }
  })
  for (const path of ['/now-playing', '/now-playing/main']) {
    t.equal((await get(path)).status, 401)
    t.equal((await stream(path)).response.statusCode, 401)
    t.same(await refused(page(path)), [401, undefined])
  }
  const headers = { authorization: 'let me in' }
  t.equal((await get('/now-playing', headers)).status, 200)
  t.equal((await stream('/now-playing', headers)).response.statusCode, 503)
  t.same(await refused(page('/now-playing', { headers })), [503, '30'])
})

for (const [what, message] of [['one big message', ['x'.repeat(1024 * 1024)]], ['many small ones', Array.from({ length: 1000 }, () => 'hello?')]] as const) {
  test(`who sends ${what} is sent away, whatever other routes of the app may need`, async (t) => {
    const { app, page, icecast } = await scenario(t, { before: async (app) => { await app.register(websocket, { options: { maxPayload: 100 * 1024 * 1024 } }) } })
    icecast.source('/main.mp3')
    const [talker, other] = [page(), page()]
    await Promise.all([talker.snapshot(), other.snapshot()])
    for (const text of message) talker.socket.send(text)
    t.equal((await talker.closed).code, 1009)
    t.equal(app.nowPlaying.metrics.dropped, 1)
    icecast.title('/main.mp3', 'Still here')
    await other.sees('Still here')
  })
}

for (const [transport, secure] of [['WebSocket', false], ['WebSocket', true], ['event stream', false], ['event stream', true]] as const) {
  test(`a page that does not read catches up with the newest title: ${transport}${secure ? ' over TLS' : ''}`, async (t) => {
    const { app, icecast, page, stream } = await scenario(t, { history: 100, interval: 3_600_000, ...(secure && { fastify: { https: certificate } }) })
    icecast.source('/main.mp3')
    await app.nowPlaying.refresh()
    const reader = transport === 'WebSocket' ? page() : await stream()
    const wire = 'socket' in reader ? reader.socket : reader.response
    await ('socket' in reader ? reader.snapshot() : reader.event('snapshot'))
    wire.pause()
    let count = 0
    for (; app.nowPlaying.metrics.skipped < 3; count++) {
      icecast.title('/main.mp3', `${count} ${'x'.repeat(1000)}`)
      await app.nowPlaying.refresh()
      await new Promise((resolve) => setImmediate(resolve))
    }
    icecast.title('/main.mp3', 'The last')
    await app.nowPlaying.refresh()
    t.match(app.nowPlaying.metrics, { behind: 1, dropped: 0 })
    wire.resume()
    await reader.sees('The last')
    const seen = 'socket' in reader ? reader.updates.length : reader.sent.filter(({ event }) => event === 'update').length
    t.ok(seen < count, `${seen} of ${count} were sent`)
  })
}

for (const transport of ['WebSocket', 'event stream']) {
  test(`a page that reads nothing for too long is dropped: ${transport}`, async (t) => {
    const { app, icecast, page, stream } = await scenario(t, { history: 100, interval: 3_600_000, limits: { slowAfter: 100 } })
    icecast.source('/main.mp3')
    await app.nowPlaying.refresh()
    const reader = transport === 'WebSocket' ? page() : await stream()
    await ('socket' in reader ? reader.snapshot() : reader.event('snapshot'))
    const wire = 'socket' in reader ? reader.socket : reader.response
    wire.pause()
    for (let i = 0; app.nowPlaying.metrics.dropped === 0; i++) {
      icecast.title('/main.mp3', `${i} ${'x'.repeat(1000)}`)
      await app.nowPlaying.refresh()
      await new Promise((resolve) => setImmediate(resolve))
    }
    t.match(app.nowPlaying.metrics, { behind: 0, dropped: 1, webSockets: 0, eventStreams: 0 })
  })
}

test('titles, pings and closing never mix on the line, compressed or not', async (t) => {
  const { app, icecast, page } = await scenario(t, {
    history: 100,
    interval: 3_600_000,
    before: async (app) => { await app.register(websocket, { options: { perMessageDeflate: { threshold: 0 } } }) }
  })
  icecast.source('/main.mp3')
  await app.nowPlaying.refresh()
  const reader = page()
  await reader.snapshot()
  t.match(reader.socket.extensions, 'permessage-deflate')
  let pongs = 0
  reader.socket.on('pong', () => { pongs++ })
  // So much, and read so late, that frames are cut in the middle and wait.
  reader.socket.pause()
  const PINGS = 100
  for (let i = 0; app.nowPlaying.metrics.skipped === 0 || i < PINGS; i++) {
    if (i < PINGS) reader.socket.ping()
    icecast.title('/main.mp3', `${i} ${'x'.repeat(1000)}`)
    await app.nowPlaying.refresh()
  }
  icecast.title('/main.mp3', 'The last')
  await app.nowPlaying.refresh()
  reader.socket.resume()
  await reader.sees('The last')
  t.equal(pongs, PINGS)
  icecast.title('/main.mp3', 'Goodbye')
  await app.nowPlaying.refresh()
  await app.close()
  t.match(await reader.closed, { code: 1012, reason: /^retry=\d+$/ })
  t.ok(reader.updates.some(({ station }) => station.track?.text === 'Goodbye'))
})

test('a page that says goodbye gets no more, and the rest does', async (t) => {
  const { app, icecast, page } = await scenario(t)
  icecast.source('/main.mp3')
  await until(app, isLive)
  const [going, staying] = [page(), page()]
  await Promise.all([going.snapshot(), staying.snapshot()])
  going.socket.close()
  icecast.title('/main.mp3', 'More')
  await staying.sees('More')
  t.equal((await going.closed).code, 1005)
  t.equal(going.socket.readyState, WebSocket.CLOSED)
  await until(app, plays('More'))
})
