import { MAX_TEXT_LENGTH } from '../schemas.ts'
import { pairBidi } from './bidi.ts'

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })
/** UTF-16 units behind the cut that are enough to tell whether the character before it goes on. */
const LOOKAHEAD = 64

/** The first `maxLength` UTF-16 units, without a character of which only a part would be left (🇫🇷, 👩‍🚀, `e` and U+0301). */
export function truncate (text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const end = GRAPHEMES.segment(text.slice(0, maxLength + LOOKAHEAD)).containing(maxLength)?.index
  // A single character that is longer than the text may be is cut, but never within a surrogate pair.
  return end === undefined || end === 0 ? text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '') : text.slice(0, end)
}

/** A repaired text as it is published: at most `MAX_TEXT_LENGTH` UTF-16 units. A cut may separate a pair of bidi controls. */
export function shorten (text: string): string {
  return text.length > MAX_TEXT_LENGTH ? pairBidi(truncate(text, MAX_TEXT_LENGTH)).trim() : text
}
