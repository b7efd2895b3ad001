import type { FastifySchema, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { MAX_SELECTED_STATIONS, MAX_STATION_ID_LENGTH, MAX_WAIT_SECONDS } from './schemas.ts'

type ValidationFailure = { error: FastifySchemaValidationError[] }

/**
 * Compilers for routes without parameters to check. The app's own compilers, such as Zod's or an Ajv without type coercion,
 * cannot compile these schemas, which are there for documentation.
 */
export const compilers = {
  validatorCompiler: (): (() => true) => () => true,
  serializerCompiler: (): typeof write => write
}

/** Compilers for the routes with `?wait`, `?history`, `?listeners` and `?station`. `maxHistory`: the option `history`. */
export function queryCompilers (maxHistory: number) {
  const limits = [['wait', MAX_WAIT_SECONDS], ['history', maxHistory], ['listeners', 1]] as const
  const query: FastifySchemaCompiler<FastifySchema> = ({ httpPart }) => httpPart === 'querystring' ? (query) => readQuery(query, limits) : () => true
  return { ...compilers, validatorCompiler: query }
}

/** Converts texts to numbers in place, and reports wrong values with the keywords of Ajv. The app's own parser may return objects. */
function readQuery (query: Record<string, unknown>, limits: ReadonlyArray<readonly [name: string, most: number]>): true | ValidationFailure {
  for (const [name, most] of limits) {
    const given = query[name]
    if (given === undefined) continue
    const number = given === '' || typeof given === 'object' ? NaN : Number(given)
    const message = `must be an integer from 0 to ${most}`
    if (!Number.isInteger(number)) return failure(name, 'type', { type: 'integer' }, message)
    if (number < 0) return failure(name, 'minimum', { comparison: '>=', limit: 0 }, message)
    if (number > most) return failure(name, 'maximum', { comparison: '<=', limit: most }, message)
    query[name] = number
  }
  if (query.station === undefined) return true
  const stations = new Set([query.station].flat())
  if (stations.size > MAX_SELECTED_STATIONS) return failure('station', 'maxItems', { limit: MAX_SELECTED_STATIONS }, `must NOT have more than ${MAX_SELECTED_STATIONS} items`)
  for (const id of stations) {
    if (typeof id !== 'string') return failure('station', 'type', { type: 'string' }, 'must be string')
    if (id.length > MAX_STATION_ID_LENGTH) return failure('station', 'maxLength', { limit: MAX_STATION_ID_LENGTH }, `must NOT have more than ${MAX_STATION_ID_LENGTH} characters`)
  }
  return true
}

function failure (name: string, keyword: string, params: Record<string, unknown>, message: string): ValidationFailure {
  return { error: [{ keyword, instancePath: `/${name}`, schemaPath: `#/properties/${name}/${keyword}`, params, message }] }
}

/** Serializes errors, also those of the app; all other bodies are bytes already. Fastify passes its errors as objects that inherit from them. */
function write (data: unknown): string {
  if (!(data instanceof Error)) return JSON.stringify(data)
  const { statusCode, code, error, message }: Error & { statusCode?: unknown, code?: unknown, error?: unknown } = data
  return JSON.stringify({ statusCode, code, error, message })
}
