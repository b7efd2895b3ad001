import type { Bytes } from './bytes.ts'

/** Code points of bytes, read as libxml2 reads them: by shape, overlong forms too. Null when one is not for XML. */
function codePoints (bytes: Bytes): number[] | null {
  const points: number[] = []
  for (let i = 0; i < bytes.length;) {
    const first = bytes.charCodeAt(i++)
    let more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    if (first >= 0x80 && more === 0) return null
    let point = more === 0 ? first : first & (0x3f >> more)
    for (; more > 0; more--) {
      const next = bytes.charCodeAt(i++)
      if ((next & 0xc0) !== 0x80) return null
      point = (point << 6) | (next & 0x3f)
    }
    if (!isXmlChar(point)) return null
    points.push(point)
  }
  return points
}

function isXmlChar (point: number): boolean {
  if (point < 0x20) return point === 9 || point === 10 || point === 13
  return point < 0xd800 || (point > 0xdfff && point < 0xfffe) || (point > 0xffff && point < 0x110000)
}

const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '\r': '&#xD;' }
const IN_ATTRIBUTES: Record<string, string> = { ...ENTITIES, '"': '&quot;', '\n': '&#10;', '\t': '&#9;', '\r': '&#13;' }

function escape (bytes: Bytes, entities: Record<string, string>): string {
  // One character that XML can not hold makes libxml2 print nothing of the text at all.
  return (codePoints(bytes) ?? []).map(point => {
    if (point > 0x7f) return `&#x${point.toString(16).toUpperCase()};`
    const char = String.fromCharCode(point)
    return entities[char] ?? char
  }).join('')
}

/** Text as it stands between two tags: ASCII with references. */
export function xmlText (bytes: Bytes): string {
  return escape(bytes, ENTITIES)
}

/** Text as it stands between two quotes. */
export function xmlAttribute (bytes: Bytes): string {
  return escape(bytes, IN_ATTRIBUTES)
}
