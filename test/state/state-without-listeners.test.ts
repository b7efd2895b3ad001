import { test } from 'tap'
import { PublishedState, type ReplicatedState } from '../../lib/state/published-state.ts'
import { isAtLeast, newestVersion } from '../../lib/state/version-order.ts'
import { Radio } from '../stations/helper.ts'

test('a change of listener numbers alone changes neither the version nor the list without them', async (t) => {
  const radio = new Radio()
  const { withoutListeners: state } = radio.state
  radio.reports(1, { '/a': 'One', '/b': 'One' })
  const { version, list } = state
  t.equal(version, radio.state.version)
  t.same(list, radio.state.list)
  t.equal(state.list, list)

  const [quieter] = radio.reports(100, { '/a': { title: 'One', listeners: 5 }, '/b': 'One' })
  if (quieter === undefined) return t.fail('there was no change')
  t.equal(quieter.isListenersOnly, true)
  t.not(radio.state.version, version)
  t.equal(state.version, version)
  t.equal(state.list, list)
  t.match(state.get('a'), { listeners: { current: 0 } })
  t.not(state.versionOf('a'), radio.state.versionOf('a'))
  t.equal(state.versionOf('b'), radio.state.versionOf('b'))
  t.same([state.get('c'), state.versionOf('c')], [undefined, undefined])

  const [next] = radio.reports(101, { '/a': { title: 'Two', listeners: 5 }, '/b': 'One' })
  if (next === undefined) return t.fail('there was no change')
  t.equal(next.isListenersOnly, false)
  t.equal(state.version, radio.state.version)
  t.match(state.list, [{ track: { text: 'Two' }, listeners: { current: 5 } }, {}])
})

test('without listener numbers there is a configured station before anything was read, and none that was removed', async (t) => {
  const configured = new Radio({ stations: { main: { mounts: ['/main'] } } })
  t.match(configured.state.withoutListeners.get('main'), { id: 'main', status: 'unknown' })

  const radio = new Radio()
  const { withoutListeners: state } = radio.state
  const [added] = radio.reports(1, { '/a': 'One', '/b': 'One' })
  if (added === undefined) return t.fail('there was no change')
  radio.state.apply({ changes: [{ ...added, station: { ...added.station, id: 'c' } }], forgotten: ['a'], isComplete: true })
  t.same(state.list.map(({ id }) => id), ['b', 'c'])
  t.same([state.get('a'), state.versionOf('a')], [undefined, undefined])
  radio.state.replicate({ version: '5-1', stations: [], removed: ['b'], isComplete: true })
  t.same(state.list.map(({ id }) => id), ['c'])
  t.equal(state.version, '5-1')
})

test('a station that is just being added is there already', async (t) => {
  const radio = new Radio()
  const seen: unknown[] = []
  radio.state.subscribe(() => seen.push(state.list.length, state.get('a')?.id))
  const { withoutListeners: state } = radio.state
  t.equal(state.isComplete, false)
  radio.reports(1, { '/a': 'One' })
  t.same(seen, [1, 'a'])
})

/** What another instance would read of this one. */
function replicated (state: PublishedState): ReplicatedState {
  const { version, isComplete, withoutListeners } = state
  const stations = state.list.map((station) => ({ station, version: String(state.versionOf(station.id)), lastUpdate: withoutListeners.lastUpdateOf(station.id) }))
  return structuredClone({ version, versionWithoutListeners: withoutListeners.version, isComplete, stations, removed: [] })
}

test('instances have the same state without listener numbers, whenever they have joined and whatever they have missed', async (t) => {
  const radio = new Radio()
  const { state: leader } = radio
  const join = (): PublishedState => {
    const state = new PublishedState({ stations: [], isDiscovering: true, startedAt: 0 })
    state.replicate(replicated(leader))
    return state
  }
  const followers: PublishedState[] = []
  const areEqual = (what: string): void => {
    followers.push(join())
    for (const { withoutListeners: state } of followers) {
      t.same([state.version, state.list, state.versionOf('a'), state.versionOf('b')], [leader.withoutListeners.version, leader.withoutListeners.list, leader.withoutListeners.versionOf('a'), leader.withoutListeners.versionOf('b')], what)
      t.equal(JSON.stringify(state.list), JSON.stringify(leader.withoutListeners.list))
    }
  }
  const follow = (what: string): void => {
    for (const state of followers) state.replicate(replicated(leader))
    areEqual(what)
  }
  radio.reports(1, { '/a': { title: 'One', listeners: 1 }, '/b': 'One' })
  follow('titles')
  radio.reports(100, { '/a': { title: 'One', listeners: 2 }, '/b': 'One' })
  t.not(leader.version, leader.withoutListeners.version)
  follow('listeners')
  radio.reports(200, { '/a': { title: 'One', listeners: 3 }, '/b': 'One' })
  leader.startRun('00000005')
  follow('more listeners, and another leader')
  radio.reports(300, { '/a': { title: 'Two', listeners: 3 }, '/b': { title: 'One', listeners: 1 } })
  radio.reports(400, { '/a': { title: 'Two', listeners: 4 }, '/b': { title: 'One', listeners: 2 } })
  follow('a title and listeners in one read')
  t.match(followers[0]?.withoutListeners.get('a'), { track: { text: 'Two' }, listeners: { current: 3 }, mounts: [{ listeners: 3 }] })
  radio.reports(500, { '/a': { title: 'Three', listeners: 4 }, '/b': { title: 'One', listeners: 2 } })
  follow('a title')
  t.equal(leader.version, leader.withoutListeners.version)
})

test('numbers that another instance does not name are not known', async (t) => {
  const radio = new Radio()
  radio.reports(1, { '/a': { title: 'One', listeners: 1 } })
  const { stations: [first], ...state } = replicated(radio.state)
  if (first === undefined) return t.fail('there is no station')
  const follower = new PublishedState({ stations: [], isDiscovering: true, startedAt: 0 })
  follower.replicate({ ...state, stations: [{ ...first, lastUpdate: { version: 'run-1', listeners: { current: 7, peak: null }, mounts: [] } }] })
  t.match(follower.withoutListeners.get('a'), { listeners: { current: 7, peak: null }, mounts: [{ listeners: null }] })
  t.match(follower.get('a'), { listeners: { current: 1 } })
})

test('an instance that leads again after it was alone has another version, also without listener numbers', async (t) => {
  const leader = new Radio()
  leader.state.startRun('00000005')
  leader.reports(1, { '/a': { title: 'One', listeners: 1 }, '/b': 'One' })
  const known = leader.state.withoutListeners.version
  leader.reports(100, { '/a': { title: 'One', listeners: 2 }, '/b': 'One' })
  const { stations, ...head } = replicated(leader.state)
  const { state } = new Radio()
  state.replicate({ ...head, stations })
  state.startRun('123456789012')
  const previous = state.get('b')
  if (!previous?.track) return t.fail('there is no track')
  state.apply({ changes: [{ station: { ...previous, track: { ...previous.track, text: 'Two' } }, previous, isNewPlay: true }], forgotten: [], isComplete: true })
  // What others have stored about the other station counts again.
  state.replicate({ ...head, stations: stations.filter(({ station }) => station.id === 'a') })
  state.startRun('00000006', true)
  t.match(state.withoutListeners.list, [{}, { track: { text: 'Two' } }])
  t.not(state.withoutListeners.version, known)
})

test('a follower is told of a title although listener numbers have changed after it', async (t) => {
  const radio = new Radio()
  const follower = new PublishedState({ stations: [], isDiscovering: true, startedAt: 0 })
  const changes: boolean[] = []
  follower.subscribe(({ isListenersOnly }) => changes.push(isListenersOnly))
  radio.reports(1, { '/a': { title: 'One', listeners: 1 } })
  follower.replicate(replicated(radio.state))
  radio.reports(100, { '/a': { title: 'Two', listeners: 1 } })
  radio.reports(200, { '/a': { title: 'Two', listeners: 2 } })
  follower.replicate(replicated(radio.state))
  radio.reports(300, { '/a': { title: 'Two', listeners: 3 } })
  follower.replicate(replicated(radio.state))
  t.same(changes, [false, false, true])
})

test('versions of one run are in order; those of others are not', async (t) => {
  t.equal(isAtLeast('run-z', 'run-z'), true)
  t.equal(isAtLeast('run-10', 'run-z'), true, 'counts are in base 36')
  t.equal(isAtLeast('run-z', 'run-10'), false)
  for (const version of ['', '-', 'run', 'run-', 'nur-z', 'run-\u0000']) t.equal(isAtLeast(version, 'run-1'), false, version)

  const state = new PublishedState({ stations: [], isDiscovering: true, startedAt: 0 })
  const station = new Radio({ stations: { a: { mounts: ['/a'] } } }).station()
  state.replicate({
    version: '5-3',
    stations: [['a', '4-9'], ['b', '4-8'], ['c', '4-a'], ['d', '5-3']].map(([id = '', version = '']) => ({ station: { ...station, id }, version })),
    removed: [],
    isComplete: true
  })
  t.equal(newestVersion(state, new Set(['a', 'b', 'c'])), '4-a')
  t.equal(newestVersion(state, new Set(['a', 'd'])), '5-3', 'that of the whole state')
  t.equal(newestVersion(state, new Set(['a', 'x'])), '5-3')
  t.equal(newestVersion(state, new Set()), '5-3')
  t.equal(newestVersion(state, null), '5-3')
})
