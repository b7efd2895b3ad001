import { test } from 'tap'
import { date, Radio, type MountInShort } from './helper.ts'

const stations = { main: { mounts: ['/main', '/fallback'] } }
const MAIN = 0
const RELAY = 1

/** Two servers that carry the station. */
function relayed (): Radio {
  return new Radio({ stations, servers: 2 })
}

/** Both are read, the main one first. */
function read (radio: Radio, at: number, main: Record<string, MountInShort>, relay = main): void {
  radio.reports(at, main, MAIN)
  radio.reports(at, relay, RELAY)
}

test('a mount on two servers is one change, with the listeners of both', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': { title: 'A', listeners: 3, listenerPeak: 5 } }, { '/main': { title: 'A', listeners: 4, listenerPeak: 6, listenUrl: 'http://relay:8000/main' } })
  t.match(radio.station(), { status: 'live', track: { text: 'A' }, listeners: { current: 7, peak: 11 } })
  t.strictSame(radio.station().mounts.map(({ path, listenUrl, listeners }) => [path, listenUrl, listeners]), [
    ['/main', 'http://localhost:8000/main', 3], ['/main', 'http://relay:8000/main', 4], ['/fallback', null, null]
  ])
  t.match(radio.reports(200, { '/main': { title: 'B', listeners: 3, listenerPeak: 5 } }, MAIN), [{ station: { track: { text: 'B', startedAt: date(200) } } }])
  t.strictSame(radio.reports(200.3, { '/main': { title: 'B', listeners: 4, listenerPeak: 6, listenUrl: 'http://relay:8000/main' } }, RELAY), [])
})

test('a station stays live while one of its servers fails', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' })
  const { track } = radio.station()
  radio.fails(2, MAIN)
  radio.reports(3, { '/main': 'A' }, RELAY)
  radio.passes(100)
  t.match(radio.station(), { status: 'live', statusSince: date(1), track })
  t.match(radio.reports(101, { '/main': 'B' }, RELAY), [{ isNewPlay: true, station: { status: 'live', track: { text: 'B' } } }])
  t.strictSame(radio.station().listeners, { current: null, peak: null }, 'nobody knows how many listen to the other one')
  radio.reports(102, { '/main': 'B' }, MAIN)
  t.strictSame(radio.station().listeners, { current: 0, peak: 0 })
})

test('a mount on two servers shows the title of the readable server at once', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' })
  radio.fails(2, MAIN)
  t.match(radio.reports(3, { '/main': 'B' }, RELAY), [{ station: { track: { text: 'B' } } }])
})

test('the track of a failing server is held, then replaced by the fallback of another server', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' }, { '/fallback': 'F' })
  radio.fails(2, MAIN)
  t.strictSame(radio.reports(5, { '/fallback': 'F' }, RELAY), [])
  radio.passes(12)
  t.match(radio.station(), { status: 'live', fallback: true, track: { text: 'F', mount: '/fallback' }, history: [{ text: 'A' }] })
  t.match(radio.reports(20, { '/main': 'A' }, MAIN), [{ station: { fallback: false, track: { text: 'A', mount: '/main' } } }])
})

test('a station that left one server while the other cannot be read is stale, not offline', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' })
  radio.fails(2, RELAY)
  radio.reports(3, {}, MAIN)
  t.match(radio.station(), { status: 'live', track: { text: 'A' } }, 'the relay had it, and may have it still')
  radio.passes(12)
  t.match(radio.station(), { status: 'stale', track: { text: 'A' } })
  t.strictSame(radio.reports(13, {}, RELAY), [], 'it may have gone to the main one meanwhile')
  t.match(radio.reports(13.1, {}, MAIN), [{ station: { status: 'offline', track: null } }])
})

test('an encoder that moves to another server keeps the station live, whichever is read first', async (t) => {
  for (const [from, to] of [[MAIN, RELAY], [RELAY, MAIN]] as const) {
    const radio = relayed()
    radio.reports(1, { '/main': 'A' }, from)
    radio.reports(1.5, {}, to)
    t.strictSame(radio.reports(2, {}, from), [])
    t.strictSame(radio.takeServersToRefresh(), [to], 'what it said was before that: it is asked at once')
    radio.reports(2.1, { '/main': 'A' }, to)
    t.strictSame(radio.reports(3, {}, from), [])
    t.strictSame(radio.takeServersToRefresh(), [], 'once')
    t.match(radio.station(), { status: 'live', statusSince: date(1), track: { text: 'A', startedAt: date(1) }, history: [] })
  }
})

test('a read that began before an encoder moved does not make the station offline', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' })
  radio.reports(2, {}, RELAY)
  t.strictSame(radio.reports(5.5, {}, MAIN, 5), [])
  t.strictSame(radio.reports(5.6, {}, RELAY, 4.9), [])
  t.equal(radio.reports(6, {}, RELAY, 5.7).at(-1)?.station.status, 'offline')
})

test('an encoder that fails over to a spare that has just recovered leaves the station live', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' }, {})
  radio.fails(2, RELAY)
  radio.fails(10, RELAY)
  radio.reports(11, {}, MAIN)
  t.strictSame(radio.takeServersToRefresh(), [RELAY])
  radio.reports(11.1, { '/main': 'A' }, RELAY)
  radio.refreshed(11.1, RELAY, 11)
  t.strictSame(radio.changes.map(({ station }) => station.status), ['live'])
  t.match(radio.station(), { statusSince: date(1), track: { text: 'A', startedAt: date(1) }, history: [] })
})

test('a station is offline when each server was read without it since it was last seen', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' })
  radio.reports(2, {}, MAIN)
  t.equal(radio.station().status, 'live')
  t.strictSame(radio.takeServersToRefresh(), [], 'the other one has it')
  t.strictSame(radio.reports(2.5, {}, RELAY), [])
  t.match(radio.reports(2.6, {}, MAIN), [{ station: { status: 'offline' } }])
})

test('a report from before a server failed does not make the station offline', async (t) => {
  const radio = relayed()
  read(radio, 0, {}, { '/main': 'A' })
  read(radio, 1, { '/main': 'A' }, {})
  radio.fails(11, RELAY)
  t.strictSame(radio.reports(12, {}, MAIN), [], 'it may be on the other one')
  t.match(radio.passes(21), [{ station: { status: 'stale', track: { text: 'A' } } }])
  radio.reports(30, {}, RELAY)
  t.equal(radio.station().status, 'stale', 'it may have come back from there')
  t.match(radio.reports(30.1, {}, MAIN), [{ station: { status: 'offline' } }])
  radio.fails(40, RELAY)
  t.strictSame(radio.reports(41, {}, RELAY), [], 'an offline station stays so while one is failing')
})

test('a station does not wait for a hanging server that never carried it', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' }, {})
  radio.reports(2, {}, MAIN)
  t.equal(radio.station().status, 'live')
  t.match(radio.fails(7, RELAY), [{ station: { status: 'offline' } }])
})

test('a failing server that never carried the station does not keep it from being offline', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' }, {})
  radio.fails(2, RELAY)
  t.strictSame(radio.reports(3, {}, MAIN), [])
  t.strictSame(radio.takeServersToRefresh(), [RELAY], 'the encoder may have gone to it: it is asked once more')
  t.strictSame(radio.refreshed(3.1, RELAY, 2.9), [], 'not by a read that was requested earlier')
  t.match(radio.refreshed(3.2, RELAY, 3), [{ station: { status: 'offline' } }])
  radio.passes(100)
  t.equal(radio.station().status, 'offline')
})

test('a station that no server has carried is unknown while a server was never read', async (t) => {
  const radio = relayed()
  radio.reports(1, {}, MAIN)
  radio.fails(2, RELAY)
  radio.passes(3600)
  t.equal(radio.station().status, 'unknown')
  radio.reports(3601, { '/main': 'A' }, MAIN)
  radio.reports(3700, {}, MAIN)
  t.match(radio.refreshed(3701, RELAY, 3700), [{ station: { status: 'offline' } }], 'now it is known which server carries it')
})

test('a station is not offline while a restarted server that carried it cannot be read', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' }, {})
  read(radio, 60, {})
  t.equal(radio.station().status, 'offline')
  radio.fails(61, MAIN)
  radio.passes(3600)
  radio.reports(3600, {}, RELAY)
  t.equal(radio.station().status, 'stale')
})

test('a lagging relay shows no older title when the main server fails or its source reconnects', async (t) => {
  const fails: Array<(radio: Radio) => void> = [(radio) => { radio.fails(66, MAIN) }, (radio) => { radio.reports(66, { '/main': null }, MAIN) }]
  for (const fail of fails) {
    const radio = relayed()
    read(radio, 1, { '/main': 'A' })
    radio.reports(57, { '/main': 'Item' }, MAIN)
    radio.reports(60, { '/main': 'B' }, MAIN)
    fail(radio)
    radio.reports(66.5, { '/main': 'A' }, RELAY)
    radio.reports(67, { '/main': 'B' }, MAIN)
    radio.reports(67.5, { '/main': 'Item' }, RELAY)
    radio.reports(68, { '/main': 'B' }, RELAY)
    t.strictSame(radio.changes.flatMap(({ isNewPlay, station }) => isNewPlay ? station.track?.text : []), ['A', 'Item', 'B'])
  }
})

test('a relay with differently written titles replaces the track only when its title changes', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'Björk - Jóga' }, { '/main': 'Joga by Bjork' })
  radio.fails(60, MAIN)
  radio.reports(61, { '/main': 'Joga by Bjork' }, RELAY)
  t.equal(radio.station().track?.text, 'Björk - Jóga')
  radio.reports(65, { '/main': 'Hunter by Bjork' }, RELAY)
  t.equal(radio.station().track?.text, 'Hunter by Bjork')
})

test('a lagging relay does not restore a track that has just ended when the main server fails', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' })
  radio.reports(60, { '/main': 'B' }, MAIN)
  radio.reports(64, { '/main': 'C' }, MAIN)
  radio.fails(65, MAIN)
  radio.reports(66, { '/main': 'B' }, RELAY)
  radio.reports(70, { '/main': 'C' }, RELAY)
  radio.reports(73, { '/main': 'D' }, RELAY)
  t.strictSame(radio.changes.flatMap(({ isNewPlay, station }) => isNewPlay ? station.track?.text : []), ['A', 'B', 'C', 'D'])
})

test('a fallback that is not heard publishes no titles while the main server fails', async (t) => {
  for (const relay of [{ '/main': 'A' }, { '/main': null }, {}]) {
    const radio = relayed()
    read(radio, 1, { '/main': 'A', '/fallback': 'F' }, { ...relay, '/fallback': 'F' })
    radio.fails(60, MAIN)
    t.strictSame(radio.reports(62, { ...relay, '/fallback': 'G' }, RELAY), [])
  }
})

test('the fallback of another server is used while the server of the current one fails', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/fallback': 'F' })
  radio.fails(60, MAIN)
  t.match(radio.reports(62, { '/fallback': 'G' }, RELAY), [{ station: { fallback: true, track: { text: 'G' } } }])
})

test('a station is stale while no server can be read, and live with the first that can', async (t) => {
  const radio = relayed()
  read(radio, 1, { '/main': 'A' })
  radio.fails(2, MAIN)
  radio.fails(3, RELAY)
  radio.passes(12.5)
  t.equal(radio.station().status, 'live')
  radio.passes(13)
  t.match(radio.station(), { status: 'stale', track: { text: 'A' } })
  radio.reports(20, { '/main': 'A' }, RELAY)
  t.match(radio.station(), { status: 'live', statusSince: date(20), track: { text: 'A', startedAt: date(1) }, history: [] })
})

test('stations are discovered on all servers, and the same mount once', async (t) => {
  const radio = new Radio({ servers: 2 })
  radio.reports(1, { '/a': 'A', '/b': 'B' }, MAIN)
  radio.reports(2, { '/b': 'B', '/c': 'C' }, RELAY)
  t.strictSame(radio.state.list.map(({ id }) => id), ['a', 'b', 'c'])
  t.equal(radio.station('a').status, 'live')
})
