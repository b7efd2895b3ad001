import { test } from 'tap'
import type { TrackDetails } from '../../index.ts'
import { date, Radio } from './helper.ts'

const main = { main: { mounts: ['/main', '/opus'] } }
const A = { title: 'A', duration: 60_000, album: 'About A' }
const B = { title: 'B', duration: 90_000, album: 'About B' }
const SHOWN = { shown: true, status: 'shown', reason: null }
const NOTHING = { duration: null, endsAt: null, tags: null }

const waits = (reason: string) => ({ shown: false, status: 'waiting', reason })
const dropped = (reason: string) => ({ shown: false, status: 'dropped', reason })

/** A station that has played A since second 1. */
function playsA (options: ConstructorParameters<typeof Radio>[0] = {}): Radio {
  const radio = new Radio({ stations: main, ...options })
  radio.reports(1, { '/main': 'A' })
  return radio
}

test('what is told of the current track is shown at once', async (t) => {
  const radio = playsA()
  t.match(radio.station().track, NOTHING)
  t.strictSame(radio.tells(2, A), SHOWN)
  t.match(radio.station().track, { text: 'A', startedAt: date(1), duration: 60_000, endsAt: date(61), tags: { album: 'About A' } })
  t.match(radio.changes.at(-1), { isNewPlay: false })
})

test('what is told before its track waits for it, for 15 s', async (t) => {
  for (const [seconds, isShown] of [[0.4, true], [4, true], [15, true], [15.1, false]] as const) {
    const radio = playsA()
    t.strictSame(radio.tells(10, B), waits('other-title'))
    t.match(radio.station().track, { text: 'A', ...NOTHING })
    radio.reports(10 + seconds, { '/main': 'B' })
    t.match(radio.changes.at(-1), { isNewPlay: true, station: { track: { text: 'B', duration: isShown ? 90_000 : null, tags: isShown ? { album: 'About B' } : null } } }, `after ${seconds} s`)
  }
})

test('what was told for one song never belongs to another', async (t) => {
  const radio = playsA()
  radio.tells(2, A)
  radio.tells(3, B)
  radio.reports(4, { '/main': 'C' })
  t.match(radio.station(), { track: { text: 'C', ...NOTHING }, history: [{ text: 'A', duration: 60_000, endsAt: date(61) }] })
  radio.reports(30, { '/main': 'B' })
  t.match(radio.station().track, { text: 'B', ...NOTHING })
  radio.reports(300, { '/main': 'A' })
  t.match(radio.station().track, { text: 'A', ...NOTHING }, 'nor to the same song when it is played again')
})

test('what is told is found under another spelling', async (t) => {
  const radio = new Radio({ stations: main })
  radio.tells(0, { artist: 'Björk feat. Rosalía', title: 'Oral', duration: 1000 })
  radio.reports(1, { '/main': 'BJORK ft. Rosalia - Oral' })
  t.match(radio.station().track, { text: 'BJORK ft. Rosalia - Oral', artist: 'Björk feat. Rosalía', title: 'Oral', duration: 1000 })
  radio.reports(2, { '/main': 'Oral' })
  t.match(radio.station().track, { text: 'Oral', artist: null, ...NOTHING })
  t.strictSame(radio.tells(3, { artist: 'Björk', title: null }), waits('other-title'))
  radio.reports(4, { '/main': 'bjork' })
  t.match(radio.station().track, { text: 'bjork', artist: 'Björk', title: 'bjork' })
})

test('what is told again replaces what was told before, and what is left out stays', async (t) => {
  const radio = playsA()
  radio.tells(2, { ...A, isrc: '1', kind: 'ad', next: { title: 'B' }, startedAt: date(0) })
  const before = radio.changes.length
  t.strictSame(radio.tells(3, { title: 'a' }), SHOWN)
  t.equal(radio.changes.length, before, 'nothing has changed')
  t.strictSame(radio.tells(4, { title: 'A', duration: 50_000, album: 'Another' }), SHOWN)
  t.match(radio.station(), { next: { text: 'B' }, track: { kind: 'ad', duration: 50_000, endsAt: date(50), tags: { album: 'Another', isrc: '1' } } })
  // Also while it waits.
  radio.tells(10, B)
  radio.tells(11, { ...B, album: 'Another' })
  radio.reports(12, { '/main': 'B' })
  t.match(radio.station().track, { text: 'B', tags: { album: 'Another' } })
  radio.reports(13, { '/main': 'C' })
  radio.reports(14, { '/main': 'B' })
  t.match(radio.station().track, { text: 'C' })
})

test('the next song is shown only while the play is on for which it was told', async (t) => {
  const radio = playsA()
  radio.tells(2, { title: 'A', next: { artist: 'Lamb', title: 'B' } })
  t.strictSame(radio.station().next, { text: 'Lamb - B', artist: 'Lamb', title: 'B' })
  radio.reports(3, { '/main': null })
  t.match(radio.station(), { track: { text: 'A' }, next: { text: 'Lamb - B' } }, 'the source reconnects')
  radio.reports(4, { '/main': 'B' })
  t.equal(radio.station().next, null)
  radio.tells(5, { title: 'B', next: { title: 'C' } })
  radio.tells(6, { title: 'B', next: null })
  t.equal(radio.station().next, null, 'taken back')
  radio.tells(7, { title: 'B', next: { title: 'C' } })
  radio.reports(8, { '/main': { live: false } })
  t.match(radio.station(), { track: null, next: null })
})

test('`endsAt` follows the beginning that was told, unless the clock of the playout system must be wrong', async (t) => {
  const cases: Array<[startedAt: string, endsAt: number]> = [[date(-30), 30], [date(1.5), 61.5], [date(10), 70], [date(-59), 1], [date(-3600), 61], [date(3600), 61]]
  for (const [startedAt, endsAt] of cases) {
    const radio = playsA()
    radio.tells(2, { ...A, startedAt })
    t.match(radio.station().track, { startedAt: date(1), endsAt: date(endsAt) }, startedAt)
  }
})

test('with a delay, details are shown when listeners hear their track', async (t) => {
  const radio = playsA({ delay: 20_000 })
  t.match(radio.station().track, { text: 'A', audibleAt: date(1) })
  radio.tells(100, { ...B, next: { title: 'C' } })
  radio.reports(101, { '/main': 'B' })
  t.strictSame(radio.tells(102, B), waits('delay'))
  t.match(radio.station(), { track: { text: 'A', ...NOTHING }, next: null })
  radio.passes(121)
  t.match(radio.station(), { next: { text: 'C' }, track: { text: 'B', startedAt: date(101), audibleAt: date(121), endsAt: date(121 + 90) } })
  t.strictSame(radio.tells(122, B), SHOWN)
})

test('the kind that was told counts, also for `hide`', async (t) => {
  const ad: TrackDetails = { title: 'Spot', kind: 'ad' }
  const radio = playsA({ hide: new Set(['ad']) })
  radio.tells(10, ad)
  radio.reports(11, { '/main': 'Spot' })
  t.match(radio.station().track, { text: 'A' })
  for (const at of [20, 30, 40]) radio.reports(at, { '/main': 'Spot' })
  t.match(radio.station().track, { text: 'A' }, 'also later than details wait')
  radio.reports(50, { '/main': 'B' })
  t.match(radio.station(), { track: { text: 'B' }, history: [{ text: 'A', endedAt: date(11) }] })
  radio.reports(100, { '/main': 'Spot' })
  t.match(radio.station().track, { text: 'Spot', kind: 'unknown' }, 'it is another play')
  t.strictSame(radio.tells(101, ad), SHOWN)
  t.match(radio.station().track, { text: 'Spot', kind: 'ad' }, 'once it is shown it stays')

  const open = playsA()
  open.tells(10, ad)
  open.reports(11, { '/main': 'Spot' })
  t.match(open.station().track, { text: 'Spot', kind: 'ad' })
})

test('a title that is not a track stays hidden whatever is told', async (t) => {
  const radio = playsA({ readTrack: ({ title }) => title === 'x' ? 'not a track' : title === null ? null : { text: title, artist: null, title, raw: title, kind: 'song' } })
  radio.reports(2, { '/main': 'x' })
  t.strictSame(radio.tells(3, { title: 'x' }), waits('other-title'))
  t.match(radio.station().track, { text: 'A' })
})

test('a DJ who takes over is not overwritten', async (t) => {
  const stations = { main: { mounts: ['/live', '/main'] } }
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  radio.tells(2, A)
  radio.reports(10, { '/live': 'DJ', '/main': 'A' })
  t.strictSame(radio.tells(60, B), waits('other-title'))
  radio.reports(61, { '/live': 'DJ', '/main': 'B' })
  t.match(radio.station(), { track: { text: 'DJ', ...NOTHING }, next: null })
  radio.reports(100, { '/live': null, '/main': null })
  radio.passes(200)
  t.match(radio.station().track, null)
  t.strictSame(radio.tells(201, B), waits('no-title'), 'a DJ without titles neither')
  radio.reports(202, { '/live': null, '/main': null })
  t.equal(radio.station().track, null)
})

test('the answer says why nothing is shown', async (t) => {
  const radio = new Radio({ stations: main })
  t.strictSame(radio.tells(0, A), waits('unread'))
  radio.reports(1, {})
  t.strictSame(radio.tells(2, B), waits('offline'))
  radio.reports(3, { '/main': 'B' })
  t.match(radio.station().track, { text: 'B', duration: 90_000 })
  radio.fails(4)
  t.strictSame(radio.tells(5, B), SHOWN, 'the track is held')
  radio.passes(100)
  t.match(radio.station(), { status: 'stale' })
  t.strictSame(radio.tells(101, A), waits('unread'))
  t.strictSame(radio.tells(102, A, 'other'), dropped('no-station'))
})

test('a station without any titles shows what it is told until that is over', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/opus': null })
  t.match(radio.station(), { status: 'live', track: null })
  t.strictSame(radio.tells(10, { ...A, next: { title: 'B' } }), SHOWN)
  t.match(radio.changes.at(-1), { isNewPlay: true })
  t.match(radio.station(), { next: { text: 'B' }, track: { text: 'A', raw: 'A', mount: '/opus', startedAt: date(10), endsAt: date(70), tags: { album: 'About A' } } })
  const { track } = radio.station()
  radio.reports(20, { '/opus': null })
  t.equal(radio.station().track, track, 'a report does not change it')
  t.strictSame(radio.tells(30, A), SHOWN, 'told again')
  t.equal(radio.station().track?.id, track?.id)

  t.strictSame(radio.tells(65, B), SHOWN, 'something else is told')
  t.match(radio.station(), { next: null, track: { text: 'B', startedAt: date(65), endsAt: date(155) }, history: [{ text: 'A', endedAt: date(65), duration: 60_000 }] })
  radio.passes(164)
  t.match(radio.station().track, { text: 'B' }, 'held for a little longer')
  radio.passes(165)
  t.match(radio.station(), { track: null, history: [{ text: 'B', endedAt: date(155) }, { text: 'A' }] })
  t.equal(radio.deadline, null)
  radio.reports(170, { '/opus': null })
  t.equal(radio.station().track, null)
})

test('a station without titles holds what it is told through interruptions', async (t) => {
  const radio = new Radio({ stations: main })
  t.strictSame(radio.tells(0, { title: 'A' }), waits('unread'))
  radio.reports(1, { '/main': null })
  const { track } = radio.station()
  t.match(track, { text: 'A', duration: null, endsAt: null, startedAt: date(1) })
  radio.reports(2, {})
  t.match(radio.station(), { status: 'offline', track: null })
  radio.reports(5, { '/main': { title: null, streamStart: 'again' } })
  t.equal(radio.station().track?.id, track?.id)
  radio.passes(10_000)
  t.equal(radio.station().track?.id, track?.id, 'without a duration it is on until something else is told')

  radio.tells(10_001, A)
  radio.fails(10_002)
  radio.passes(10_300)
  t.match(radio.station(), { status: 'stale', track: { text: 'A' } }, 'what is on is not known')
  radio.reports(10_301, { '/main': null })
  radio.passes(10_320)
  t.equal(radio.station().track, null)
})

test('when a station without titles begins to have titles, those count', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': null })
  radio.tells(2, A)
  radio.reports(3, { '/main': 'A' })
  t.match(radio.station(), { track: { text: 'A', startedAt: date(2), duration: 60_000 }, history: [] }, 'the same play')
  radio.reports(4, { '/main': 'B' })
  t.match(radio.station().track, { text: 'B', ...NOTHING })
  radio.passes(100)
  t.match(radio.station().track, { text: 'B' }, 'the end of what was told does not matter')
  radio.reports(200, { '/main': null })
  radio.passes(300)
  t.strictSame(radio.tells(43_000, A), waits('no-title'))
  t.strictSame(radio.tells(43_500, A), SHOWN, 'after 12 hours without a title')
})

test('what stood in for titles does not return after a day with titles, or without a source', async (t) => {
  const titled = new Radio({ stations: main })
  titled.tells(0, { title: 'A' })
  titled.reports(1, { '/main': null })
  titled.reports(2, { '/main': 'B' })
  titled.reports(3, { '/main': null })
  titled.reports(50_000, { '/main': null })
  t.match(titled.station(), { status: 'live', track: null })

  for (const [seconds, shown] of [[59, { text: 'A' }], [61, null]] as const) {
    const radio = new Radio({ stations: main })
    radio.reports(1, { '/main': null })
    radio.tells(2, { title: 'A' })
    radio.reports(100, {})
    radio.reports(130, {})
    radio.reports(100 + seconds, { '/main': null })
    t.match(radio.station().track, shown, `after ${seconds} s`)
  }

  const radio = new Radio({ stations: main })
  radio.reports(1, { '/main': null })
  radio.tells(2, { title: 'A' })
  radio.reports(100, {})
  radio.tells(150, { title: 'B' })
  radio.reports(300, { '/main': null })
  t.match(radio.station().track, { text: 'B' }, 'what was told meanwhile is on')
})

test('`hide` and the beginning that was told count for a station without titles too', async (t) => {
  const radio = new Radio({ stations: main, hide: new Set(['jingle', 'ad']) })
  radio.reports(1, { '/main': null })
  radio.tells(10, { ...A, startedAt: date(-20) })
  t.match(radio.station().track, { text: 'A', endsAt: date(40) })
  t.strictSame(radio.tells(20, { title: 'Spot', kind: 'ad' }), dropped('hidden'))
  t.strictSame(radio.tells(21, { title: 'jingle' }), dropped('hidden'), 'by the rules of the station')
  t.match(radio.station().track, { text: 'A' })
  radio.tells(30, { ...B, startedAt: date(25) })
  radio.passes(124.9)
  t.match(radio.station(), { track: { text: 'B' }, history: [{ text: 'A', endedAt: date(20) }] })
  radio.passes(125)
  t.match(radio.station(), { track: null, history: [{ text: 'B', endedAt: date(115) }, {}] })
})

test('details are kept for all tracks of the history, and saved', async (t) => {
  const radio = new Radio({ stations: main, history: 100 })
  for (let song = 0; song < 300; song++) {
    radio.tells(song * 100, { title: `Song ${song}`, duration: song + 1 })
    radio.reports(song * 100 + 1, { '/main': `Song ${song}` })
  }
  const { track, history } = radio.station()
  t.match(track, { text: 'Song 299', duration: 300 })
  t.equal(history.length, 100)
  for (const { text, duration } of history) t.equal(`Song ${Number(duration) - 1}`, text)
  t.match(radio.registry.toSaved('main'), { track: { duration: 300 }, history: [{ duration: 299 }, { duration: 298 }] })
})

test('`enrich` gets the details that were told before', async (t) => {
  const radio = new Radio({ stations: main })
  radio.tells(0, { title: 'A', isrc: '1' })
  radio.reports(1, { '/main': 'A' })
  const begun = radio.takeStartedPlays()
  t.match(begun, [{ track: { text: 'A', tags: { isrc: '1' } } }])
  radio.finds(2, begun, { artwork: 'x' })
  t.match(radio.station().track, { tags: { isrc: '1' }, artwork: 'x' })
})

test('only the last ten tracks wait', async (t) => {
  const radio = playsA()
  for (let song = 0; song < 11; song++) radio.tells(10, { title: `Song ${song}`, duration: 1000 })
  radio.reports(11, { '/main': 'Song 0' })
  t.match(radio.station().track, NOTHING)
  radio.reports(12, { '/main': 'Song 1' })
  t.match(radio.station().track, { duration: 1000 })
})
