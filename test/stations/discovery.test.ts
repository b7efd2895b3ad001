import { test } from 'tap'
import { Radio, type MountInShort } from './helper.ts'

const ids = (radio: Radio) => radio.state.list.map(({ id }) => id)
const many = (prefix: string, count: number, short: MountInShort = 'A') =>
  Object.fromEntries(Array.from({ length: count }, (_, i): [string, MountInShort] => [`/${prefix}${i}`, short]))

test('each discovered mount is a station with its path as id, sorted', async (t) => {
  const radio = new Radio()
  t.strictSame(ids(radio), [])
  t.ok(!radio.state.isComplete, 'an unknown id may yet turn out to be one')
  t.strictSame(radio.fails(0.5), [])
  t.ok(!radio.state.isComplete)
  const changes = radio.reports(1, { '/b': 'B', '/a/c.mp3': 'C', '/': 'root', '/__proto__': 'P', '/constructor': null })
  t.notOk(!radio.state.isComplete)
  t.strictSame(ids(radio), ['/', '__proto__', 'a/c.mp3', 'b', 'constructor'])
  t.strictSame(changes.map(({ previous }) => previous), Array(5).fill(undefined), 'each is new')
  t.match(radio.station('b'), { name: 'b', status: 'live', track: { text: 'B', mount: '/b' }, mounts: [{ path: '/b' }] })
  t.equal(radio.state.get('toString'), undefined)
})

test('a new mount is inserted in order, and a missing mount stays as offline', async (t) => {
  const radio = new Radio()
  radio.reports(1, { '/b': 'B' })
  t.strictSame(radio.reports(2, { '/a': 'A' }).map(({ station: { id, status } }) => [id, status]), [['b', 'offline'], ['a', 'live']])
  t.strictSame(ids(radio), ['a', 'b'])
})

test('at most 1000 stations are kept, and missing ones are dropped first', async (t) => {
  const radio = new Radio()
  radio.reports(1, many('old', 600))
  radio.reports(2, many('new', 500))
  t.equal(radio.state.list.length, 1000, 'none has gone for long enough to be seen offline')
  radio.reports(3, many('new', 500))
  t.equal(radio.state.list.length, 1000)
  t.equal(radio.state.list.filter(({ status }) => status === 'live').length, 500)
  t.equal(radio.state.list.filter(({ id }) => id.startsWith('old')).length, 500)
})

test('a mount that is still reported is never dropped for another', async (t) => {
  const radio = new Radio()
  const ghosts = many('ghost', 1200, { live: false })
  radio.reports(1, ghosts)
  const { version } = radio.state
  for (const at of [2, 3, 4]) t.strictSame(radio.reports(at, ghosts), [])
  t.equal(radio.state.version, version)
  radio.reports(5, many('live', 1200))
  radio.reports(6, many('live', 1200))
  t.ok(radio.state.list.every(({ status }) => status === 'live'))
  t.strictSame(radio.reports(7, { ...many('live', 1200), ...many('more', 500) }), [])
})

test('changing mount names do not accumulate stations', async (t) => {
  const radio = new Radio()
  for (let at = 0; at < 20; at++) radio.reports(at, many(`${at}-`, 300))
  t.equal(radio.state.list.length, 1000)
  t.equal(new Set(ids(radio)).size, 1000)
  t.equal(radio.state.list.filter(({ status }) => status === 'live').length, 300)
})

test('mounts that consist of slashes have distinct ids', async (t) => {
  const radio = new Radio()
  radio.reports(1, { '/': 'A', '//': 'B', '///': 'C', '//a': 'D' })
  t.strictSame(radio.state.list.map(({ id, track }) => [id, track?.text]), [['/', 'A'], ['//', 'B'], ['///', 'C'], ['/a', 'D']])
})
