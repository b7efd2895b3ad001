import type { FastifySchema, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { MAX_HISTORY, MAX_SELECTED_STATIONS, MAX_STATION_ID_LENGTH, MAX_WAIT_SECONDS } from './schemas.ts'

type ValidationFailure = { error: FastifySchemaValidationError[] }

/**
 * Compilers for routes without parameters to check. The app's own compilers, such as Zod's or an Ajv without type coercion,
 * cannot compile these schemas, which are there for documentation.
 */
export const compilers = {
  validatorCompiler: (): (() => true) => () => true,
  serializerCompiler: (): typeof write => write
}

const query: FastifySchemaCompiler<FastifySchema> = ({ httpPart }) => httpPart === 'querystring' ? readQuery : () => true

/** Compilers for the routes with `?wait`, `?history` and `?station`. */
export const queryCompilers = { ...compilers, validatorCompiler: query }

/** Converts texts to numbers in place, and reports wrong values in the words of Ajv. The app's own parser may return objects. */
function readQuery (query: Record<string, unknown>): true | ValidationFailure {
  for (const [name, most] of [['wait', MAX_WAIT_SECONDS], ['history', MAX_HISTORY]] as const) {
    const given = query[name]
    if (given === undefined) continue
    const number = given === '' || typeof given === 'object' ? NaN : Number(given)
    if (!Number.isInteger(number)) return failure(name, 'type', { type: 'integer' }, 'must be integer')
    if (number < 0) return failure(name, 'minimum', { comparison: '>=', limit: 0 }, 'must be >= 0')
    if (number > most) return failure(name, 'maximum', { comparison: '<=', limit: most }, `must be <= ${most}`)
    query[name] = number
  }
  const stations = new Set([query.station ?? []].flat())
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
