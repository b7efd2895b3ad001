import iconv from 'iconv-lite'

/**
 * Bytes as text, one character a byte (what `latin1` is to a Buffer): titles reach Icecast in any charset and leave it
 * unchecked, so a document is put together from bytes, not from letters.
 */
export type Bytes = string

/** The bytes of a text in UTF-8; bytes stay as they are. */
export function utf8 (text: string | Uint8Array): Bytes {
  return Buffer.from(text).toString('latin1')
}

/** The bytes that `%41` stand for. A `+` stays a plus: Icecast does not take it for a space. */
export function unescape (text: string): Bytes {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

/** Bytes as text again; what is not UTF-8 becomes U+FFFD. */
export function text (bytes: Bytes): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** UTF-8 as libxml2 checks it: the shape only, so overlong forms and surrogates pass. */
const UTF8 = /(?:[^\x80-\xff]|[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3})*/y

/** How many of the first bytes are UTF-8 in shape. */
function shaped (bytes: Bytes): number {
  UTF8.lastIndex = 0
  UTF8.test(bytes)
  return UTF8.lastIndex
}

export function isUtf8 (bytes: Bytes): boolean {
  return shaped(bytes) === bytes.length
}

export function isCharset (name: string): boolean {
  return iconv.encodingExists(name)
}

/**
 * What Icecast stores of bytes that a request declared as `from` on a mount in `to`. Letters that `to` lacks become
 * `&#1055;`. When the bytes are not UTF-8 as declared, what came before the first bad one is kept, or all as it was if that
 * is nothing.
 */
export function convert (bytes: Bytes, from: string | undefined, to: string): Bytes {
  if (from === undefined || from.toLowerCase() === to.toLowerCase()) return bytes
  const good = isUtf8Name(from) ? bytes.slice(0, shaped(bytes)) : bytes
  if (good === '') return bytes
  return Array.from(iconv.decode(Buffer.from(good, 'latin1'), from), char => {
    const encoded = iconv.encode(char, to)
    return iconv.decode(encoded, to) === char ? encoded.toString('latin1') : `&#${char.codePointAt(0)};`
  }).join('')
}

/** What the statistics show of bytes on a mount in `charset`: UTF-8, or null when Icecast drops them. */
export function shown (bytes: Bytes, charset: string): Bytes | null {
  if (!isUtf8Name(charset) && isCharset(charset)) return utf8(iconv.decode(Buffer.from(bytes, 'latin1'), charset))
  return isUtf8(bytes) ? bytes : null
}

function isUtf8Name (charset: string): boolean {
  return charset.toLowerCase() === 'utf-8'
}
