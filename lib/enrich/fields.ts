import { FST_ICECAST_ENRICH_FIELD } from '../errors.ts'
import type { ObjectSchema } from '../options/options.ts'
import { invalidOption } from '../options/checks.ts'
import { deepFreeze } from '../stations/deep-freeze.ts'

export interface FieldsRead {
  /** Deeply frozen JSON; null: there is nothing to add. */
  fields: object | null
  /** What was left out since it is wrong. */
  error: Error | null
}

export interface FieldCheck {
  /** A copy of those fields that are declared and right. Whatever it is given, it doesn't throw. */
  read (given: unknown): FieldsRead
}

interface Rule {
  Check (value: unknown): boolean
  Errors (value: unknown): [boolean, ReadonlyArray<{ instancePath: string, message: string }>]
}

/** Bytes of JSON: every subscriber is sent them, with each update. */
const MOST_BYTES = 16_384
const JSON_TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array']

/**
 * Makes the check of what `enrich` gives.
 * @throws FST_ICECAST_INVALID_OPTION for a schema that nothing can be checked by
 */
export async function compileFields ({ properties }: ObjectSchema): Promise<FieldCheck> {
  // Here and not at the top: it takes some 100 ms, which only those pay who use it.
  const { Compile } = await import('typebox/schema')
  const rules = new Map(Object.entries(properties).map(([field, schema]): [string, Rule] => {
    const type: unknown = Reflect.get(schema, 'type')
    if (typeof type === 'string' && !JSON_TYPES.includes(type)) throw invalidOption(`trackFields.${field}`, type, 'of a type that JSON has')
    try {
      return [field, Compile(schema)]
    } catch (error) {
      throw invalidOption(`trackFields.${field}`, schema, `a JSON Schema (${String(error)})`)
    }
  }))
  return { read: (given) => read(given, rules) }
}

function read (given: unknown, rules: ReadonlyMap<string, Rule>): FieldsRead {
  if (given === null || given === undefined) return { fields: null, error: null }
  try {
    return choose(copy(given, [...rules.keys()]), rules)
  } catch (thrown) {
    const error = thrown instanceof FST_ICECAST_ENRICH_FIELD ? thrown : new FST_ICECAST_ENRICH_FIELD('object', 'must be plain JSON')
    return { fields: null, error }
  }
}

/** Only what is declared: what else there is may be large. */
function copy (given: unknown, declared: readonly string[]): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new FST_ICECAST_ENRICH_FIELD(Array.isArray(given) ? 'array' : typeof given, 'must be an object of fields, null or undefined')
  }
  const text = JSON.stringify(Object.fromEntries(declared.map((field) => [field, Reflect.get(given, field)])))
  if (Buffer.byteLength(text) > MOST_BYTES) throw new FST_ICECAST_ENRICH_FIELD('object', `must have at the most ${MOST_BYTES} bytes of JSON`)
  return JSON.parse(text)
}

function choose (copied: Record<string, unknown>, rules: ReadonlyMap<string, Rule>): FieldsRead {
  const fields: Record<string, unknown> = {}
  let error: Error | null = null
  for (const [field, rule] of rules) {
    const value = copied[field]
    if (value === undefined) continue
    if (rule.Check(value)) fields[field] = deepFreeze(value)
    // Each field may be missing, and null says so.
    else if (value !== null) error ??= explain(field, rule, value)
  }
  return { fields: Object.keys(fields).length === 0 ? null : Object.freeze(fields), error }
}

function explain (field: string, rule: Rule, value: unknown): Error {
  const [, [first]] = rule.Errors(value)
  const { instancePath, message } = Object.assign({ instancePath: '', message: 'must fit `trackFields`' }, first)
  return new FST_ICECAST_ENRICH_FIELD(`${field}${instancePath.replaceAll('/', '.')}`, message)
}
