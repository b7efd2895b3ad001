import { isUtf8 } from 'node:buffer'
import { parseXml, XmlElement, XmlError } from '@rgrove/parse-xml'
import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import { rejectWebPage } from './reject-web-page.ts'
import type { JsonObject, Json } from './json.ts'

/** 1,000 mounts of 2.5 with their playlists have some 150,000 tags. */
const MAX_TAGS = 200_000
/** The deepest document of Icecast (playlists of 2.5) has 6 levels. */
const MAX_DEPTH = 32

/**
 * Converts XML as Icecast writes it to the shape of JSON: an element with only text becomes that text, an element with
 * elements becomes an object, a name that occurs several times becomes an array, and an attribute the key `@name`.
 * Declarations and comments are refused, so there are no entities other than the five of XML.
 *
 * Linear in the length of the body; throws FST_ICECAST_BAD_DOCUMENT for anything else, or another root than `rootName`.
 */
export function readXml (body: Buffer, rootName: string, document: string): Json {
  rejectWebPage(body, document)
  const bad = (reason: string) => new FST_ICECAST_BAD_DOCUMENT(document, reason)
  // The parser takes quadratic time for carriage returns, which XML treats as line feeds anyway.
  const text = decode(body).replace(/\r\n?/g, '\n')
  if (text.includes('<!')) throw bad('it has a declaration')
  if (countTags(text) > MAX_TAGS) throw bad(`more than ${MAX_TAGS} tags`)
  let root: XmlElement | null
  try {
    root = parseXml(text).root
  } catch (error) {
    // Any other error is an exhausted stack.
    throw bad(error instanceof XmlError
      ? `it is not well-formed at line ${error.line}, column ${error.column}`
      : 'it has too many levels')
  }
  if (root?.name !== rootName) throw bad(`it has no ${rootName}`)
  return toJson(root, 1)
}

// Icecast writes ASCII, except for mounts whose name is not UTF-8 (2.4): only such a tag is read as Latin-1.
function decode (body: Buffer): string {
  if (isUtf8(body)) return body.toString()
  const parts: string[] = []
  for (let start = 0; start < body.length;) {
    const next = body.indexOf('<', start + 1)
    const part = body.subarray(start, next === -1 ? body.length : next)
    parts.push(part.toString(isUtf8(part) ? 'utf8' : 'latin1'))
    start += part.length
  }
  return parts.join('')
}

function countTags (text: string): number {
  let count = 0
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at + 1)) count++
  return count
}

function toJson (element: XmlElement, depth: number): Json {
  const children = element.children.filter((child) => child instanceof XmlElement)
  if (children.length === 0) return element.text
  const fields: JsonObject = new Map()
  if (depth === MAX_DEPTH) return fields // nothing that is used is nested as deep
  for (const [name, value] of Object.entries(element.attributes)) fields.set(`@${name}`, value)
  for (const child of children) {
    const value = toJson(child, depth + 1)
    const known = fields.get(child.name)
    if (Array.isArray(known)) known.push(value)
    else fields.set(child.name, known === undefined ? value : [known, value])
  }
  return fields
}
