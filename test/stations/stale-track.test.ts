import { test } from 'tap'
import type { Kind } from '../../lib/schemas.ts'
import { date, Radio } from './helper.ts'

const stations = { main: { mounts: ['/main'] } }
const staleTrackAfter = 3_600_000

test('a title that does not change for `staleTrackAfter` is no longer shown', async (t) => {
  const radio = new Radio({ stations, staleTrackAfter })
  radio.reports(1, { '/main': 'A' })
  t.strictSame(radio.passes(3600.999), [])
  t.match(radio.passes(3601), [{ station: { status: 'live', track: null, history: [{ text: 'A', startedAt: date(1), endedAt: date(3601) }] } }])
  t.strictSame([...radio.reports(3602, { '/main': 'A' }), ...radio.reports(9000, { '/main': 'A' })], [], 'nor again while it stays')
  t.equal(radio.deadline, null)
  t.match(radio.reports(9001, { '/main': 'B' }), [{ isNewPlay: true }])
})

test('a source that reconnects with its stale title shows no track', async (t) => {
  const radio = new Radio({ stations, staleTrackAfter })
  radio.reports(1, { '/main': 'A' })
  radio.passes(3601)
  radio.reports(4000, { '/main': null })
  t.strictSame(radio.reports(4002, { '/main': 'A' }), [])
})

test('a stale title is a new play after another title, a longer silence or another source', async (t) => {
  const news: Array<(radio: Radio) => void> = [
    (radio) => { radio.reports(4000, { '/main': 'B' }) },
    (radio) => { radio.reports(4000, { '/main': null }) },
    (radio) => { radio.reports(4000, {}) }
  ]
  for (const happens of news) {
    const radio = new Radio({ stations, staleTrackAfter })
    radio.reports(1, { '/main': 'A' })
    radio.passes(3601)
    happens(radio)
    t.match(radio.reports(4011, { '/main': 'A' }), [{ isNewPlay: true, station: { track: { text: 'A', startedAt: date(4011) } } }])
  }
})

test('a song ends after `staleTrackAfter` while only hidden tracks follow', async (t) => {
  const radio = new Radio({ stations, staleTrackAfter, hide: new Set<Kind>(['ad']) })
  radio.reports(1, { '/main': 'A' })
  radio.reports(200, { '/main': 'ad' })
  radio.passes(3601)
  t.match(radio.station(), { track: null, history: [{ text: 'A', endedAt: date(200) }] })
})

test('a title becomes stale while the server cannot be read, and stays so afterwards', async (t) => {
  const radio = new Radio({ stations, staleTrackAfter })
  radio.reports(1, { '/main': 'A' })
  radio.fails(3000)
  t.strictSame(radio.station().track?.text, 'A')
  radio.passes(3601)
  t.match(radio.station(), { status: 'stale', track: null, history: [{ text: 'A' }] })
  radio.reports(5001, { '/main': 'A' })
  t.match(radio.station(), { status: 'live', track: null })
})

test('a title that returns after each hidden jingle does not become stale', async (t) => {
  const radio = new Radio({ stations, staleTrackAfter, hide: new Set<Kind>(['jingle']) })
  for (let at = 0; at < 7200; at += 600) {
    radio.reports(at, { '/main': 'Talk Radio' })
    radio.reports(at + 590, { '/main': 'jingle' })
  }
  t.match(radio.station(), { track: { text: 'Talk Radio', startedAt: date(0) }, history: [] })
})

test('a stale title is a new play after a hidden jingle', async (t) => {
  const radio = new Radio({ stations, staleTrackAfter, hide: new Set<Kind>(['jingle']) })
  radio.reports(1, { '/main': 'A' })
  radio.passes(3601)
  radio.reports(4000, { '/main': 'jingle' })
  t.match(radio.reports(4010, { '/main': 'A' }), [{ isNewPlay: true }])
})
