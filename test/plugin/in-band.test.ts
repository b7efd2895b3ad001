import { once } from 'node:events'
import { createServer } from 'node:http'
import tap, { test } from 'tap'
import { StreamServer } from '../helpers/stream-server.ts'
import { isLive, plays, scenario, until } from '../helpers/station.ts'

tap.jobs = 8

const STATIONS = { main: { mounts: ['/main.mp3'] } }

test('a server without documents: its stream tells that the station is live, what it plays, and when it stops', { buffered: true }, async (t) => {
  const server = await StreamServer.start(t)
  server.stream('/main.mp3', 'Björk - Jóga', { earlier: ['Old - One', 'Old - Two'] })
  const { app, logs } = await scenario(t, { url: server.url, stations: STATIONS })
  const texts: unknown[] = []
  app.nowPlaying.on('track', ({ text }) => texts.push(text))
  await until(app, plays('Björk - Jóga'))
  t.match(app.nowPlaying.get('main'), {
    name: 'Radio',
    status: 'live',
    track: { artist: 'Björk', title: 'Jóga', tags: null, mount: '/main.mp3' },
    listeners: { current: null, peak: null },
    mounts: [{ path: '/main.mp3', live: true, listenUrl: `${server.url}/main.mp3`, contentType: 'audio/mpeg', codec: 'mp3', bitrate: 128, listeners: null }]
  })
  server.stream('/main.mp3', 'Next - Song')
  await until(app, plays('Next - Song'))
  t.equal(server.requests.filter(({ url }) => url === '/main.mp3').length, 1, 'one connection')
  server.end('/main.mp3')
  await until(app, ([main]) => main?.status === 'offline')
  server.stream('/main.mp3', 'Back - Again')
  await until(app, (stations) => isLive(stations) && plays('Back - Again')(stations))
  t.same(texts, ['Björk - Jóga', 'Next - Song', 'Back - Again'], 'the songs of the burst are not announced')
  t.notOk(server.requests.some(({ headers }) => 'authorization' in headers))
  t.match(logs.filter(({ level }) => level > 30), [{ level: 40, msg: /shows no status document/ }])
  await app.close()
  t.equal(server.listeners('/main.mp3'), 0, 'closed at once')
})

test('the streams of a SHOUTcast are not read, and its stations stay unknown', { buffered: true }, async (t) => {
  const server = createServer((request, response) => response.writeHead(404).end('<title>SHOUTcast Server</title>')).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') return t.fail('no port')
  const paths: Array<string | undefined> = []
  server.on('request', ({ url }) => paths.push(url))
  const { app, logs } = await scenario(t, { url: `http://127.0.0.1:${address.port}`, stations: STATIONS })
  for (let i = 0; i < 3; i++) t.equal(await app.nowPlaying.refresh(), false)
  t.equal(app.nowPlaying.get('main')?.status, 'unknown')
  t.notOk(paths.includes('/main.mp3'))
  t.match(logs.filter(({ level }) => level > 30), [{ err: { code: 'FST_ICECAST_NOT_ICECAST' }, msg: /not Icecast but SHOUTcast/ }])
})

test('with `inBand: \'always\'` the document and the stream name each song once, and the plugin counts as no listener', { buffered: true }, async (t) => {
  const { app, icecast } = await scenario(t, { inBand: 'always', stations: STATIONS, auth: { username: 'admin', password: 'hackme' } })
  icecast.source('/main.mp3')
  icecast.listeners('/main.mp3', 3)
  await icecast.requested(({ path }) => path.startsWith('/main.mp3'))
  const texts: string[] = []
  const numbers = new Set<number | null>()
  app.nowPlaying.on('track', ({ text }) => texts.push(text))
  app.nowPlaying.on('update', ({ listeners }) => numbers.add(listeners.current))
  const songs = ['A - One', 'B - Two', 'A - One', 'C - Three', 'D - Four']
  for (const song of songs) {
    icecast.title('/main.mp3', song)
    await until(app, plays(song))
  }
  t.same(texts, songs)
  t.notOk(numbers.has(4), 'our connection is not counted')
  t.notOk(icecast.requests.some(({ path, headers }) => path.startsWith('/main.mp3') && headers['authorization'] !== undefined), 'nor does it have the account')
})

test('a mount that requires a listener\'s password is logged once, and the station stays live', { buffered: true }, async (t) => {
  const server = await StreamServer.start(t)
  server.mounts.set('/main.opus', 401)
  server.document = (request, response) => {
    const isStatus = request.url?.startsWith('/status-json.xsl') === true
    response.writeHead(isStatus ? 200 : 400, { 'content-type': 'application/json' })
    response.end(isStatus ? JSON.stringify({ icestats: { server_id: 'Icecast 2.4.4', server_start_iso8601: '2026-11-22T05:00:00+0000', source: { listenurl: `${server.url}/main.opus`, server_type: 'application/ogg', subtype: 'Opus', stream_start_iso8601: '2026-11-22T05:00:01+0000', listeners: 2, listener_peak: 2 } } }) : undefined)
  }
  const { app, logs } = await scenario(t, { url: server.url, stations: { main: { mounts: ['/main.opus'] } } })
  await until(app, isLive)
  while (!logs.some(({ msg }) => /only for listeners with an account/.test(msg))) await app.nowPlaying.refresh()
  await app.nowPlaying.refresh()
  t.equal(logs.filter(({ level }) => level > 30).length, 1)
  t.match(app.nowPlaying.get('main'), { status: 'live', track: null, listeners: { current: 2, peak: 2 } })
})
