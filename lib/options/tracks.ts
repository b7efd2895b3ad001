import type { EnrichOptions, KindRule, ObjectSchema } from './options.ts'
import { KINDS, TRACK_FIELDS, type Kind } from '../schemas.ts'
import { readObject, rejectUnknownKeys, unexpectedOption, readInteger, invalidOption } from './checks.ts'

/** A function, or nothing. */
export function readHook<Hook> (option: string, value: unknown, shape: string): Hook | undefined {
  return value === undefined ? value : hook<Hook>(option, value, shape)
}

function hook<Hook> (option: string, value: unknown, shape: string): Hook {
  const isHook = (given: unknown): given is Hook => typeof given === 'function'
  if (isHook(value)) return value
  throw invalidOption(option, value, `a function \`${shape}\``)
}

export function readKinds (value: unknown = []): readonly KindRule[] {
  const right = 'a list of rules such as `[{ match: /^Advert/, kind: \'ad\' }]`'
  if (!Array.isArray(value)) throw invalidOption('kinds', value, right)
  const list: unknown[] = value
  return list.map((rule, index) => {
    const option = `kinds.${index}`
    const { match, kind, ...rest } = readObject(option, rule, 'a rule such as `{ match: /^Advert/, kind: \'ad\' }`')
    rejectUnknownKeys(option, rest, 'a rule has `match` and `kind`')
    if (!(match instanceof RegExp)) throw invalidOption(`${option}.match`, match, 'a regular expression, such as `/^Advert/`')
    // One that remembers where it was would match every other time.
    return { match: new RegExp(match.source, match.flags.replace(/[gy]/g, '')), kind: readKind(`${option}.kind`, kind) }
  })
}

export function readHide (value: unknown = []): ReadonlySet<Kind> {
  if (!Array.isArray(value)) throw invalidOption('hide', value, 'a list of kinds, such as `[\'jingle\', \'ad\']`')
  const list: unknown[] = value
  return new Set(list.map((kind) => readKind('hide', kind)))
}

function readKind (option: string, value: unknown): Kind {
  const kind = KINDS.find((known) => known === value)
  if (kind === undefined) throw invalidOption(option, value, `one of ${KINDS.map((known) => `\`${known}\``).join(', ')}`)
  return kind
}

export function readStaleTrackAfter (value: unknown): number | null {
  return value === false ? null : readInteger('staleTrackAfter', value, HALF_A_DAY, 1000, 31 * 86_400_000, ', or `false` for never')
}

const HALF_A_DAY = 43_200_000

export function readEnrich (given: Record<string, unknown>): EnrichOptions | null {
  const { enrich, trackFields, enrichTimeout, waitForEnrich } = given
  if (enrich === undefined) {
    for (const [option, value] of Object.entries({ trackFields, enrichTimeout, waitForEnrich })) {
      if (value !== undefined) throw unexpectedOption(option, 'it says how `enrich` is used, and there is no `enrich`')
    }
    return null
  }
  return {
    enrich: hook<EnrichOptions['enrich']>('enrich', enrich, '(track, { station, signal }) => ({ artwork: … })'),
    trackFields: readTrackFields(trackFields),
    enrichTimeout: readInteger('enrichTimeout', enrichTimeout, 5000, 50, 120_000),
    waitForEnrich: readInteger('waitForEnrich', waitForEnrich, 0, 0, 60_000)
  }
}

function readTrackFields (value: unknown): ObjectSchema {
  const right = 'a TypeBox schema of what `enrich` adds, such as `Type.Object({ artwork: Type.String() })`'
  if (!isObjectSchema(value)) throw invalidOption('trackFields', value, right)
  const taken = Object.keys(value.properties).find((field) => TRACK_FIELDS.includes(field))
  if (taken !== undefined) throw unexpectedOption(`trackFields.${taken}`, `tracks have it already. Taken are ${TRACK_FIELDS.join(', ')}`)
  return value
}

function isObjectSchema (value: unknown): value is ObjectSchema {
  if (typeof value !== 'object' || value === null) return false
  const properties: unknown = Reflect.get(value, 'properties')
  return Reflect.get(value, 'type') === 'object' && typeof properties === 'object' && properties !== null &&
    Object.values(properties).every((schema) => typeof schema === 'object' && schema !== null)
}
