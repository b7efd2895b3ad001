import { test } from 'tap'
import { BodyCache, changesJson, changesText } from '../../lib/routes/body-cache.ts'
import { Radio } from '../stations/helper.ts'

test('a body is made once for each state, as bytes', async (t) => {
  const radio = new Radio()
  const bodies = new BodyCache(radio.state)
  radio.reports(1, { '/a': 'Björk', '/b': '"Quoted"' })
  const [station, list] = [radio.station(), radio.state.list]
  t.equal(String(bodies.one(Infinity, 'v', station)), JSON.stringify(station))
  t.equal(bodies.one(Infinity, 'v', station), bodies.one(Infinity, 'v', station))
  t.equal(String(bodies.all(Infinity, 'v', list)), JSON.stringify({ version: 'v', stations: list }))
  t.equal(bodies.all(Infinity, 'w', list), bodies.all(Infinity, 'v', list), 'the same list has the same version')
  t.equal(String(bodies.all(Infinity, 'v', [])), JSON.stringify({ version: 'v', stations: [] }))
  t.same(bodies.one('text', 'v', station), Buffer.from('Björk\n'))
  t.same(bodies.all('text', 'v', list), Buffer.from('Björk\n"Quoted"\n'))

  radio.reports(2, { '/a': 'Björk\t'.repeat(10_000) })
  t.same(JSON.parse(String(bodies.one(Infinity, 'v', radio.station()))), radio.station())
  t.match(String(bodies.one('text', 'v', radio.station())), /^Björk Björk [^\t]*\n$/, 'a title with tabs stays one line')
})

test('a selection of stations is made once for each version, in the order of the request', async (t) => {
  const radio = new Radio()
  const bodies = new BodyCache(radio.state)
  radio.reports(1, { '/a': '1', '/b': '2' })
  const [a, b] = [radio.station('a'), radio.station('b')]
  t.equal(bodies.selection('text', 'v', [b, a]), bodies.selection('text', 'v', [b, a]))
  t.same(bodies.selection('text', 'v', [b, a]), Buffer.from('2\n1\n'))
  t.same(bodies.selection('text', 'v', [a, b]), Buffer.from('1\n2\n'))
  t.same(JSON.parse(String(bodies.selection(0, 'v', [b]))), { version: 'v', stations: [{ ...b, history: [] }] })
  t.same(JSON.parse(String(bodies.selection(0, 'w', [b]))).version, 'w')
})

test('older listener numbers of a client without them are not sent to others, also where the version is the same', async (t) => {
  const radio = new Radio()
  const { state } = radio
  const quiet = state.withoutListeners
  const bodies = new BodyCache(state)
  for (const [at, title] of ['One', 'Two', 'Three'].entries()) radio.reports(at, { '/a': title, '/b': title })
  radio.reports(100, { '/a': { title: 'Three', listeners: 5 }, '/b': 'Three' })
  radio.reports(101, { '/a': { title: 'Three', listeners: 5 }, '/b': 'Four' })
  const { version } = state
  t.equal(quiet.version, version)
  const current = (body: Buffer): unknown => JSON.parse(String(body)).stations[0].listeners.current
  t.equal(current(bodies.all(1, version, quiet.list)), 0)
  t.equal(current(bodies.all(1, version, state.list)), 5)
  t.equal(current(bodies.selection(1, version, quiet.list)), 0)
  t.equal(current(bodies.selection(1, version, state.list)), 5)
})

test('bodies of selections use a bounded amount of memory', async (t) => {
  const radio = new Radio()
  const bodies = new BodyCache(radio.state)
  radio.reports(1, { '/a': 'x'.repeat(1024 * 1024), '/b': '2' })
  const [a, b] = [radio.station('a'), radio.station('b')]
  const first = bodies.selection('text', 'v', [b])
  for (let length = 1; length <= 4; length++) bodies.selection('text', 'v', new Array(length).fill(a))
  t.not(bodies.selection('text', 'v', [b]), first, 'the earlier ones have been removed')
})

test('plain text is changed by the track alone', async (t) => {
  const radio = new Radio()
  const [added] = radio.reports(1, { '/a': 'One' })
  const [quieter] = radio.reports(100, { '/a': { title: 'One', listeners: 5 } })
  const [next] = radio.reports(101, { '/a': { title: 'Two', listeners: 5 } })
  if (added === undefined || quieter === undefined || next === undefined) return t.fail('there was no change')
  t.same([added, quieter, next].map(changesText), [true, false, true])
  t.equal(changesJson(), true)
})
