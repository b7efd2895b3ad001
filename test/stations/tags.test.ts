import { test } from 'tap'
import { Radio } from './helper.ts'

test('a track has the tags that its source sent, and keeps them when a mount without them shows the same', (t) => {
  const radio = new Radio({ stations: { main: { mounts: ['/a', '/b'] } } })
  radio.reports(1, { '/a': { title: 'A', tags: { album: 'One' } }, '/b': 'A' })
  t.same(radio.station().track?.tags, { album: 'One' })
  t.equal(radio.reports(2, { '/a': { title: 'A', tags: { album: 'One' } }, '/b': 'A' }).length, 0, 'the same tags are no change')
  radio.reports(3, { '/b': 'A' })
  t.match(radio.station().track, { mount: '/b', tags: { album: 'One' } })
  radio.reports(4, { '/b': { title: 'A', tags: { album: 'Two' } } })
  t.same(radio.station().track?.tags, { album: 'Two' }, 'tags that come later count')
  radio.reports(20, { '/b': 'B' })
  t.equal(radio.station().track?.tags, null)
  t.same(radio.station().history[0]?.tags, { album: 'Two' })
  t.end()
})
