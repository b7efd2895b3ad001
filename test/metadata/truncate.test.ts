import fc from 'fast-check'
import { test } from 'tap'
import { truncate, shorten } from '../../lib/metadata/truncate.ts'

test('a text is cut between characters as people see them', (t) => {
  const rows: Array<[text: string, maxLength: number, expected: string]> = [
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    ['🎵🎵', 3, '🎵'],
    ['a🎵', 2, 'a'],
    ['ae\u0301b', 2, 'a'],
    ['ae\u0301b', 3, 'ae\u0301'],
    ['a🇫🇷', 4, 'a'],
    ['a👩‍🚀b', 4, 'a'],
    ['👩‍🚀', 4, '👩‍'],
    ['🎵', 1, ''],
    ['', 0, '']
  ]
  for (const [text, maxLength, expected] of rows) t.equal(truncate(text, maxLength), expected, JSON.stringify([text, maxLength]))
  t.end()
})

test('a truncated text is the start of the text and never longer than the limit', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, maxLength) => {
    const cut = truncate(text, maxLength)
    return cut.length <= maxLength && text.startsWith(cut) && !/\p{Cs}/u.test(cut)
  }))
  t.end()
})

test('a published text has at most 512 UTF-16 units and no unclosed bidi control', (t) => {
  t.equal(shorten('a'.repeat(512)).length, 512)
  t.equal(shorten(`${'a'.repeat(511)} b`), 'a'.repeat(511))
  t.equal(shorten(`\u2066${'a'.repeat(600)}\u2069`), 'a'.repeat(511))
  t.end()
})
