import { Buffer, isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import { pairBidi } from './bidi.ts'
import { truncate } from './truncate.ts'

/** UTF-16 units that are read of a text: 4,080 bytes fit in band, and Icecast may write a letter as `&#1055;`. */
export const MAX_INPUT_LENGTH = 16_384

/** UTF-16 units of a repaired text. It is longer than published texts are, since a wrapper may have to be removed first. */
export const MAX_REPAIRED_LENGTH = 4_096

// Each pass either is the last one or halves what is left to undo, so log2(MAX_INPUT_LENGTH) passes are enough for
// everything except a text made of references within references, which no server writes.
const MAX_PASSES = 16

// U+0080 to U+009F. A table of our own, since TextDecoder('windows-1252') leaves C1 as it is on Node 20 (nodejs/node#61041).
const WINDOWS_1252 = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ'

/**
 * The text that a person typed, recovered from what Icecast made of the encoder's bytes.
 *
 * - UTF-8 that was decoded as ISO-8859-1 (a mount without `<charset>` on 2.4 and 2.5) is recovered, however often it
 *   happened: text that was encoded twice is decoded twice. Real ISO-8859-1 is not valid UTF-8 and stays.
 * - `&#1055;`, which 2.4 and 2.5 write for a letter that the mount's ISO-8859-1 cannot hold, is decoded if it is
 *   decimal, without leading zeros, above 255 and not a surrogate. Any other reference was sent by the encoder and stays.
 * - U+0080 to U+009F become the characters that Windows-1252 has for these bytes.
 * - Control characters, BOMs, unpaired bidi controls (see bidi.ts) and combining marks beyond 30 in a row are removed.
 *   A tab, CR or LF becomes a space, a lone surrogate U+FFFD. The result is in Unicode NFC, without white space around
 *   it, and has at most `MAX_REPAIRED_LENGTH` units.
 *
 * With a `charset`, text whose code points are all up to U+00FF is decoded as bytes in that charset, unless it is UTF-8.
 * An unknown charset is ignored: see `charsetExists`.
 *
 * Repairing repaired text changes nothing, except with a `charset`, where `é` may be a letter or a byte: repair once then.
 */
export function repairEncoding (text: string, charset?: string): string {
  let now = readBytes(text.slice(0, MAX_INPUT_LENGTH), charset)
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const next = settle(readBytes(now))
    if (next === now) break
    now = next
  }
  return now
}

/**
 * Whether a title can be in the charset `name`: iconv-lite knows it, and ASCII stays ASCII in it. This excludes UTF-16,
 * whose NUL bytes end a title, and iconv-lite's base64 and hex.
 */
export function charsetExists (name: string): boolean {
  const ascii = 'Az 09 -'
  return iconv.encodingExists(name) && iconv.decode(Buffer.from(ascii), name) === ascii
}

// Converts text to the bytes that the encoder sent and decodes these, for as long as the result can be bytes again.
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
    .replace(/[\x80-\x9f]/g, letter => WINDOWS_1252.charAt(letter.charCodeAt(0) - 0x80))), MAX_REPAIRED_LENGTH).trim()
}

function decodeReference (reference: string, digits: string): string {
  const code = Number(digits)
  const made = code > 0xff && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return made ? String.fromCodePoint(code) : reference
}

// C1 controls are kept: until the end they may be bytes of UTF-8.
function clean (text: string): string {
  return pairBidi(text
    // This comes first: two surrogates with a control character between them would become a letter.
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\r\n|[\t\r\n]/g, ' ')
    .replace(/(?![\x80-\x9f])[\p{Cc}\ufeff]/gu, '')
    // As in the Stream-Safe Text Format of UAX #15: no letter has more marks, and sorting them takes quadratic time.
    .replace(/(\p{M}{30})\p{M}+/gu, '$1')).normalize('NFC')
}
