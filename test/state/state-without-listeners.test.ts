import { test } from 'tap'
import { PublishedState } from '../../lib/state/published-state.ts'
import { StateWithoutListeners } from '../../lib/state/state-without-listeners.ts'
import { isAtLeast, newestVersion } from '../../lib/state/version-order.ts'
import { Radio } from '../stations/helper.ts'

test('a change of listener numbers alone changes neither the version nor the list without them', async (t) => {
  const radio = new Radio()
  const state = new StateWithoutListeners(radio.state)
  radio.reports(1, { '/a': 'One', '/b': 'One' })
  const { version, list } = state
  t.equal(version, radio.state.version)
  t.same(list, radio.state.list)
  t.equal(state.list, list)

  const [quieter] = radio.reports(100, { '/a': { title: 'One', listeners: 5 }, '/b': 'One' })
  if (quieter === undefined) return t.fail('there was no change')
  t.equal(state.isListenersOnly(quieter), true)
  t.not(radio.state.version, version)
  t.equal(state.version, version)
  t.equal(state.list, list)
  t.match(state.get('a'), { listeners: { current: 0 } })
  t.not(state.versionOf('a'), radio.state.versionOf('a'))
  t.equal(state.versionOf('b'), radio.state.versionOf('b'))
  t.same([state.get('c'), state.versionOf('c')], [undefined, undefined])

  const [next] = radio.reports(101, { '/a': { title: 'Two', listeners: 5 }, '/b': 'One' })
  if (next === undefined) return t.fail('there was no change')
  t.equal(state.isListenersOnly(next), false)
  t.equal(state.version, radio.state.version)
  t.match(state.list, [{ track: { text: 'Two' }, listeners: { current: 5 } }, {}])
})

test('without listener numbers there is a configured station before anything was read, and none that was removed', async (t) => {
  const configured = new Radio({ stations: { main: { mounts: ['/main'] } } })
  t.match(new StateWithoutListeners(configured.state).get('main'), { id: 'main', status: 'unknown' })

  const radio = new Radio()
  const state = new StateWithoutListeners(radio.state)
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
  const state = new StateWithoutListeners(radio.state)
  t.equal(state.isComplete, false)
  radio.reports(1, { '/a': 'One' })
  t.same(seen, [1, 'a'])
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
