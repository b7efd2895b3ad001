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
