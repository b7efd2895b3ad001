import { test } from 'tap'
import { date, Radio } from './helper.ts'

const main = { main: { mounts: ['/main'] } }

test('a station is unknown and has no values before the first read', async (t) => {
  const radio = new Radio({ stations: { main: { name: 'Radio Main', mounts: ['/main', '/main.opus'] }, b: { mounts: ['/b'] } } })
  const nothing = { live: false, liveSince: null, listenUrl: null, contentType: null, codec: null, bitrate: null, listeners: null }
  t.strictSame(radio.station('main'), {
    id: 'main',
    name: 'Radio Main',
    description: null,
    genre: null,
    url: null,
    status: 'unknown',
    statusSince: date(0),
    fallback: false,
    track: null,
    next: null,
    listeners: { current: null, peak: null },
    mounts: [{ path: '/main', ...nothing }, { path: '/main.opus', ...nothing }],
    history: []
  })
  t.equal(radio.station('b').name, 'b', 'its id is its name')
  t.equal(radio.deadline, null)
  t.notOk(!radio.state.isComplete, 'all stations are known')
})

test('a station with a connected source is live', async (t) => {
  const radio = new Radio({ stations: main })
  const unknown = radio.station()
  const changes = radio.reports(1, {
    '/main': { title: 'A - B', name: 'N', description: 'D', genre: 'G', url: 'U', listeners: 3, listenerPeak: 7 }
  })
  t.strictSame(changes, [{ version: radio.state.version, station: radio.station(), previous: unknown, isNewPlay: true, isListenersOnly: false }])
  t.match(radio.station(), {
    name: 'N',
    description: 'D',
    genre: 'G',
    url: 'U',
    status: 'live',
    statusSince: date(1),
    track: { text: 'A - B', artist: null, title: 'A - B', raw: 'A - B', kind: 'unknown', startedAt: date(1), audibleAt: date(1), mount: '/main' },
    listeners: { current: 3, peak: 7 },
    mounts: [{ path: '/main', live: true, liveSince: null, listenUrl: 'http://localhost:8000/main', contentType: 'audio/mpeg', codec: 'mp3', bitrate: 128, listeners: 3 }]
  })
})

test('a configured name takes precedence over the source\'s name', async (t) => {
  const radio = new Radio({ stations: { main: { name: 'Radio Main', mounts: ['/main'] } } })
  radio.reports(1, { '/main': { name: 'no name' } })
  t.equal(radio.station().name, 'Radio Main')
})

test('an identical report publishes nothing', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': 'A' })
  const { version } = radio.state
  const station = radio.station()
  for (const at of [2, 3, 30, 300]) t.strictSame(radio.reports(at, { '/main': 'A' }), [])
  t.equal(radio.state.version, version)
  t.equal(radio.station(), station, 'not even another object')
})

test('a station keeps its state while reads fail, and is stale after `staleAfter`', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': { title: 'A', listeners: 3 } })
  const live = radio.station()
  t.strictSame(radio.fails(2), [])
  t.strictSame(radio.fails(7), [])
  t.strictSame(radio.passes(11.999), [])
  t.equal(radio.station(), live)
  const changes = radio.passes(12)
  t.equal(changes.length, 1)
  t.strictSame(radio.station(), { ...live, status: 'stale', statusSince: date(12) }, 'all else is held')
  t.strictSame(radio.fails(13), [])
  t.strictSame(radio.fails(3600), [])
  t.equal(radio.deadline, null)
})

test('a failure after more than `staleAfter` makes a station stale at once', async (t) => {
  const radio = new Radio({ stations: main, staleAfter: 0 })
  radio.reports(1, { '/main': 'A' })
  t.equal(radio.fails(2).length, 1)
  t.equal(radio.station().status, 'stale')
})

test('failed reads with a successful read between them do not make a station stale', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(0, { '/main': 'A' })
  for (let at = 1; at < 100; at += 9) {
    radio.fails(at)
    radio.reports(at + 8.9, { '/main': 'A' })
  }
  t.equal(radio.changes.length, 1)
})

test('a stale station returns to live with the same play', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': 'A' })
  const live = radio.station()
  radio.fails(2)
  radio.passes(600)
  t.equal(radio.station().track, live.track)
  t.equal(radio.reports(600, { '/main': 'A' }).length, 1)
  t.strictSame(radio.station(), { ...live, statusSince: date(600) })
})

test('another song after an outage is a new play', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': 'A' })
  radio.fails(2)
  radio.reports(60, { '/main': 'B' })
  t.match(radio.station(), { status: 'live', track: { text: 'B', startedAt: date(60) }, history: [{ text: 'A', endedAt: date(60) }] })
})

test('an unknown station does not become stale', async (t) => {
  for (const radio of [new Radio({ stations: main }), new Radio()]) {
    for (let at = 1; at < 60; at += 5) t.strictSame(radio.fails(at), [])
    t.equal(radio.deadline, null)
    t.strictSame(radio.state.list.map(({ status }) => status), radio.state.list.map(() => 'unknown'))
  }
})

test('a station is offline only after a successful read without its source', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': { title: 'A', name: 'N', listeners: 3 } })
  radio.fails(2)
  radio.passes(60)
  t.equal(radio.station().status, 'stale')
  t.equal(radio.reports(61, {}).length, 1)
  t.match(radio.station(), {
    name: 'N',
    status: 'offline',
    statusSince: date(61),
    track: null,
    listeners: { current: null, peak: null },
    mounts: [{ live: false, listeners: null }],
    history: [{ text: 'A', startedAt: date(1), endedAt: date(61) }]
  })
  t.strictSame(radio.reports(62, {}), [])
})

test('an offline station is stale while the server cannot be read', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, {})
  radio.fails(2)
  radio.passes(12)
  t.match(radio.station(), { status: 'stale', track: null })
  radio.reports(20, {})
  t.match(radio.station(), { status: 'offline', statusSince: date(20) })
})

test('a mount that is listed without a source is offline', async (t) => {
  const radio = new Radio()
  radio.reports(1, { '/ghost': { live: false, title: 'A', listeners: 5, listenerPeak: 5 } })
  t.match(radio.station('ghost'), { status: 'offline', track: null, listeners: { current: null, peak: null }, mounts: [{ live: false, listeners: null }] })
})

test('a change of the system clock does not affect `hold` or `staleAfter`', async (t) => {
  for (const clockError of [-86_400 * 365, 86_400 * 365]) {
    const radio = new Radio({ stations: main })
    radio.reports(1, { '/main': { title: 'A', listeners: 1 } })
    radio.reports(2, { '/main': { title: null, listeners: 1 } })
    radio.clockError = clockError
    t.strictSame(radio.passes(11.9), [], 'the track is held as long as ever')
    t.equal(radio.passes(12).length, 1)
    t.equal(radio.station().track, null)
    radio.reports(13, { '/main': 'B' })
    radio.fails(14)
    t.strictSame(radio.passes(23.9), [], 'nor is it stale earlier')
    t.equal(radio.passes(24).length, 1, 'or later')
    t.equal(radio.station().statusSince, date(24 + clockError))
  }
})
