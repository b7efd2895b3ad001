import type { Json } from './json.ts'

/** UTF-16 units of a text other than the title. */
export const MAX_VALUE_LENGTH = 1024
/** UTF-16 units. Icecast refuses a longer request, so no mount has a longer name. */
export const MAX_ADDRESS_LENGTH = 4096

const WHOLE_NUMBER = /^[ \t\r\n]*\d{1,16}[ \t\r\n]*$/

/** The value at the end of a path of keys. */
export function dig (value: Json | undefined, ...keys: string[]): Json | undefined {
  for (const key of keys) {
    if (!(value instanceof Map)) return undefined
    value = value.get(key)
  }
  return value
}

/** A comment that is given several times is a list; the first one is the main one. */
export function toScalar (value: Json | undefined): string | null {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : null
}

/** A text of at most `maxLength` UTF-16 units; null when it is missing or blank. */
export function toText (value: Json | undefined, maxLength = MAX_VALUE_LENGTH): string | null {
  const text = toScalar(value)
  return text === null || text.trim() === '' ? null : clip(text, maxLength)
}

/** An address is never cut, since a cut address is another address: a longer one is null. */
export function toAddress (value: Json | undefined, maxLength: number): string | null {
  const text = toScalar(value)
  return text === null || text.trim() === '' || text.length > maxLength ? null : copy(text)
}

/** Null unless it is a whole number. Also null for what 2.4, 2.5 and kh write when a counter falls below 0 (2⁶⁴−1). */
export function toCount (value: Json | undefined): number | null {
  const text = toScalar(value)
  const count = text !== null && WHOLE_NUMBER.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(count) ? count : null
}

export function clip (text: string, maxLength: number): string {
  const splitsPair = text.length > maxLength && /[\uD800-\uDBFF]/.test(text.charAt(maxLength - 1))
  return copy(text.slice(0, splitsPair ? maxLength - 1 : maxLength))
}

/** A slice of a document keeps the whole document in memory, and reports are kept for long. */
export function copy (text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
