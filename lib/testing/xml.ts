import type { Bytes } from './bytes.ts'

function isXmlChar (point: number): boolean {
  if (point < 0x20) return point === 9 || point === 10 || point === 13
  return point < 0xd800 || (point > 0xdfff && point < 0xfffe) || (point > 0xffff && point < 0x110000)
}

const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '\r': '&#xD;' }
const IN_ATTRIBUTES: Record<string, string> = { ...ENTITIES, '"': '&quot;', '\n': '&#10;', '\t': '&#9;', '\r': '&#13;' }

/**
 * ASCII with references. Bytes are read as libxml2 reads them: by the shape of UTF-8, overlong forms too; and one that is
 * not for XML makes it print nothing of the text at all.
 */
function escape (bytes: Bytes, entities: Record<string, string>): string {
  let escaped = ''
  for (let i = 0; i < bytes.length;) {
    const char = bytes.charAt(i)
    const first = bytes.charCodeAt(i++)
    let more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    if (first >= 0x80 && more === 0) return ''
    let point = more === 0 ? first : first & (0x3f >> more)
    for (; more > 0; more--) {
      const next = bytes.charCodeAt(i++)
      if ((next & 0xc0) !== 0x80) return ''
      point = (point << 6) | (next & 0x3f)
    }
    if (!isXmlChar(point)) return ''
    escaped += first < 0x80 ? entities[char] ?? char : `&#x${point.toString(16).toUpperCase()};`
  }
  return escaped
}

/** Text as it stands between two tags: ASCII with references. */
export function xmlText (bytes: Bytes): string {
  return escape(bytes, ENTITIES)
}

/** Text as it stands between two quotes. */
export function xmlAttribute (bytes: Bytes): string {
  return escape(bytes, IN_ATTRIBUTES)
}
