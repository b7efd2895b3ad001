import fc from 'fast-check'
import { test } from 'tap'
import type { StationChange } from '../../lib/state/published-state.ts'
import { date, Radio } from './helper.ts'

const stations = { main: { mounts: ['/main', '/low'] } }

test('an instance that takes over publishes nothing, and goes on with the track', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  radio.reports(100, { '/main': 'B' })
  const { track, history } = radio.station()
  t.strictSame(radio.isTakenOver(), [])
  t.strictSame(radio.reports(103, { '/main': 'B' }), [])
  t.match(radio.reports(200, { '/main': 'C' }), [{ isNewPlay: true, station: { status: 'live', statusSince: date(1), track: { startedAt: date(200) } } }])
  t.strictSame(radio.station().history, [{ ...track, endedAt: date(200) }, ...history])
})

test('instances that go on from the same state give the same plays the same ids', async (t) => {
  for (const history of [10, 0]) {
    const leader = new Radio({ stations, history })
    leader.reports(1, { '/main': 'A' })
    const handovers = leader.handsOver()
    // The leader is gone before it has passed on what follows.
    const other = new Radio({ stations, history })
    other.takesOver(handovers)
    const ids = new Set([leader.station().track?.id])
    for (const [at, title] of [[10, 'B'], [200, 'A'], [400, 'B']] as const) {
      leader.reports(at, { '/main': title })
      other.reports(at + 0.4, { '/main': title })
      t.equal(leader.station().track?.id, other.station().track?.id)
      ids.add(leader.station().track?.id)
    }
    t.equal(ids.size, 4, 'each play has its own')
  }
})

test('an instance that takes over before Icecast can be read holds the state, until it is stale', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  radio.isTakenOver()
  t.strictSame(radio.fails(3), [])
  t.match(radio.passes(13), [{ station: { status: 'stale', track: { text: 'A' } } }])
  t.match(radio.reports(20, { '/main': 'A' }), [{ isNewPlay: false, station: { status: 'live', track: { text: 'A', startedAt: date(1) } } }])
})

test('an instance that takes over notices that the source has gone, or its title', async (t) => {
  const gone = new Radio({ stations })
  gone.reports(1, { '/main': 'A' })
  gone.isTakenOver()
  t.match(gone.reports(3, {}), [{ station: { status: 'offline', track: null, history: [{ text: 'A', endedAt: date(3) }] } }])
  const untitled = new Radio({ stations })
  untitled.reports(1, { '/main': 'A' })
  untitled.isTakenOver()
  t.strictSame(untitled.reports(3, { '/main': null }), [], 'held at first')
  t.match(untitled.passes(13), [{ station: { track: null, history: [{ text: 'A', endedAt: date(3) }] } }])
})

test('an offline station that is taken over stays offline, and a track that has ended there may continue', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  const id = radio.station().track?.id
  radio.reports(10, {})
  radio.isTakenOver()
  t.strictSame(radio.reports(12, {}), [])
  t.match(radio.reports(20, { '/main': 'A' }), [{ isNewPlay: false, station: { status: 'live', track: { id } } }])
})

test('tracks that are not audible yet become audible when they would have, as new plays', async (t) => {
  for (const history of [10, 1]) {
    const radio = new Radio({ stations, delay: 20_000, history })
    radio.reports(1, { '/main': 'A' })
    radio.reports(100, { '/main': 'B' })
    radio.reports(105, { '/main': 'C' })
    radio.reports(110, {})
    t.equal(radio.station().track?.text, 'A')
    t.match(radio.isTakenOver(), [])
    t.match(radio.reports(112, {}), [])
    t.match(radio.passes(119), [])
    t.match(radio.passes(120), [{ isNewPlay: true, station: { track: { text: 'B', audibleAt: date(120) }, history: [{ text: 'A', endedAt: date(100) }] } }])
    t.match(radio.passes(125), [{ isNewPlay: true, station: { track: { text: 'C', audibleAt: date(125) } } }])
    t.match(radio.passes(130), [{ isNewPlay: false, station: { track: null, history: [{ text: 'C', endedAt: date(110) }] } }])
  }
})

test('a track that has ended for listeners and continues on the server comes back', async (t) => {
  const radio = new Radio({ stations, delay: 20_000 })
  radio.reports(1, { '/main': 'A' })
  radio.reports(100, {})
  radio.passes(121)
  t.equal(radio.station().track, null)
  radio.reports(122, { '/main': 'A' })
  t.strictSame(radio.isTakenOver(), [])
  t.match(radio.passes(142), [{ isNewPlay: false, station: { track: { text: 'A' } } }])
})

test('a title that was shown for too long stays hidden after a takeover', async (t) => {
  const radio = new Radio({ stations, staleTrackAfter: 60_000 })
  radio.reports(1, { '/main': 'A' })
  radio.passes(70)
  t.equal(radio.station().track, null)
  radio.isTakenOver()
  t.strictSame(radio.reports(71, { '/main': 'A' }), [])
  t.match(radio.reports(80, { '/main': 'B' }), [{ isNewPlay: true, station: { track: { text: 'B' } } }])
})

test('discovered stations are taken over, and stations that are not configured are forgotten', async (t) => {
  const radio = new Radio()
  radio.reports(1, { '/main': 'A', '/low': 'B' })
  const configured = new Radio({ stations: { main: { mounts: ['/main'] } } })
  const handovers = new Map(['main', 'low', 'other'].flatMap((id) => {
    const handover = radio.registry.toHandover(id, radio.now)
    return handover === undefined ? [] : [[id, handover] as const]
  }))
  t.strictSame(configured.registry.takeOver(handovers, configured.now).forgotten, ['low'])
  t.strictSame(radio.isTakenOver(), [])
  t.strictSame(radio.reports(2, { '/main': 'A', '/low': 'B' }), [])
})

test('a play whose result of `enrich` has not arrived is requested again', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  const begun = radio.takeStartedPlays()
  radio.isTakenOver()
  t.strictSame(radio.takeStartedPlays(), begun)
  radio.finds(2, begun, { artwork: 'a.jpg' })
  radio.isTakenOver()
  t.strictSame(radio.takeStartedPlays(), [], 'it has its fields')
  t.match(radio.station().track, { artwork: 'a.jpg' })
  t.strictSame(radio.reports(3, { '/main': 'A' }), [])
})

test('what the playout system told of a track stays after a takeover', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  t.match(radio.tells(2, { title: 'A', duration: 200_000, kind: 'jingle', next: { title: 'B' } }), { shown: true })
  const before = radio.station()
  t.match(before, { track: { duration: 200_000, kind: 'jingle' }, next: { text: 'B' } })
  t.strictSame(radio.isTakenOver(), [])
  t.strictSame(radio.reports(4, { '/main': 'A' }), [])
  t.match(radio.reports(5, { '/main': 'B' }), [{ station: { track: { text: 'B', duration: null }, next: null } }])
})

test('what the playout system told of a station without titles is on until its duration is over, also after a takeover', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': null })
  t.match(radio.tells(2, { title: 'A', duration: 60_000 }), { shown: true })
  t.strictSame(radio.isTakenOver(), [])
  t.strictSame(radio.reports(4, { '/main': null }), [])
  t.strictSame(radio.reports(61, { '/main': null }), [])
  t.match(radio.passes(80), [{ station: { track: null, history: [{ text: 'A' }] } }])
})

test('details of another version that are not valid are left out', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/main': 'A' })
  const handover = radio.registry.toHandover('main', radio.now)
  if (handover === undefined) throw new Error('there is no such station')
  const told = { plays: [[String(handover.station.track?.id), { title: 'A', duration: -1 }] as const], standIn: { details: { title: '' }, since: date(1) } }
  const other = new Radio({ stations })
  t.strictSame(other.registry.takeOver(new Map([['main', { ...handover, told }]]), other.now).changes, [])
})

test('whenever instances take over, listeners see the same', async (t) => {
  const step = fc.record({
    after: fc.integer({ min: 61, max: 400 }),
    title: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4 }),
    isTakenOver: fc.boolean()
  })
  const see = ({ isNewPlay, station: { status, statusSince, track, history } }: StationChange): unknown =>
    ({ isNewPlay, status, statusSince, track: track && { ...track, id: '' }, history: history.map((past) => ({ ...past, id: '' })) })
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 3 }), (steps, delay, history) => {
    const [alone, several] = [new Radio({ stations, delay: delay * 1000, history }), new Radio({ stations, delay: delay * 1000, history })]
    let at = 0
    for (const [index, { after, title, isTakenOver }] of steps.entries()) {
      at += after
      // A source that is gone, or a title that has not been on before.
      const mounts = title === null ? {} : { '/main': title === 0 ? `again ${steps.findIndex((other) => other.title !== null)}` : `${index}` }
      for (const radio of [alone, several]) radio.reports(at, mounts)
      if (isTakenOver) several.isTakenOver()
    }
    for (const radio of [alone, several]) radio.passes(at + 200)
    t.strictSame(several.changes.map(see), alone.changes.map(see))
  }), { numRuns: 300 })
})
