import { FST_ICECAST_INVALID_OPTION } from '../errors.ts'

// What options are checked with: each takes the name of the option, the value and what would be right, and throws
// FST_ICECAST_INVALID_OPTION.

/** A whole number from `least` to `most`; `or`: what else would be right. */
export function readInteger (option: string, given: unknown, byDefault: number, least: number, most: number, or = ''): number {
  const value = given === undefined ? byDefault : given
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw invalidOption(option, value, `a whole number from ${least} to ${most}${or}`)
}

/** Any text. */
export function readString (option: string, value: unknown, right: string): string {
  if (typeof value === 'string') return value
  throw invalidOption(option, value, right)
}

/** `true` or `false`. */
export function readBoolean (option: string, given: unknown, byDefault: boolean): boolean {
  const value = given === undefined ? byDefault : given
  if (typeof value === 'boolean') return value
  throw invalidOption(option, value, '`true` or `false`')
}

/** A copy of an object, whatever is in it. */
export function readObject (option: string, value: unknown, right: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw invalidOption(option, value, right)
}

/** What is left over of an object is not asked for. */
export function rejectUnknownKeys (option: string, others: Record<string, unknown>, why: string): void {
  const [other] = Object.keys(others)
  if (other !== undefined) throw unexpectedOption(`${option}.${other}`, why)
}

/** The refusal of a value that is not `right`. */
export function invalidOption (option: string, value: unknown, right: string): Error {
  return new FST_ICECAST_INVALID_OPTION(option, show(option, value), right)
}

/** The refusal of what should not be there. Its value is not shown: `password` at the wrong place is a password all the same. */
export function unexpectedOption (option: string, why: string): Error {
  return new FST_ICECAST_INVALID_OPTION(option, 'given', `left out: ${why}`)
}

/** The value as a developer typed it, but for what nobody should read in a log. */
function show (option: string, value: unknown): string {
  if (value === undefined) return 'missing'
  if (/(?:^|\.)auth$/.test(option)) return 'given'
  if (value instanceof URL) return show(option, value.href)
  if (Array.isArray(value)) return value.length === 0 ? '[]' : '[…]'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return short(`{ ${Object.keys(value).join(', ')} }`)
  // Before the last `@` may be an account, after `?` a token, however mistyped the URL is.
  return typeof value === 'string' ? short(JSON.stringify(value.replace(/^.*@/s, '…@').replace(/[?#].*/s, '?…'))) : String(value)
}

function short (text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
