import { invalidOption } from '../errors.ts'
import type { EnrichHandler, EnrichSettings, ObjectSchema } from '../enrich/enrich-options.ts'
import type { KindFunction, KindRule } from '../metadata/kind.ts'
import { KINDS, TRACK_FIELDS, type Kind } from '../schemas.ts'
import { readBoolean, readInteger, readObject, rejectUnknownKeys, unexpectedOption } from './checks.ts'

const HALF_A_DAY_MS = 43_200_000
const MAX_STALE_TRACK_AFTER_MS = 31 * 86_400_000

/** A function, or undefined when the option is not given. `shape` is what the function looks like, for the message. */
export function readFunction<Hook> (option: string, value: unknown, shape: string): Hook | undefined {
  return value === undefined ? undefined : requireFunction<Hook>(option, value, shape)
}

function requireFunction<Hook> (option: string, value: unknown, shape: string): Hook {
  const isHook = (given: unknown): given is Hook => typeof given === 'function'
  if (isHook(value)) return value
  throw invalidOption(option, value, `a function \`${shape}\``)
}

export function readKinds (value: unknown = []): ReadonlyArray<KindRule | KindFunction> {
  if (isKindFunction(value)) return [value]
  if (!Array.isArray(value)) throw invalidOption('kinds', value, 'a list of rules such as `[{ match: /^Advert/, kind: \'ad\' }]`, or a function `(track, { mount, station }) => \'ad\'`')
  const list: unknown[] = value
  return list.map((rule, index) => isKindFunction(rule) ? rule : readKindRule(`kinds.${index}`, rule))
}

function isKindFunction (value: unknown): value is KindFunction {
  return typeof value === 'function'
}

function readKindRule (option: string, value: unknown): KindRule {
  const rule = readObject(option, value, 'a rule such as `{ match: /^Advert/, kind: \'ad\' }`, or a function')
  rejectUnknownKeys(option, rule, ['match', 'kind'])
  const { match, kind } = rule
  if (!(match instanceof RegExp)) throw invalidOption(`${option}.match`, match, 'a regular expression, such as `/^Advert/`')
  // With the flags `g` and `y` a regular expression keeps state between calls and would match every other time.
  return { match: new RegExp(match.source, match.flags.replace(/[gy]/g, '')), kind: readKind(`${option}.kind`, kind) }
}

export function readHide (value: unknown = []): ReadonlySet<Kind> {
  if (!Array.isArray(value)) throw invalidOption('hide', value, 'a list of kinds, such as `[\'jingle\', \'ad\']`')
  const list: unknown[] = value
  return new Set(list.map((kind, index) => readKind(`hide.${index}`, kind)))
}

function readKind (option: string, value: unknown): Kind {
  const kind = KINDS.find((known) => known === value)
  if (kind === undefined) throw invalidOption(option, value, `one of ${KINDS.map((known) => `\`${known}\``).join(', ')}`)
  return kind
}

/** In ms, or null for never. */
export function readStaleTrackAfter (value: unknown): number | null {
  if (value === false) return null
  return readInteger('staleTrackAfter', value, { default: HALF_A_DAY_MS, min: 1000, max: MAX_STALE_TRACK_AFTER_MS, unit: 'ms', or: ', or `false` for never' })
}

export function readEnrich (value: unknown): EnrichSettings | null {
  if (value === undefined) return null
  const given = readObject('enrich', value, 'an object such as `{ handler: async (track) => ({ artwork: … }), schema: Type.Object({ artwork: Type.String() }) }`')
  rejectUnknownKeys('enrich', given, ['handler', 'schema', 'timeout', 'wait', 'perStation'])
  return {
    handler: requireFunction<EnrichHandler>('enrich.handler', given['handler'], '(track, { station, signal }) => ({ artwork: … })'),
    schema: readTrackSchema(given['schema']),
    timeout: readInteger('enrich.timeout', given['timeout'], { default: 5000, min: 50, max: 120_000, unit: 'ms' }),
    wait: readInteger('enrich.wait', given['wait'], { default: 0, min: 0, max: 60_000, unit: 'ms' }),
    perStation: readBoolean('enrich.perStation', given['perStation'], false)
  }
}

function readTrackSchema (value: unknown): ObjectSchema {
  if (!isObjectSchema(value)) throw invalidOption('enrich.schema', value, 'a TypeBox schema of the fields that `enrich.handler` adds, such as `Type.Object({ artwork: Type.String() })`')
  const taken = Object.keys(value.properties).find((field) => TRACK_FIELDS.includes(field))
  if (taken !== undefined) throw unexpectedOption(`enrich.schema.${taken}`, `every track has a field of this name. Reserved names are ${TRACK_FIELDS.join(', ')}`)
  return value
}

function isObjectSchema (value: unknown): value is ObjectSchema {
  if (typeof value !== 'object' || value === null) return false
  const properties: unknown = Reflect.get(value, 'properties')
  return Reflect.get(value, 'type') === 'object' && typeof properties === 'object' && properties !== null &&
    Object.values(properties).every((schema) => typeof schema === 'object' && schema !== null)
}
