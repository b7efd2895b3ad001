import { test } from 'tap'
import { BodyCache } from '../../lib/routes/body-cache.ts'
import { Radio } from '../stations/helper.ts'

test('a body is made once for a state, anew for another, as bytes', async (t) => {
  const radio = new Radio()
  const bodies = new BodyCache()
  radio.reports(1, { '/a': 'Björk' })
  const [station, list] = [radio.station(), radio.state.list]
  t.equal(String(bodies.one('json', station)), JSON.stringify(station))
  t.equal(bodies.one('json', station), bodies.one('json', station))
  t.equal(String(bodies.list('json', 'v', list)), JSON.stringify({ version: 'v', stations: list }))
  t.equal(bodies.list('json', 'w', list), bodies.list('json', 'v', list), 'the same list has the same version')
  t.same(bodies.one('text', station), Buffer.from('Björk\n'))

  radio.reports(2, { '/a': 'Björk\t'.repeat(10_000) })
  t.same(JSON.parse(String(bodies.one('json', radio.station()))), radio.station())
  t.match(String(bodies.one('text', radio.station())), /^Björk Björk [^\t]*\n$/, 'a line stays one line')
})
