import { isUtf8 } from 'node:buffer'
import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import { rejectWebPage } from './reject-web-page.ts'

/**
 * A JSON value in which every scalar is kept as text: what is between the quotes (without escapes) or, for a scalar
 * without quotes, between the separators, including spaces. So `1.10`, `1e5` and `-` lose nothing. Only `null` is null.
 */
export type Json = string | null | Json[] | JsonObject

/** An object with its keys in the order of the document. It is a Map because encoders choose keys (`__proto__`). */
export type JsonObject = Map<string, Json>

/** The deepest document of Icecast (playlists of 2.5) has 8 levels. */
const MAX_DEPTH = 32
/** 1,000 mounts of 2.5 with their playlists have some 100,000 values. */
const MAX_VALUES = 200_000

const TAB = 0x09
const LINE_FEED = 0x0A
const CARRIAGE_RETURN = 0x0D
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2C
const COLON = 0x3A
const OPEN_BRACKET = 0x5B
const BACKSLASH = 0x5C
const CLOSE_BRACKET = 0x5D
const OPEN_BRACE = 0x7B
const CLOSE_BRACE = 0x7D

// Icecast's stylesheet omits the quotes where XPath reads a number, and XPath reads more than JSON allows: `-`, ` - `,
// `.5`, `5.`, `-01`, `1e`. Changed stylesheets omit them for `128 kbps` and `44 100`, too.
const UNQUOTED = /^[ \t\r\n]*(?:true|false|null|(?=[-.\d])-?\d*(?:\.\d*)?(?:[eE][-+]?\d*)?|\d{1,3}(?: \d{3})*(?: ?kbps)?)[ \t\r\n]*$/
const NULL = /^[ \t\r\n]*null[ \t\r\n]*$/
const ESCAPE = /\\(?:u([\dA-Fa-f]{4})|([^]))/g
const ESCAPED = new Map([
  ['"', '"'], ['\\', '\\'], ['/', '/'], ['b', '\b'], ['f', '\f'], ['n', '\n'], ['r', '\r'], ['t', '\t']
])

/**
 * Reads JSON as Icecast writes it. Beyond JSON it accepts XPath's numbers without quotes and `128 kbps`, raw control
 * characters in strings, a comma before a closing brace, after which the very last brace may be missing (2.4.0), and
 * bytes that are not UTF-8: a string that has such bytes is read as Latin-1, one code point per byte; other strings are
 * not. A key given twice keeps its last value, as with `JSON.parse`.
 *
 * Linear in the length of the body; throws FST_ICECAST_BAD_DOCUMENT for anything else.
 */
export function readJson (body: Buffer, document: string): Json {
  rejectWebPage(body, document)
  return new JsonReader(body, document).read()
}

class JsonReader {
  readonly #bytes: Buffer
  readonly #document: string
  readonly #isUtf8: boolean
  #at = 0
  #depth = 0
  #values = 0
  #hasTrailingComma = false

  constructor (bytes: Buffer, document: string) {
    this.#bytes = bytes
    this.#document = document
    this.#isUtf8 = isUtf8(bytes)
  }

  read (): Json {
    const value = this.#value()
    if (this.#skipSpace() !== undefined) throw this.#bad('the end expected')
    return value
  }

  #value (): Json {
    if (++this.#values > MAX_VALUES) throw this.#bad(`more than ${MAX_VALUES} values`)
    const start = this.#at
    switch (this.#skipSpace()) {
      case OPEN_BRACE: return this.#object()
      case OPEN_BRACKET: return this.#array()
      case QUOTE: return this.#string()
      default: return this.#unquoted(start)
    }
  }

  #object (): JsonObject {
    const fields: JsonObject = new Map()
    if (this.#isEmpty(CLOSE_BRACE)) return fields
    do {
      const byte = this.#skipSpace()
      if (byte === CLOSE_BRACE && fields.size > 0) {
        this.#hasTrailingComma = true
        this.#leave()
        break
      }
      if (byte !== QUOTE) throw this.#bad('a key expected')
      const key = this.#string()
      if (this.#skipSpace() !== COLON) throw this.#bad('":" expected')
      this.#at++
      const value = this.#value()
      fields.set(key, value)
      if (this.#isLastBraceMissing(value)) break
    } while (this.#isMore(CLOSE_BRACE))
    return fields
  }

  #array (): Json[] {
    const items: Json[] = []
    if (this.#isEmpty(CLOSE_BRACKET)) return items
    do {
      items.push(this.#value())
    } while (this.#isMore(CLOSE_BRACKET))
    return items
  }

  #string (): string {
    const start = ++this.#at
    let isEscaped = false
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) throw this.#bad('the end inside a string')
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        isEscaped = true
        this.#at++
      }
      this.#at++
    }
    const text = this.#decode(start, this.#at++)
    return isEscaped ? this.#unescape(text, start) : text
  }

  #unquoted (start: number): string | null {
    let byte = this.#bytes[this.#at]
    while (byte !== undefined && byte !== COMMA && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET) {
      byte = this.#bytes[++this.#at]
    }
    const text = this.#bytes.toString('latin1', start, this.#at)
    if (!UNQUOTED.test(text)) throw this.#bad('a value expected', start)
    return NULL.test(text) ? null : text
  }

  #decode (start: number, end: number): string {
    const isText = this.#isUtf8 || isUtf8(this.#bytes.subarray(start, end))
    return this.#bytes.toString(isText ? 'utf8' : 'latin1', start, end)
  }

  #unescape (text: string, start: number): string {
    return text.replace(ESCAPE, (_, unit: string | undefined, letter: string) => {
      if (unit !== undefined) return String.fromCharCode(parseInt(unit, 16))
      const character = ESCAPED.get(letter)
      if (character === undefined) throw this.#bad('an unknown escape in the string', start)
      return character
    })
  }

  /** Enters an object or an array; true when it is empty and has been left again. */
  #isEmpty (close: number): boolean {
    if (++this.#depth > MAX_DEPTH) throw this.#bad(`more than ${MAX_DEPTH} levels`)
    const start = ++this.#at
    const isEmpty = this.#skipSpace() === close
    if (isEmpty) this.#leave()
    else this.#at = start // the spaces are part of an unquoted value
    return isEmpty
  }

  #isMore (close: number): boolean {
    const byte = this.#skipSpace()
    if (byte === COMMA) {
      this.#at++
      return true
    }
    if (byte !== close) throw this.#bad(`"," or "${String.fromCharCode(close)}" expected`)
    this.#leave()
    return false
  }

  /**
   * The stylesheet of 2.4.0 writes one brace too few after a trailing comma. Only the brace of the outermost object may
   * be missing, directly after the end of an object in it: that inner object has everything, so a truncated document
   * cannot look like an idle server or one with fewer mounts.
   */
  #isLastBraceMissing (lastValue: Json): boolean {
    return this.#hasTrailingComma && this.#depth === 1 && lastValue instanceof Map && this.#skipSpace() === undefined
  }

  #leave (): void {
    this.#at++
    this.#depth--
  }

  #skipSpace (): number | undefined {
    let byte = this.#bytes[this.#at]
    while (byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB) {
      byte = this.#bytes[++this.#at]
    }
    return byte
  }

  // The message does not quote the body, which has addresses in it and may be huge.
  #bad (reason: string, at = this.#at): Error {
    return new FST_ICECAST_BAD_DOCUMENT(this.#document, `${reason} at byte ${at} of ${this.#bytes.length}`)
  }
}
