import { test } from 'tap'
import { date, Radio } from './helper.ts'

const stations = { main: { mounts: ['/main', '/low'] } }
const MAIN = 0
const RELAY = 1

function playsOf (radio: Radio): Array<string | undefined> {
  return radio.changes.flatMap(({ isNewPlay, station }) => isNewPlay ? station.track?.text : [])
}

test('a document of the preferred server from before the relay\'s newer title does not bring the older title back', async (t) => {
  const radio = new Radio({ stations, servers: 2 })
  radio.reports(1, { '/main': 'Old' }, MAIN)
  radio.reports(1, { '/main': 'Old' }, RELAY)
  radio.fails(30, MAIN)
  radio.reports(40, { '/main': 'New' }, RELAY)
  radio.reports(41, { '/main': 'Old' }, MAIN, 39)
  t.equal(radio.station().track?.text, 'New')
  radio.reports(42, { '/main': 'New' }, MAIN, 41.5)
  t.strictSame(playsOf(radio), ['Old', 'New'])
  t.equal(radio.station().track?.mount, '/main')
})

test('a lagging relay that stands in does not show a short title that the main server has passed over', async (t) => {
  const radio = new Radio({ stations, servers: 2 })
  radio.reports(1, { '/main': 'A' }, MAIN)
  radio.reports(1, { '/main': 'A' }, RELAY)
  radio.reports(60, { '/main': 'C' }, MAIN)
  radio.fails(61, MAIN)
  radio.reports(63, { '/main': 'B' }, RELAY)
  radio.reports(66, { '/main': 'C' }, RELAY)
  radio.reports(90, { '/main': 'D' }, RELAY)
  t.strictSame(playsOf(radio), ['A', 'C', 'D'])
})

test('after a brief `offline` a mount that lags does not bring back the title before the last', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A', '/low': 'A' })
  radio.reports(60, { '/main': 'B', '/low': 'A' })
  radio.reports(63, {})
  t.equal(radio.station().status, 'offline')
  radio.reports(64, { '/low': 'A' })
  t.match(radio.station(), { status: 'live', track: null })
  radio.reports(68, { '/low': 'B' })
  t.match(radio.station(), { track: { text: 'B', startedAt: date(60) }, history: [{ text: 'A' }] })
  t.strictSame(playsOf(radio), ['A', 'B'])
})

test('two servers that answer at one address in turn cause one play per title and one warning', async (t) => {
  const alternating: string[] = []
  const radio = new Radio({ stations, onAlternatingTitle: (station, path) => alternating.push(`${station} ${path}`) })
  for (let at = 0; at < 120; at++) {
    const lag = at % 2 === 0 ? 0 : 8
    radio.reports(at, { '/main': `Song ${Math.floor(Math.max(0, at - lag) / 30)}` })
  }
  t.strictSame(playsOf(radio), ['Song 0', 'Song 1', 'Song 2', 'Song 3'])
  t.strictSame(alternating, ['main /main'])
})

test('a title that really returns within ten seconds is shown three seconds later', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'B' })
  radio.reports(65, { '/main': 'A' })
  radio.passes(67.9)
  t.equal(radio.station().track?.text, 'B')
  radio.passes(68)
  t.strictSame(playsOf(radio), ['A', 'B', 'A'])
  t.equal(radio.deadline, null)
})

test('a source that removes its title while it stays connected ends the song at once', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': '' })
  t.match(radio.station(), { status: 'live', track: null, history: [{ text: 'A', endedAt: date(60) }] })
  t.match(radio.reports(70, { '/main': 'B' }), [{ isNewPlay: true, station: { track: { text: 'B' } } }])
})

test('a source that has reconnected with an empty title keeps the song for `hold`', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': { title: '', streamStart: 'later' } })
  t.equal(radio.station().track?.text, 'A')
  radio.passes(69.9)
  t.equal(radio.station().track?.text, 'A')
  radio.passes(70)
  t.equal(radio.station().track, null)
})

test('a title for which `parseTrack` returns null keeps the previous track shown', async (t) => {
  const radio = new Radio({
    stations,
    readTrack: ({ title }) => title === null ? null : title === 'Jingle' ? 'not a track' : { text: title, artist: null, title, raw: title, kind: 'unknown' }
  })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'Jingle' })
  radio.passes(100)
  t.equal(radio.station().track?.text, 'A')
  radio.reports(101, { '/main': 'B' })
  t.match(radio.station(), { track: { text: 'B' }, history: [{ text: 'A', endedAt: date(60) }] })
})

test('the first track began when the server received its title, later ones when first reported', async (t) => {
  for (const [delay, audibleAt] of [[0, date(-30)], [20_000, date(-10)], [60_000, date(1)]] as const) {
    const radio = new Radio({ stations, delay })
    radio.reports(1, { '/main': titled('A', -30) })
    t.match(radio.station().track, { text: 'A', startedAt: date(-30), audibleAt })
    radio.reports(60, { '/main': titled('B', 55) })
    radio.passes(200)
    t.match(radio.station().track, { text: 'B', startedAt: date(60) })
  }
})

test('while the process was paused neither `staleAfter` nor `hold` passes', async (t) => {
  const radio = new Radio({ stations, servers: 2 })
  radio.reports(1, { '/main': 'A' }, MAIN)
  radio.fails(2, RELAY)
  radio.reports(2, { '/main': null }, MAIN)
  radio.resumes(62)
  radio.fails(62, MAIN)
  radio.passes(71.9)
  t.match(radio.station(), { status: 'live', track: { text: 'A' } })
  radio.passes(72)
  t.match(radio.station(), { status: 'stale' })
})

function titled (title: string, since: number) {
  return { title, titleSince: date(since) }
}

test('a jingle between two sends of a title is not taken for several servers at one address', async (t) => {
  const alternating: string[] = []
  const radio = new Radio({ stations, onAlternatingTitle: (station, path) => alternating.push(`${station} ${path}`) })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'Jingle' })
  radio.reports(62, { '/main': 'A' })
  radio.reports(63, { '/main': 'C' })
  t.strictSame(alternating, [])
  t.equal(radio.station().track?.text, 'C')
})

test('a preferred mount that lags does not end the track that another mount still shows', async (t) => {
  const radio = new Radio({ stations, hold: 0 })
  radio.reports(1, { '/main': 'X', '/low': 'X' })
  radio.reports(20, { '/low': 'X' })
  radio.reports(21, { '/low': 'Y' })
  radio.reports(22, { '/main': 'X', '/low': 'Y' })
  t.equal(radio.station().track?.text, 'Y')
  radio.reports(40, { '/main': 'Y', '/low': 'Y' })
  t.strictSame(playsOf(radio), ['X', 'Y'])
})

test('a fallback does not show its title while the first mount is without one between two songs', async (t) => {
  const radio = new Radio({ stations, hold: 10_000 })
  radio.reports(1, { '/main': 'X', '/low': 'Loop' })
  radio.reports(60, { '/main': { title: '' }, '/low': 'Loop' })
  t.equal(radio.station().track, null)
  radio.reports(62, { '/main': 'Y', '/low': 'Loop' })
  t.strictSame(playsOf(radio), ['X', 'Y'])
  radio.reports(100, { '/main': { title: '' }, '/low': 'Loop' })
  radio.passes(111)
  t.equal(radio.station().track?.text, 'Loop', 'after `hold` it does')
})

test('a read that began before a pause and fails after it does not make a station offline', async (t) => {
  const radio = new Radio({ stations, servers: 2 })
  radio.reports(1, { '/main': 'X' }, MAIN)
  radio.fails(2, RELAY)
  radio.reports(3, { '/main': 'X' }, MAIN, 2.5)
  radio.resumes(60)
  radio.reports(60, {}, MAIN)
  radio.fails(60.1, RELAY, 2)
  t.not(radio.station().status, 'offline')
})
