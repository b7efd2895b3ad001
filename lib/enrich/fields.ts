import { FST_ICECAST_ENRICH_FIELD, invalidOption } from '../errors.ts'
import { deepFreeze } from '../stations/deep-freeze.ts'
import type { ObjectSchema } from './enrich-options.ts'

export interface FieldsRead {
  /** Deeply frozen JSON, or null when there is nothing to add. */
  fields: object | null
  /** Why a field was left out; null when all fields are valid. */
  error: Error | null
}

export interface FieldCheck {
  /** Returns a copy of the declared fields that are valid. Never throws. */
  read (given: unknown): FieldsRead
}

/** A compiled schema of `typebox/schema`. */
interface Rule {
  Check (value: unknown): boolean
  Errors (value: unknown): [boolean, ReadonlyArray<{ instancePath: string, message: string }>]
}

/** Every subscriber receives these fields with each update. */
const MAX_JSON_BYTES = 16_384
const JSON_TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array']

/**
 * Compiles `enrich.schema`.
 * @throws FST_ICECAST_INVALID_OPTION for a schema that cannot be compiled
 */
export async function compileFields ({ properties }: ObjectSchema): Promise<FieldCheck> {
  // Loaded on demand: loading takes about 100 ms, and only apps that use `enrich` need it.
  const { Compile } = await import('typebox/schema')
  const rules = new Map(Object.entries(properties).map(([field, schema]): [string, Rule] => {
    const type: unknown = Reflect.get(schema, 'type')
    if (typeof type === 'string' && !JSON_TYPES.includes(type)) throw invalidOption(`enrich.schema.${field}`, type, 'of a type that JSON has')
    try {
      return [field, Compile(schema)]
    } catch (error) {
      throw invalidOption(`enrich.schema.${field}`, schema, `a JSON Schema (${String(error)})`)
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

/** Copies the declared fields only: undeclared ones may be large. */
function copy (given: unknown, declared: readonly string[]): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new FST_ICECAST_ENRICH_FIELD(Array.isArray(given) ? 'array' : typeof given, 'must be an object of fields, null or undefined')
  }
  const text = JSON.stringify(Object.fromEntries(declared.map((field) => [field, Reflect.get(given, field)])))
  if (Buffer.byteLength(text) > MAX_JSON_BYTES) throw new FST_ICECAST_ENRICH_FIELD('object', `must have at most ${MAX_JSON_BYTES} bytes of JSON`)
  return JSON.parse(text)
}

function choose (copied: Record<string, unknown>, rules: ReadonlyMap<string, Rule>): FieldsRead {
  const fields: Record<string, unknown> = {}
  let error: Error | null = null
  for (const [field, rule] of rules) {
    const value = copied[field]
    if (value === undefined) continue
    if (rule.Check(value)) fields[field] = deepFreeze(value)
    // Each field may be missing; null means the same.
    else if (value !== null) error ??= explain(field, rule, value)
  }
  return { fields: Object.keys(fields).length === 0 ? null : Object.freeze(fields), error }
}

function explain (field: string, rule: Rule, value: unknown): Error {
  const [, [first]] = rule.Errors(value)
  const { instancePath, message } = Object.assign({ instancePath: '', message: 'must match `enrich.schema`' }, first)
  return new FST_ICECAST_ENRICH_FIELD(`${field}${instancePath.replaceAll('/', '.')}`, message)
}
