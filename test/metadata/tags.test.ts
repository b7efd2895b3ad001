import { test } from 'tap'
import { repairTags } from '../../lib/metadata/tags.ts'

test('tags are repaired like titles', (t) => {
  t.same(repairTags({ album: 'D\u00c3\u00a9but', label: ' One\u0000 Little ' }), { album: 'Début', label: 'One Little' })
  t.same(repairTags({ album: '\u00cf\u00f0\u00e8' }, 'windows-1251'), { album: 'При' })
  t.same(repairTags({ comment: 'x'.repeat(600) }), { comment: 'x'.repeat(512) })
  t.end()
})

test('tags that show nothing are left out', (t) => {
  t.same(repairTags({ album: ' \u0000', date: '1995' }), { date: '1995' })
  t.equal(repairTags({ album: ' ' }), null)
  t.equal(repairTags({}), null)
  t.equal(repairTags(null), null)
  t.end()
})
