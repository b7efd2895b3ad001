import { test } from 'tap'
import type { MountReport } from '../../lib/icecast/report.ts'
import { date, Radio } from './helper.ts'

const main = { main: { mounts: ['/main'] } }

test('another title publishes one change with a new play and the previous one in the history', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': 'A' })
  const before = radio.station()
  const changes = radio.reports(200, { '/main': 'B' })
  t.strictSame(changes, [{ version: radio.state.version, station: radio.station(), previous: before, isNewPlay: true, isListenersOnly: false }])
  const { track, history } = radio.station()
  t.match(track, { text: 'B', startedAt: date(200) })
  t.not(track?.id, before.track?.id)
  t.strictSame(history, [{ ...before.track, endedAt: date(200) }])
})

test('a track is held while its source briefly has no title after a reconnect', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': { title: 'A', streamStart: 'one' } })
  const before = radio.station()
  for (const at of [2, 3, 4]) t.strictSame(radio.reports(at, { '/main': { title: null, streamStart: 'two' } }), [])
  t.strictSame(radio.reports(5, { '/main': { title: 'A', streamStart: 'two' } }), [])
  t.equal(radio.station(), before, 'the same play, since the same moment')
  t.equal(radio.deadline, null)
})

test('a track that returns after a gap is not a new play', async (t) => {
  for (const history of [10, 0]) {
    const radio = new Radio({ stations: main, history })
    t.match(radio.reports(1, { '/main': 'A' }), [{ isNewPlay: true }])
    t.match(radio.reports(2, {}), [{ isNewPlay: false, station: { track: null } }])
    t.match(radio.reports(3, { '/main': 'A' }), [{ isNewPlay: false, station: { track: { text: 'A' } } }])
    t.match(radio.reports(4, { '/main': 'B' }), [{ isNewPlay: true }])
  }
})

test('another song after a reconnect is a new play', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': 'A' })
  radio.reports(2, { '/main': null })
  radio.reports(5, { '/main': 'B' })
  t.match(radio.station(), { track: { text: 'B', startedAt: date(5) }, history: [{ text: 'A', endedAt: date(5) }] })
})

test('a missing title ends the track after `hold`', async (t) => {
  const radio = new Radio({ stations: main, hold: 5000 })
  radio.reports(1, { '/main': 'A' })
  radio.reports(2, { '/main': null })
  t.strictSame(radio.passes(6.999), [])
  t.equal(radio.passes(7).length, 1)
  t.match(radio.station(), { status: 'live', track: null, history: [{ text: 'A', startedAt: date(1), endedAt: date(2) }] })
  t.equal(radio.deadline, null)
  t.strictSame(radio.reports(8, { '/main': null }), [])
})

test('a report after the end of `hold` ends the track at once', async (t) => {
  const radio = new Radio({ stations: main, hold: 0 })
  radio.reports(1, { '/main': 'A' })
  t.equal(radio.reports(2, { '/main': null }).length, 1)
  t.equal(radio.station().track, null)
})

test('a track is kept while the server cannot be read', async (t) => {
  const radio = new Radio({ stations: main, staleAfter: 60_000 })
  radio.reports(1, { '/main': 'A' })
  radio.reports(2, { '/main': null })
  radio.fails(3)
  t.strictSame(radio.passes(62.9), [], 'not before it is stale')
  t.equal(radio.passes(500).length, 1)
  t.match(radio.station(), { status: 'stale', track: { text: 'A' } }, 'nor after')
  radio.reports(501, { '/main': null })
  t.match(radio.station(), { status: 'live', track: null, history: [{ text: 'A', endedAt: date(2) }] }, 'now it is known')
})

test('the same song after a short gap is the same play', async (t) => {
  for (const gap of [{ '/main': null }, {}]) {
    const radio = new Radio({ stations: main })
    radio.reports(0, { '/main': 'Z' })
    radio.reports(1, { '/main': 'A' })
    const { track, history } = radio.station()
    radio.reports(2, gap)
    radio.passes(30)
    t.match(radio.station(), { track: null, history: [{ text: 'A' }, { text: 'Z' }] })
    radio.reports(61, { '/main': 'A' })
    t.strictSame(radio.station().track, track)
    t.strictSame(radio.station().history, history, 'not in the history as well')
  }
})

test('the same song after a longer gap is a new play', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': 'A' })
  const { track } = radio.station()
  radio.reports(2, {})
  radio.reports(62.1, { '/main': 'A' })
  t.match(radio.station(), { track: { text: 'A', startedAt: date(62.1) }, history: [{ id: track?.id, endedAt: date(2) }] })
  t.not(radio.station().track?.id, track?.id)
})

test('the same song after another one is a new play', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': 'A' })
  const { track } = radio.station()
  radio.reports(2, {})
  radio.reports(3, { '/main': 'B' })
  radio.reports(4, {})
  radio.reports(5, { '/main': 'A' })
  t.not(radio.station().track?.id, track?.id)
  t.strictSame(radio.station().history.map(({ text }) => text), ['B', 'A'])
})

test('a song with repeated short gaps stays one play', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(0, { '/main': 'A' })
  const { track } = radio.station()
  for (let at = 1; at < 600; at += 50) {
    radio.reports(at, { '/main': null })
    radio.reports(at + 40, { '/main': 'A' })
  }
  t.strictSame(radio.station().track, track)
  t.strictSame(radio.station().history, [])
})

test('a `hold` that is longer than the maximum gap takes precedence', async (t) => {
  const radio = new Radio({ stations: main, hold: 600_000 })
  radio.reports(0, { '/main': 'A' })
  const before = radio.station()
  radio.reports(1, { '/main': null })
  radio.reports(500, { '/main': 'A' })
  t.equal(radio.station(), before)
})

test('the history has up to `history` tracks, newest first', async (t) => {
  for (const [history, texts] of [[0, []], [1, ['D']], [3, ['D', 'C', 'B']], [100, ['D', 'C', 'B', 'A']]] as const) {
    const radio = new Radio({ stations: main, history })
    for (const [at, title] of [...'ABCDE'].entries()) radio.reports(at, { '/main': title })
    t.strictSame(radio.station().history.map(({ text }) => text), texts)
  }
})

test('a play whose artist becomes known later is the same play with the artist', async (t) => {
  const radio = new Radio({ stations: main, readTrack: ({ artist, title }) => ({ text: 'A - B', raw: 'A - B', artist, title, kind: 'song' }) })
  radio.reports(1, { '/main': { title: 'A - B' } })
  const { track } = radio.station()
  t.equal(radio.reports(2, { '/main': { artist: 'A', title: 'B' } }).length, 1)
  t.strictSame(radio.station().track, { ...track, artist: 'A', title: 'B' })
  t.strictSame(radio.station().history, [])
})

test('a title that is not a track counts as a missing title', async (t) => {
  const radio = new Radio({ stations: main, readTrack: ({ title }) => title === 'ad' || title === null ? null : { text: title, artist: null, title, raw: title, kind: 'song' } })
  radio.reports(1, { '/main': 'A' })
  radio.reports(2, { '/main': 'ad' })
  radio.passes(12)
  t.equal(radio.station().track, null)
})

test('each title is parsed once per change, with its station', async (t) => {
  const read: Array<[string, string | null]> = []
  const readTrack = (mount: MountReport, station: string) => {
    read.push([station, mount.title])
    return mount.title === null ? null : { text: mount.title, artist: null, title: mount.title, raw: mount.title, kind: 'song' as const }
  }
  const radio = new Radio({ stations: main, readTrack })
  for (const [at, title] of ['A', 'A', 'A', null, null, 'A', 'B'].entries()) radio.reports(at, { '/main': title })
  t.strictSame(read, [['main', 'A'], ['main', null], ['main', 'A'], ['main', 'B']])
})

test('a track that continues after a gap does not shorten the history', async (t) => {
  const radio = new Radio({ history: 1 })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'B' })
  t.match(radio.reports(70, {}), [{ station: { track: null, history: [{ text: 'B' }] } }])
  t.match(radio.reports(72, { '/main': 'B' }), [{ station: { track: { text: 'B' } } }])
  t.strictSame(radio.station().history.map(({ text }) => text), ['A'])
  radio.reports(80, { '/main': 'C' })
  t.strictSame(radio.station().history.map(({ text }) => text), ['B'])
})
