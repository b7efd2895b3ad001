import { test } from 'tap'
import { date, mount, Radio } from './helper.ts'

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

const withAutomation = { main: { mounts: ['/main', '/opus'], fallbacks: ['/auto'] } }

test('the titles of `fallbacks` are not used while a live mount of the programme has none', (t) => {
  const radio = new Radio({ stations: withAutomation })
  radio.reports(1, { '/auto': 'Song One' })
  t.match(radio.station(), { status: 'live', fallback: true, track: { text: 'Song One', mount: '/auto' } })
  // A live show begins, and its encoder sends no titles.
  radio.reports(60, { '/main': null, '/auto': 'Song One' })
  t.match(radio.station(), { fallback: false, track: { text: 'Song One' } }, 'it is held while the first title may be on its way')
  for (let second = 61; second < 80; second++) radio.reports(second, { '/main': null, '/auto': second < 65 ? 'Song One' : 'Song Two' })
  t.match(radio.station(), { status: 'live', fallback: false, track: null, history: [{ text: 'Song One' }] })
  t.match(radio.reports(80, { '/opus': 'B', '/auto': 'Song Two' }), [{ station: { fallback: true, track: { text: 'B', mount: '/opus' } } }])
  t.match(radio.reports(90, { '/auto': 'Song Three' }), [{ station: { fallback: true, track: { text: 'Song Three', mount: '/auto' }, history: [{ text: 'B' }, { text: 'Song One' }] } }])
  t.end()
})

test('a title that is cleared during a live show is not replaced by one of `fallbacks`', (t) => {
  const radio = new Radio({ stations: withAutomation })
  radio.reports(1, { '/main': 'A', '/auto': 'Song One' })
  for (let second = 60; second < 90; second++) radio.reports(second, { '/main': '', '/auto': 'Song One' })
  t.match(radio.station(), { fallback: false, track: null, history: [{ text: 'A' }] })
  t.end()
})

test('`fallbacks` are listed as mounts, and their listeners are counted', (t) => {
  const radio = new Radio({ stations: withAutomation })
  radio.reports(1, { '/main': { title: 'A', listeners: 2, listenerPeak: 3 }, '/auto': { title: 'B', listeners: 4, listenerPeak: 5 } })
  t.match(radio.station(), {
    listeners: { current: 6, peak: 8 },
    mounts: [{ path: '/main', live: true }, { path: '/opus', live: false }, { path: '/auto', live: true, listeners: 4 }]
  })
  t.end()
})

test('what the playout system tells of an automation is not shown during a live show without titles, also after a restart', (t) => {
  const radio = new Radio({ stations: withAutomation })
  radio.reports(1, { '/main': null, '/auto': 'Song One' })
  t.match(radio.tells(2, { title: 'Song Two' }), { shown: false, reason: 'no-title' })
  radio.reports(3, { '/main': null, '/auto': 'Song Two' })
  t.match(radio.station(), { fallback: false, track: null })
  const untitled = new Radio({ stations: withAutomation })
  untitled.reports(1, { '/main': null, '/auto': null })
  t.match(untitled.tells(2, { title: 'A' }), { shown: true }, 'where no mount has titles it is')
  t.end()
})

test('the titles of `fallbacks` are not used while it is not known whether the programme is live', (t) => {
  const hidden = new Radio({ stations: withAutomation })
  hidden.reports(1, { '/main': 'A', '/auto': 'Song One' })
  for (let second = 2; second < 30; second++) {
    hidden.reads(second, { serverId: null, serverStart: null, mounts: [mount('/auto', 'Song Two')], unknownMounts: ['/main'] })
  }
  t.match(hidden.station(), { status: 'live', track: { text: 'A', mount: '/main' }, history: [] })

  const starting = new Radio({ stations: withAutomation, servers: 2 })
  starting.reports(1, { '/auto': 'Song One' })
  t.match(starting.station(), { track: null, history: [] }, 'the other server may have the programme')
  starting.reports(2, { '/main': 'A' }, 1)
  t.match(starting.station(), { fallback: false, track: { text: 'A' }, history: [] })

  const spare = new Radio({ stations: withAutomation, servers: 2 })
  spare.fails(1, 1)
  spare.reports(2, { '/auto': 'Song One' })
  t.match(spare.station(), { fallback: true, track: { text: 'Song One' } }, 'a server that cannot be read is not waited for')
  t.end()
})

test('a spare that hides the programme, or is lost, does not keep the titles of `fallbacks` from being used', (t) => {
  const hides = (paths: string[]) => ({ serverId: null, serverStart: null, mounts: [], unknownMounts: paths })
  const radio = new Radio({ stations: withAutomation, servers: 2 })
  radio.reports(1, { '/main': 'A', '/auto': 'Song One' })
  radio.reads(1, hides(['/main', '/opus']), 1)
  radio.reports(60, { '/auto': 'Song Two' })
  radio.reads(61, hides(['/main', '/opus']), 1)
  radio.reports(75, { '/auto': 'Song Three' })
  t.match(radio.station(), { fallback: true, track: { text: 'Song Three' }, history: [{ text: 'Song Two' }, { text: 'A' }] })

  const lost = new Radio({ stations: withAutomation, servers: 2 })
  lost.reports(1, { '/main': 'A', '/auto': 'Song One' })
  lost.reports(1, { '/main': 'A' }, 1)
  lost.reads(50, hides(['/main']), 1)
  lost.reports(60, { '/auto': 'Song Two' })
  t.match(lost.station(), { track: { text: 'A' } }, 'the other server may have it')
  lost.fails(61, 1)
  lost.passes(72)
  lost.reports(75, { '/auto': 'Song Three' })
  t.match(lost.station(), { fallback: true, track: { text: 'Song Three' } })
  t.end()
})

test('a failing server that had the programme keeps its track, whatever a fallback on another server plays', (t) => {
  const radio = new Radio({ stations: withAutomation, servers: 2 })
  radio.reports(1, { '/main': 'A' })
  radio.reports(1, { '/auto': 'Song One' }, 1)
  radio.fails(2)
  radio.reports(5, { '/auto': 'Song Two' }, 1)
  t.match(radio.station(), { status: 'live', fallback: false, track: { text: 'A' } })
  radio.passes(13)
  radio.reports(13, { '/auto': 'Song Two' }, 1)
  t.match(radio.station(), { status: 'live', fallback: true, track: { text: 'Song Two' } }, 'it is lost')
  t.end()
})

test('an instance that takes over during a live show without titles does not show the fallback\'s', (t) => {
  const radio = new Radio({ stations: withAutomation })
  radio.reports(1, { '/main': 'A', '/auto': 'Song One' })
  radio.reports(30, { '/main': null, '/auto': 'Song One' })
  radio.isTakenOver()
  for (let second = 31; second < 60; second++) radio.reports(second, { '/main': null, '/auto': 'Song Two' })
  t.match(radio.station(), { fallback: false, track: null, history: [{ text: 'A' }] })
  t.end()
})
