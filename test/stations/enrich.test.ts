import { test } from 'tap'
import { Radio } from './helper.ts'

const stations = { main: { mounts: ['/main'] } }
const artwork = 'https://radio.example/a.jpg'

test('a track is published at once, and again with the result of `enrich`', async (t) => {
  const radio = new Radio({ stations })
  t.equal(radio.reports(1, { '/main': 'A' }).length, 1)
  const begun = radio.takeStartedPlays()
  t.match(begun, [{ station: 'main', track: { text: 'A' } }])
  t.strictSame(radio.takeStartedPlays(), [])
  t.match(radio.finds(2, begun, { artwork }), [{ isNewPlay: false, station: { track: { text: 'A', artwork } } }])
  t.strictSame(radio.reports(3, { '/main': 'A' }), [], 'it stays')
  t.match(radio.reports(4, { '/main': 'B' }), [{ station: { track: { text: 'B' }, history: [{ text: 'A', artwork }] } }])
  t.notMatch(radio.station().track, { artwork })
  t.match(radio.registry.toSaved('main'), { history: [{ text: 'A', artwork }] })
})

test('an empty result of `enrich`, or one for a forgotten track, publishes nothing', async (t) => {
  const radio = new Radio({ stations, history: 0 })
  radio.reports(1, { '/main': 'A' })
  const begun = radio.takeStartedPlays()
  t.strictSame(radio.finds(2, begun, null), [])
  radio.reports(3, { '/main': 'B' })
  t.strictSame(radio.finds(4, begun, { artwork }), [])
  t.strictSame(radio.finds(5, [{ ...begun[0], station: 'other' }], { artwork }), [])
})

test('a track waits up to `wait` for the result of `enrich`', async (t) => {
  const radio = new Radio({ stations, waitForEnrich: 500 })
  radio.reports(1, { '/main': 'A' })
  t.equal(radio.station().track, null)
  t.match(radio.finds(1.2, radio.takeStartedPlays(), { artwork }), [{ isNewPlay: true, station: { track: { text: 'A', artwork } } }])
  radio.reports(2, { '/main': 'B' })
  t.match(radio.passes(2.5), [{ station: { track: { text: 'B' } } }], 'but no longer')
  radio.reports(3, { '/main': 'C' })
  t.match(radio.finds(3.1, radio.takeStartedPlays(), null), [{ station: { track: { text: 'C' } } }], 'nor when there is nothing')
})

test('a result of `enrich` during the stream delay is published with the track', async (t) => {
  const radio = new Radio({ stations, delay: 10_000, waitForEnrich: 500 })
  radio.reports(1, { '/main': 'A' })
  radio.passes(5)
  radio.takeStartedPlays()
  radio.reports(60, { '/main': 'B' })
  t.strictSame(radio.finds(62, radio.takeStartedPlays(), { artwork }), [])
  t.match(radio.passes(70), [{ station: { track: { text: 'B', artwork } } }])
})

test('the end of a track does not wait for `enrich`', async (t) => {
  const radio = new Radio({ stations, waitForEnrich: 500 })
  radio.reports(1, { '/main': 'A' })
  radio.passes(2)
  t.match(radio.reports(3, {}), [{ station: { track: null } }])
})

test('a song that continues after a gap does not wait and keeps its result of `enrich`', async (t) => {
  for (const history of [0, 10]) {
    const radio = new Radio({ stations, history, waitForEnrich: 60_000 })
    radio.reports(1, { '/main': 'A' })
    radio.finds(2, radio.takeStartedPlays(), { artwork })
    radio.reports(60, {})
    t.match(radio.reports(62, { '/main': 'A' }), [{ isNewPlay: false, station: { track: { text: 'A', artwork } } }])
  }
})

test('results of `enrich` are deleted with their tracks', async (t) => {
  const radio = new Radio({ stations, history: 1 })
  for (let at = 1; at <= 200; at++) {
    radio.reports(at, { '/main': `${at}` })
    radio.finds(at, radio.takeStartedPlays(), { artwork: `${at}.jpg` })
  }
  t.match(radio.station(), { track: { artwork: '200.jpg' }, history: [{ artwork: '199.jpg' }] })
})

test('a result of `enrich` during a gap is published when the song continues', async (t) => {
  const radio = new Radio({ stations, history: 0 })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, {})
  t.strictSame(radio.finds(61, radio.takeStartedPlays(), { artwork }), [])
  t.match(radio.reports(62, { '/main': 'A' }), [{ station: { track: { artwork } } }])
})
