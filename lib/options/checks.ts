import { FST_ICECAST_INVALID_OPTION, invalidOption } from '../errors.ts'

// Each check takes the option's name and the value, and throws FST_ICECAST_INVALID_OPTION, which names both and says
// what would be right.

interface IntegerRange {
  default: number
  min: number
  max: number
  /** `ms`, `bytes`; none for a plain number. */
  unit?: string
  /** Other allowed values, as text appended to the error message. */
  or?: string
}

export function readInteger (option: string, given: unknown, { default: byDefault, min, max, unit, or = '' }: IntegerRange): number {
  const value = given === undefined ? byDefault : given
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalidOption(option, value, `a whole number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}${or}`)
}

export function readString (option: string, value: unknown, expected: string): string {
  if (typeof value === 'string') return value
  throw invalidOption(option, value, expected)
}

export function readBoolean (option: string, given: unknown, byDefault: boolean): boolean {
  const value = given === undefined ? byDefault : given
  if (typeof value === 'boolean') return value
  throw invalidOption(option, value, '`true` or `false`')
}

/** A shallow copy of an object, whatever its keys are. */
export function readObject (option: string, value: unknown, expected: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw invalidOption(option, value, expected)
}

/** Refuses the first key that is not known, and suggests the one that was probably meant. `option` is '' at the top level. */
export function rejectUnknownKeys (option: string, given: Record<string, unknown>, known: readonly string[]): void {
  const key = Object.keys(given).find((key) => !known.includes(key))
  if (key === undefined) return
  const similar = known.find((name) => editDistance(name.toLowerCase(), key.toLowerCase()) <= Math.max(1, Math.floor(name.length / 3)))
  const hint = similar === undefined ? '' : ` Did you mean \`${similar}\`?`
  throw unexpectedOption(option === '' ? key : `${option}.${key}`, `there is no such option.${hint} The known options are ${known.join(', ')}`)
}

/** Refuses an option that must not be given here. The value is not shown: a `password` in the wrong place is still a password. */
export function unexpectedOption (option: string, reason: string): Error {
  return new FST_ICECAST_INVALID_OPTION(option, 'given', `left out: ${reason}`)
}

/** How many letters must be inserted, deleted or replaced to make one word of the other (Levenshtein). */
function editDistance (a: string, b: string): number {
  let distance = b.length
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1]
    let diagonal = index
    distance = index + 1
    for (const [column, above] of row.slice(1).entries()) {
      distance = Math.min(above + 1, distance + 1, diagonal + (b[column] === letter ? 0 : 1))
      diagonal = above
      next.push(distance)
    }
    row = next
  }
  return distance
}
