import type { Bytes } from './bytes.ts'
import type { Node } from './statistics.ts'

function isXmlChar (point: number): boolean {
  if (point < 0x20) return point === 9 || point === 10 || point === 13
  return point < 0xd800 || (point > 0xdfff && point < 0xfffe) || (point > 0xffff && point < 0x110000)
}

const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '\r': '&#xD;' }
const IN_ATTRIBUTES: Record<string, string> = { ...ENTITIES, '"': '&quot;', '\n': '&#10;', '\t': '&#9;', '\r': '&#13;' }

/**
 * ASCII with references. Bytes are read as libxml2 reads them, who trusts the first byte of a letter: overlong forms pass,
 * an ASCII letter is taken for a continuation, and a letter cut off ends the text. One that is not for XML empties it.
 */
function escape (bytes: Bytes, entities: Record<string, string>): string {
  let escaped = ''
  for (let i = 0; i < bytes.length;) {
    const char = bytes.charAt(i)
    const first = bytes.charCodeAt(i++)
    let more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    if (first >= 0xf8 || (first >= 0x80 && more === 0)) return ''
    let point = more === 0 ? first : first & (0x3f >> more)
    if (i + more > bytes.length) break
    for (; more > 0; more--) point = (point << 6) | (bytes.charCodeAt(i++) & 0x3f)
    if (!isXmlChar(point)) return ''
    escaped += first < 0x80 ? entities[char] ?? char : `&#x${point.toString(16).toUpperCase()};`
  }
  return escaped
}

/** An element and all in it, on one line. Names are written as they are, whatever an encoder has called its own. */
export function xmlElement ([name, value, attributes = '']: Node): string {
  if (value.length === 0 && typeof value !== 'string') return `<${name}${attributes}/>`
  const content = typeof value === 'string' ? escape(value, ENTITIES) : value.map(xmlElement).join('')
  return `<${name}${attributes}>${content}</${name}>`
}

/** The same with each element on a line of its own. */
export function xmlIndented ([name, value, attributes = '']: Node, indent = ''): string {
  if (typeof value === 'string' || value.length === 0) return `${indent}${xmlElement([name, value, attributes])}\n`
  const content = value.map(node => xmlIndented(node, `${indent}  `)).join('')
  return `${indent}<${name}${attributes}>\n${content}${indent}</${name}>\n`
}

/** Text as it stands between two quotes. */
export function xmlAttribute (bytes: Bytes): string {
  return escape(bytes, IN_ATTRIBUTES)
}
