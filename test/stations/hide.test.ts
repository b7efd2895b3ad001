import { test } from 'tap'
import type { Kind } from '../../lib/schemas.ts'
import { date, Radio } from './helper.ts'

const stations = { main: { mounts: ['/main'] } }
const hide = new Set<Kind>(['jingle', 'ad'])

test('a hidden track keeps the song shown and never enters the history', async (t) => {
  const radio = new Radio({ stations, hide })
  radio.reports(1, { '/main': 'A' })
  const { track } = radio.station()
  t.strictSame([...radio.reports(200, { '/main': 'jingle 1' }), ...radio.reports(210, { '/main': 'ad 2' }), ...radio.passes(400)], [])
  t.equal(radio.station().track, track)
  t.match(radio.reports(400, { '/main': 'B' }), [{ isNewPlay: true, station: { history: [{ text: 'A', endedAt: date(200) }] } }], 'it ended when the jingle began')
  t.equal(radio.station().history.length, 1)
})

test('a song that continues after a hidden jingle is the same play', async (t) => {
  const radio = new Radio({ stations, hide })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'jingle' })
  t.strictSame(radio.reports(65, { '/main': 'A' }), [])
  t.match(radio.reports(200, { '/main': 'B' }), [{ station: { history: [{ text: 'A', endedAt: date(200) }] } }])
})

test('the same song after a long hidden break is a new play', async (t) => {
  const radio = new Radio({ stations, hide })
  radio.reports(1, { '/main': 'A' })
  radio.reports(200, { '/main': 'ad' })
  t.match(radio.reports(270, { '/main': 'A' }), [{ isNewPlay: true, station: { track: { text: 'A', startedAt: date(270) }, history: [{ text: 'A', endedAt: date(200) }] } }])
})

test('a hidden track before the first song shows no track', async (t) => {
  const radio = new Radio({ stations, hide })
  t.match(radio.reports(1, { '/main': 'ad' }), [{ isNewPlay: false, station: { status: 'live', track: null, history: [] } }])
  t.equal(radio.deadline, null)
})

test('a song ends at the start of a hidden jingle if no title follows', async (t) => {
  const radio = new Radio({ stations, hide })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'jingle' })
  radio.reports(70, { '/main': null })
  t.match(radio.passes(80), [{ station: { track: null, history: [{ text: 'A', endedAt: date(60) }] } }])
})

test('a song ends at the start of a hidden jingle if the source disconnects', async (t) => {
  const radio = new Radio({ stations, hide })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'jingle' })
  t.match(radio.reports(70, {}), [{ station: { status: 'offline', track: null, history: [{ text: 'A', endedAt: date(60) }] } }])
})

test('a track of a kind that is not hidden is shown with its kind', async (t) => {
  const radio = new Radio({ stations, hide })
  radio.reports(1, { '/main': 'talk of the town' })
  t.match(radio.station().track, { text: 'talk of the town', kind: 'talk' })
})

test('a hidden jingle on a fallback keeps the song shown', async (t) => {
  const radio = new Radio({ stations: { main: { mounts: ['/main', '/fallback'] } }, hide })
  radio.reports(1, { '/main': 'A', '/fallback': 'jingle' })
  radio.reports(60, { '/fallback': 'jingle' })
  t.match(radio.station(), { fallback: true, track: { text: 'A', mount: '/main' } })
})
