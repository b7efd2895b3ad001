import fc from 'fast-check'
import { test } from 'tap'
import { date, Radio } from './helper.ts'

const stations = { main: { mounts: ['/main'] } }
const delay = 20_000

test('a track is published at its `audibleAt`, with `startedAt` from Icecast', async (t) => {
  const radio = new Radio({ stations, delay })
  radio.reports(1, { '/main': 'A' })
  t.match(radio.station().track, { text: 'A', startedAt: date(1), audibleAt: date(1) }, 'what is on at the start is heard already')
  t.strictSame(radio.reports(60, { '/main': 'B' }), [])
  t.strictSame(radio.passes(79.999), [])
  t.match(radio.passes(80), [{
    isNewPlay: true,
    station: { track: { text: 'B', startedAt: date(60), audibleAt: date(80) }, history: [{ text: 'A', startedAt: date(1), endedAt: date(60) }] }
  }])
  t.strictSame(radio.passes(1000), [])
})

test('tracks that are shorter than the delay keep their order and duration', async (t) => {
  const radio = new Radio({ stations, delay })
  radio.reports(1, { '/main': 'A' })
  for (const [at, title] of [[60, 'B'], [63, 'C'], [64.5, 'D'], [70, 'A']] as const) radio.reports(at, { '/main': title })
  const heard = [79, 80, 83, 84.5, 90].map((at) => {
    radio.passes(at)
    return radio.station().track?.text
  })
  t.strictSame(heard, ['A', 'B', 'C', 'D', 'A'])
  t.strictSame(radio.station().history.map(({ text, startedAt, endedAt }) => [text, startedAt, endedAt]), [
    ['D', date(64.5), date(70)], ['C', date(63), date(64.5)], ['B', date(60), date(63)], ['A', date(1), date(60)]
  ])
})

test('status, mounts and listener counts are not delayed', async (t) => {
  const radio = new Radio({ stations, delay })
  radio.reports(1, { '/main': { title: 'A', listeners: 1 } })
  t.match(radio.reports(60, {}), [{ station: { status: 'offline', listeners: { current: null }, mounts: [{ live: false }], track: { text: 'A' } } }])
  t.match(radio.passes(80), [{ station: { status: 'offline', track: null, history: [{ text: 'A', endedAt: date(60) }] } }])
})

test('a delayed track is published while the server cannot be read', async (t) => {
  const radio = new Radio({ stations, delay })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'B' })
  radio.fails(61)
  radio.passes(80)
  t.match(radio.station(), { status: 'stale', track: { text: 'B' } })
})

test('a first track that begins after the start is delayed, too', async (t) => {
  for (const before of [{}, { '/main': null }]) {
    const radio = new Radio({ stations, delay })
    radio.reports(1, before)
    radio.reports(60, { '/main': 'A' })
    t.equal(radio.station().track, null)
    radio.passes(80)
    t.match(radio.station().track, { startedAt: date(60), audibleAt: date(80) })
  }
})

test('each delayed track is published even if the process was blocked meanwhile', async (t) => {
  const radio = new Radio({ stations, delay })
  radio.reports(1, { '/main': 'A' })
  radio.reports(60, { '/main': 'B' })
  radio.reports(60.5, { '/main': 'C' })
  const changes = radio.wakes(90)
  t.match(changes, [{ isNewPlay: true, station: { track: { text: 'B' } } }, { isNewPlay: true, station: { track: { text: 'C' } } }])
  t.equal(changes[1]?.previous, changes[0]?.station)
})

test('each station has its own delay', async (t) => {
  const radio = new Radio({ stations: { slow: { mounts: ['/a'] }, fast: { mounts: ['/a'] } }, delayOf: (id) => id === 'slow' ? delay : 0 })
  radio.reports(1, { '/a': 'A' })
  radio.reports(60, { '/a': 'B' })
  t.equal(radio.station('fast').track?.text, 'B')
  t.equal(radio.station('slow').track?.text, 'A')
})

test('a full delay queue publishes its oldest track early', async (t) => {
  const radio = new Radio({ stations, delay: 300_000 })
  for (let i = 0; i <= 1000; i++) radio.reports(i / 20, { '/main': `${i}` })
  t.equal(radio.station().track?.text, '0')
  radio.reports(51, { '/main': 'one more' })
  t.equal(radio.station().track?.text, '1')
})

test('a delay publishes the same tracks as no delay, for any sequence of titles', async (t) => {
  const plays = fc.array(fc.tuple(fc.integer({ min: 1, max: 90_000 }), fc.constantFrom('A', 'B', 'C', null, 'off')), { maxLength: 30 })
  fc.assert(fc.property(plays, fc.integer({ min: 0, max: 60_000 }), (steps, delay) => {
    const told = [0, delay].map((delay) => {
      const radio = new Radio({ stations, delay, hold: 5000 })
      const tracks: string[] = []
      let at = 0
      radio.reports(0, { '/main': 'first' })
      const note = (): void => {
        for (const { station: { track, history } } of radio.changes.splice(0)) {
          const line = JSON.stringify([track && [track.text, track.startedAt], history.map(({ text, startedAt, endedAt }) => [text, startedAt, endedAt])])
          if (tracks.at(-1) !== line) tracks.push(line)
        }
      }
      for (const [wait, what] of steps) {
        at += wait / 1000
        radio.reports(at, what === 'off' ? {} : { '/main': what })
        note()
      }
      radio.passes(at + 1000)
      note()
      if (radio.deadline !== null) throw new Error('it never comes to rest')
      return tracks
    })
    t.strictSame(told[1], told[0])
  }), { numRuns: 300 })
})
