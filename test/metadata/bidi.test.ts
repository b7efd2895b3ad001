import { test } from 'tap'
import fc from 'fast-check'
import { pairBidi } from '../../lib/metadata/bidi.ts'

const cases: Array<[why: string, given: string, expected: string]> = [
  ['a title without any', 'فيروز - نسم', 'فيروز - نسم'],
  ['an override that is never closed', 'a \u202eb', 'a b'],
  ['a pair', 'a \u202eb\u202c c', 'a \u202eb\u202c c'],
  ['an end without a beginning', 'a\u202c b\u2069', 'a b'],
  ['pairs within a pair', '\u2067\u202ba\u202c\u2069', '\u2067\u202ba\u202c\u2069'],
  ['two isolates, one closed', '\u2066a\u2068b\u2069', 'a\u2068b\u2069'],
  ['an embedding that its isolate ends', '\u2066\u202a\u202ba\u2069', '\u2066a\u2069'],
  ['an embedding that can not be ended within an isolate', '\u202a\u2066\u202cb\u2069\u202c', '\u202a\u2066b\u2069\u202c'],
  ['the end of an isolate where there are but embeddings', '\u202aa\u2069\u202c', '\u202aa\u202c'],
  ['marks and joiners', '\u200ea\u200fb\u061cc\u200dd\u200c', '\u200ea\u200fb\u061cc\u200dd\u200c']
]

for (const [why, given, expected] of cases) {
  test(`bidi: ${why}`, async t => { t.equal(pairBidi(given), expected) })
}

test('every bidi control in a repaired text has its partner', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\u202a', '\u202e', '\u202c', '\u2066', '\u2067', '\u2069'), maxLength: 40 })
  fc.assert(fc.property(text, text => pairBidi(pairBidi(text)) === pairBidi(text)))
  fc.assert(fc.property(text, text => {
    const left = pairBidi(text)
    return (left.match(/[\u202a\u202e]/g) ?? []).length === (left.match(/\u202c/g) ?? []).length &&
      (left.match(/[\u2066\u2067]/g) ?? []).length === (left.match(/\u2069/g) ?? []).length
  }))
})
