import { test } from 'tap'
import { date, Radio } from './helper.ts'

const stations = { main: { mounts: ['/main', '/opus', '/fallback'] } }

test('a station on its fallback stays live with `fallback: true` and the fallback\'s track, until its source returns', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A', '/opus': 'A', '/fallback': 'Pause' })
  t.match(radio.station(), { status: 'live', fallback: false, track: { text: 'A', mount: '/main' } })
  t.match(radio.reports(60, { '/fallback': 'Pause' }), [{
    isNewPlay: true,
    station: { status: 'live', statusSince: date(1), fallback: true, track: { text: 'Pause', mount: '/fallback', startedAt: date(60) }, history: [{ text: 'A', endedAt: date(60) }] }
  }])
  // The source is back, and has no title for a moment.
  radio.reports(90, { '/main': null, '/fallback': 'Pause' })
  t.match(radio.station(), { fallback: false, track: { text: 'Pause' } })
  t.match(radio.reports(91, { '/main': 'B', '/fallback': 'Pause' }), [{
    station: { status: 'live', statusSince: date(1), fallback: false, track: { text: 'B', mount: '/main' }, history: [{ text: 'Pause' }, { text: 'A' }] }
  }])
})

test('mounts that change their title within some 100 ms publish one change, in either order', async (t) => {
  for (const first of ['/main', '/opus']) {
    const radio = new Radio({ stations })
    radio.reports(1, { '/main': 'A', '/opus': 'A' })
    const changes = [
      ...radio.reports(60, { '/main': 'A', '/opus': 'A', [first]: 'B' }),
      ...radio.reports(60.2, { '/main': 'A', '/opus': 'A', [first]: 'B' }),
      ...radio.reports(60.4, { '/main': 'B', '/opus': 'B' }),
      ...radio.reports(61, { '/main': 'B', '/opus': 'B' })
    ]
    t.match(changes.map(({ station }) => station.track?.text), ['B'], first)
    t.equal(radio.station().history.length, 1)
  }
})

test('a lagging mount does not restore the previous title when the source disconnects after a change', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A', '/opus': 'A' })
  radio.reports(60, { '/main': 'B', '/opus': 'A' })
  const { track } = radio.station()
  const changes = [...radio.reports(60.2, { '/opus': 'A' }), ...radio.reports(60.7, { '/opus': 'B' })]
  t.notOk(changes.some(({ isNewPlay }) => isNewPlay))
  t.match(radio.station(), { track: { ...track, mount: '/opus' }, history: [{ text: 'A' }] })
  t.equal(radio.deadline, null)
})

test('another mount that still shows the previous title is used when it can no longer be lagging', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A', '/opus': 'A' })
  radio.reports(60, { '/main': 'B', '/opus': 'A' })
  radio.reports(61, { '/opus': 'A' })
  radio.reports(69.9, { '/opus': 'A' })
  t.equal(radio.station().track?.text, 'B')
  radio.reports(70, { '/opus': 'A' })
  t.match(radio.station(), { track: { text: 'A', mount: '/opus' }, history: [{ text: 'B' }, { text: 'A' }] })
})

test('another mount is used at once if the source disconnects long after its title changed', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A', '/fallback': 'A' })
  radio.reports(60, { '/main': 'B', '/fallback': 'A' })
  t.match(radio.reports(71, { '/fallback': 'A' }), [{ station: { track: { text: 'A', mount: '/fallback' } } }])
})

test('an offline station has `fallback: false`', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/fallback': 'Pause' })
  t.equal(radio.station().fallback, true)
  radio.reports(2, {})
  t.match(radio.station(), { status: 'offline', fallback: false })
})

test('a source that returns at once shows its song again, although that has just ended', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A', '/fallback': 'Pause' })
  radio.reports(100, { '/fallback': 'Pause' })
  t.match(radio.reports(103, { '/main': 'A', '/fallback': 'Pause' }), [{ station: { track: { text: 'A', mount: '/main' } } }])
})

test('a lagging mount does not restore the previous title with `history: 0` either', async (t) => {
  const radio = new Radio({ stations, history: 0 })
  radio.reports(1, { '/main': 'A', '/opus': 'A' })
  radio.reports(60, { '/main': 'B', '/opus': 'A' })
  radio.reports(60.2, { '/opus': 'A' })
  radio.reports(60.7, { '/opus': 'B' })
  t.strictSame(radio.changes.flatMap(({ isNewPlay, station }) => isNewPlay ? station.track?.text : []), ['A', 'B'])
})
