import { test } from 'tap'
import type { SavedStation } from '../../lib/stations/play-tracker.ts'
import { date, Radio } from './helper.ts'

const stations = { main: { mounts: ['/main'] } }

/** What a station remembers that has played these, the last of them still on, up to this second. */
function memory (titles: string, until: number, station = 'main'): Map<string, SavedStation> {
  const radio = new Radio()
  for (const [index, title] of [...titles].entries()) radio.reports(index * 100, { [`/${station}`]: title })
  radio.reports(until, { [`/${station}`]: titles.at(-1) ?? null })
  const recalled = radio.registry.toSaved(station)
  if (recalled === undefined) throw new Error('there is no such station')
  return new Map([[station, recalled]])
}

/** A radio that starts that many seconds after the start of all. */
function restarted (at: number, memories: ReadonlyMap<string, SavedStation>, options: ConstructorParameters<typeof Radio>[0] = { stations }): Radio {
  const radio = new Radio(options)
  radio.clockError = at
  radio.restores(memories)
  return radio
}

test('the history of a restored station is published at once, with its last track as the newest entry', async (t) => {
  const radio = restarted(260, memory('ABC', 250))
  t.match(radio.station(), { status: 'unknown', track: null, history: [{ text: 'C', startedAt: date(200), endedAt: date(250) }, { text: 'B' }, { text: 'A' }] })
})

test('a song that is still playing after a restart is the same play', async (t) => {
  const memories = memory('ABC', 250)
  const radio = restarted(260, memories)
  const changes = radio.reports(1, { '/main': 'C' })
  t.match(changes, [{ isNewPlay: false, station: { status: 'live', track: memories.get('main')?.track } }])
  t.strictSame(radio.station().history.map(({ text }) => text), ['B', 'A'])
})

test('a restored track keeps its age for `staleTrackAfter`', async (t) => {
  const radio = restarted(260, memory('ABC', 250), { stations, staleTrackAfter: 120_000 })
  radio.reports(1, { '/main': 'C' })
  radio.passes(59)
  t.equal(radio.station().track?.text, 'C')
  radio.passes(60)
  t.equal(radio.station().track, null)
})

test('another song after a restart, or the same one long after, is a new play', async (t) => {
  const radio = restarted(260, memory('ABC', 250))
  t.match(radio.reports(1, { '/main': 'D' }), [{ isNewPlay: true, station: { history: [{ text: 'C', endedAt: date(250) }, { text: 'B' }, { text: 'A' }] } }])
  const later = restarted(1000, memory('ABC', 250))
  t.match(later.reports(1, { '/main': 'C' }), [{ isNewPlay: true, station: { history: [{ text: 'C' }, { text: 'B' }, { text: 'A' }] } }])
})

test('a track that was not audible before a restart is published at its `audibleAt`', async (t) => {
  const playing = new Radio({ stations, delay: 20_000 })
  playing.reports(1, { '/main': 'A' })
  playing.reports(100, { '/main': 'B' })
  playing.reports(102, { '/main': 'B' })
  const recalled = playing.registry.toSaved('main')
  const radio = restarted(105, new Map(recalled && [['main', recalled]]), { stations, delay: 20_000 })
  t.strictSame(radio.station().history.map(({ text }) => text), ['A'], 'nobody has heard it yet')
  radio.reports(0, { '/main': 'B' })
  t.equal(radio.station().track, null)
  t.match(radio.passes(15), [{ isNewPlay: true, station: { track: { text: 'B', startedAt: date(100), audibleAt: date(120) }, history: [{ text: 'A' }] } }])
})

test('a discovered station gets its restored history', async (t) => {
  const radio = restarted(260, memory('AB', 250, 'live'), {})
  t.strictSame(radio.state.list, [])
  t.match(radio.reports(1, { '/live': 'C' }), [{ station: { id: 'live', history: [{ text: 'B' }, { text: 'A' }] } }])
})

test('restored stations that are no longer configured are ignored', async (t) => {
  const radio = restarted(260, memory('AB', 250, 'other'))
  t.strictSame(radio.state.list.map(({ id }) => id), ['main'])
  t.equal(radio.registry.toSaved('other'), undefined)
})

test('a station that was restored and not read yet is saved unchanged', async (t) => {
  const memories = memory('ABC', 250)
  const radio = restarted(260, memories)
  radio.fails(1)
  t.strictSame(radio.registry.toSaved('main'), memories.get('main'))
  radio.reports(2, {})
  t.match(radio.registry.toSaved('main'), { track: null, history: [{ text: 'C' }, { text: 'B' }, { text: 'A' }] })
})

test('a song that is still playing after a restart is the same play with `history: 0`, too', async (t) => {
  const radio = restarted(260, memory('ABC', 250), { stations, history: 0 })
  t.match(radio.reports(1, { '/main': 'C' }), [{ isNewPlay: false, station: { track: { text: 'C', startedAt: date(200) }, history: [] } }])
})

test('a song that continues after a restart does not shorten the history', async (t) => {
  const radio = restarted(260, memory('ABC', 250), { stations, history: 2 })
  t.strictSame(radio.station().history.map(({ text }) => text), ['C', 'B'])
  radio.reports(1, { '/main': 'C' })
  t.strictSame(radio.station().history.map(({ text }) => text), ['B', 'A'])
})

test('a song that continues after a restart is enriched once if it was not before', async (t) => {
  const artwork = 'https://radio.example/a.jpg'
  const memories = memory('A', 50)
  const radio = restarted(60, memories)
  radio.reports(1, { '/main': 'A' })
  const begun = radio.takeStartedPlays()
  t.match(begun, [{ station: 'main', track: memories.get('main')?.track }])
  t.match(radio.finds(2, begun, { artwork }), [{ isNewPlay: false, station: { track: { text: 'A', artwork } } }])
  radio.reports(3, {})
  radio.reports(4, { '/main': 'A' })
  t.strictSame(radio.takeStartedPlays(), [])

  const recalled = radio.registry.toSaved('main')
  const again = restarted(70, new Map(recalled && [['main', recalled]]))
  again.reports(1, { '/main': 'A' })
  t.match(again.station(), { track: { artwork } })
  t.strictSame(again.takeStartedPlays(), [], 'it has been found')
})

test('a song that was interrupted during a restart and continues is the same play', async (t) => {
  const playing = new Radio({ stations })
  playing.reports(1, { '/main': 'A' })
  playing.reports(100, {})
  const recalled = playing.registry.toSaved('main')
  const radio = restarted(110, new Map(recalled && [['main', recalled]]))
  t.match(radio.station().history, [{ text: 'A', endedAt: date(100) }])
  t.match(radio.reports(1, { '/main': 'A' }), [{ isNewPlay: false, station: { track: { text: 'A', startedAt: date(1) }, history: [] } }])
  t.notOk(Object.hasOwn(radio.station().track ?? {}, 'endedAt'))
})

test('the saved `seenAt` is the time of the last successful read', async (t) => {
  const playing = new Radio({ stations })
  playing.reports(1, { '/main': 'A' })
  playing.fails(2)
  playing.passes(7200)
  const recalled = playing.registry.toSaved('main')
  t.equal(recalled?.seenAt, date(1))
})

test('a station whose saved state has no current track starts a new play', async (t) => {
  const nothing = restarted(260, new Map([['main', { seenAt: date(250), track: null, history: [] }]]))
  t.match(nothing.reports(1, { '/main': 'A' }), [{ isNewPlay: true, station: { history: [] } }])

  const playing = new Radio({ stations })
  playing.reports(1, { '/main': 'A' })
  playing.reports(100, {})
  playing.reports(170, {})
  const recalled = playing.registry.toSaved('main')
  const radio = restarted(171, new Map(recalled && [['main', recalled]]))
  t.match(radio.reports(1, { '/main': 'A' }), [{ isNewPlay: true, station: { history: [{ text: 'A', endedAt: date(100) }] } }])
})

test('a stale title is not shown after a restart', async (t) => {
  const radio = restarted(400, memory('A', 350), { stations, staleTrackAfter: 300_000 })
  radio.reports(1, { '/main': 'A' })
  t.match(radio.station(), { status: 'live', track: null, history: [{ text: 'A' }] })
})
