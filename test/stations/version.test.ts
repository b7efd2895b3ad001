import { test } from 'tap'
import { Radio } from './helper.ts'

const stations = { a: { mounts: ['/a'] }, b: { mounts: ['/b'] } }

test('the version changes with every change, and only then', async (t) => {
  const radio = new Radio({ stations })
  const { state } = radio
  const seen = new Set([state.version])
  const steps: Array<[changes: () => unknown[], expected: number]> = [
    [() => radio.reports(1, { '/a': 'A', '/b': 'B' }), 2],
    [() => radio.reports(2, { '/a': 'A', '/b': 'B' }), 0],
    [() => radio.reports(3, { '/a': { title: 'A', listeners: 1 }, '/b': 'B' }), 1],
    [() => radio.reports(4, { '/a': { title: 'A', listeners: 2 }, '/b': 'B' }), 0],
    [() => radio.passes(13), 1],
    [() => radio.fails(14), 0],
    [() => radio.passes(24), 2],
    [() => radio.fails(25), 0],
    [() => radio.reports(26, {}), 2]
  ]
  for (const [act, expected] of steps) {
    const before = state.version
    const changes = act()
    t.equal(changes.length, expected)
    t.equal(state.version === before, expected === 0)
    if (expected > 0) t.notOk(seen.has(state.version))
    seen.add(state.version)
  }
  t.equal(new Set(radio.changes.map(({ version }) => version)).size, radio.changes.length, 'each change has its own')
  t.equal(radio.changes.at(-1)?.version, state.version, 'the last has that of the whole')
})

test('a station has the version of its own last change', async (t) => {
  const radio = new Radio({ stations })
  const { state } = radio
  t.equal(state.versionOf('a'), state.version)
  radio.reports(1, { '/a': 'A', '/b': 'B' })
  const first = state.versionOf('a')
  radio.reports(2, { '/a': 'A', '/b': 'C' })
  t.equal(state.versionOf('a'), first)
  t.equal(state.versionOf('b'), state.version)
  t.equal(state.versionOf('c'), undefined)
})

test('versions differ between runs and are valid in a header', async (t) => {
  const versions = Array.from({ length: 100 }, () => new Radio().state.version)
  t.ok(new Set(versions).size > 90)
  t.ok(versions.every((version) => /^[\w-]{1,40}$/.test(version)))
})

test('published states are deeply frozen', async (t) => {
  const radio = new Radio()
  radio.reports(1, { '/a': 'A' })
  radio.reports(2, { '/a': 'B' })
  const check = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    t.ok(Object.isFrozen(value))
    Object.values(value).forEach(check)
  }
  check(radio.state.list)
  check(new Radio({ stations }).state.list)
  for (const { station, previous } of radio.changes) {
    check(station)
    check(previous)
  }
  t.equal(radio.station().history.length, 1)
})
