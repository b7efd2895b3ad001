import { test } from 'tap'
import { Bodies } from '../../lib/routes/body.ts'
import { Radio } from '../stations/helper.ts'

test('a body is made once for a state, anew for another, long ones as bytes', async (t) => {
  const radio = new Radio()
  const bodies = new Bodies()
  radio.reports(1, { '/a': 'Björk' })
  const [station, list] = [radio.station(), radio.board.list]
  t.equal(bodies.one('json', station), JSON.stringify(station))
  t.equal(bodies.list('json', 'v', list), JSON.stringify({ version: 'v', stations: list }))
  t.equal(bodies.list('json', 'w', list), bodies.list('json', 'v', list), 'the same list has the same version')
  t.equal(bodies.one('text', station), 'Björk\n')

  radio.reports(2, { '/a': 'Björk\t'.repeat(10_000) })
  const long = bodies.one('json', radio.station())
  t.ok(Buffer.isBuffer(long))
  t.equal(long, bodies.one('json', radio.station()))
  t.same(JSON.parse(String(long)), radio.station())
  t.match(String(bodies.one('text', radio.station())), /^Björk Björk [^\t]*\n$/, 'a line stays one line')
})
