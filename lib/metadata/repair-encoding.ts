import { Buffer, isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import { pairBidi } from './bidi.ts'

/** Longest text that is read, in UTF-16 units: 4,080 bytes fit in band, and Icecast may write a letter as `&#1055;`. */
export const MAX_RAW_LENGTH = 16_384

/** Longest text that is shown, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 4_096

// Each pass either ends it or halves what is left to undo, so log2(MAX_RAW) of them are enough for all but a text
// made of references within references, which no server writes.
const PASSES = 16

// U+0080 to U+009F. Own table: TextDecoder('windows-1252') lets C1 through on Node 20 (nodejs/node#61041).
const WINDOWS_1252 = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ'

/**
 * The text that the person typed, from what Icecast made of the encoder's bytes.
 *
 * - UTF-8 taken for ISO-8859-1 (a mount without `<charset>` on 2.4 and 2.5) comes back, however often it happened:
 *   text that was encoded twice is undone twice. Real ISO-8859-1 is not valid UTF-8 and stays.
 * - `&#1055;`, which 2.4 and 2.5 write for a letter that the mount's ISO-8859-1 can't hold, is decoded: decimal,
 *   without leading zeros, above 255 and no surrogate. Any other reference is the encoder's own and stays.
 * - U+0080 to U+009F are what Windows-1252 means by these bytes.
 * - Control characters and BOMs go, tab, CR and LF become a space, a lone surrogate U+FFFD, and bidi controls without a
 *   partner go (see bidi.ts), as do combining marks beyond 30 in a row; Unicode NFC, no white space around, at most
 *   `MAX_TEXT` units.
 *
 * With a `charset`, text of code points up to U+00FF is what an encoder sent in that charset, unless it is UTF-8. An
 * unknown one is ignored: see `charsetExists`.
 *
 * Repairing repaired text changes nothing, unless there is a `charset`: `é` may be a letter or a byte then, so repair once.
 */
export function repairEncoding (text: string, charset?: string): string {
  let now = readBytes(truncate(text, MAX_RAW_LENGTH), charset)
  for (let pass = 0; pass < PASSES; pass++) {
    const next = settle(readBytes(now))
    if (next === now) break
    now = next
  }
  return now
}

/**
 * Whether `name` is a charset that a title can be in: known to iconv-lite, and ASCII stays ASCII in it. That leaves out
 * UTF-16, whose NUL bytes end a title, and iconv-lite's base64 and hex.
 */
export function charsetExists (name: string): boolean {
  const ascii = 'Az 09 -'
  return iconv.encodingExists(name) && iconv.decode(Buffer.from(ascii), name) === ascii
}

/** The first `max` UTF-16 units, but never half a character. */
export function truncate (text: string, max: number): string {
  return text.length > max ? text.slice(0, max).replace(/\p{Cs}$/u, '') : text
}

// Back to the bytes that the encoder sent, and from them to text, for as long as they are bytes.
function readBytes (text: string, charset?: string): string {
  let now = clean(text)
  while (!/[\u0100-\uffff]/.test(now) && /[\x80-\xff]/.test(now)) {
    const bytes = Buffer.from(now, 'latin1')
    if (!isUtf8(bytes)) {
      return charset !== undefined && charsetExists(charset) ? clean(iconv.decode(bytes, charset)) : now
    }
    now = clean(bytes.toString())
  }
  return now
}

function settle (text: string): string {
  return truncate(clean(text
    .replace(/&#([1-9]\d{2,6});/g, decodeReference)
    .replace(/[\x80-\x9f]/g, letter => WINDOWS_1252.charAt(letter.charCodeAt(0) - 0x80))), MAX_TEXT_LENGTH).trim()
}

function decodeReference (reference: string, digits: string): string {
  const code = Number(digits)
  const made = code > 0xff && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return made ? String.fromCodePoint(code) : reference
}

// Leaves C1 alone: until the end these may be bytes of UTF-8.
function clean (text: string): string {
  return pairBidi(text
    // First: two with a control character between would become a letter.
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\r\n|[\t\r\n]/g, ' ')
    .replace(/(?![\x80-\x9f])[\p{Cc}\ufeff]/gu, '')
    // As in the Stream-Safe Text Format of UAX #15: no letter has more, and sorting them takes quadratic time.
    .replace(/(\p{M}{30})\p{M}+/gu, '$1')).normalize('NFC')
}
