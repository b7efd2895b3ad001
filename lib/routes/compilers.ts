import type { FastifySchema, FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { MAX_HISTORY, MAX_SELECTED_STATIONS, MAX_STATION_ID_LENGTH, MAX_WAIT_SECONDS } from './schemas.ts'

type Refusal = { error: FastifySchemaValidationError[] }

/**
 * For routes with nothing to check. An app may have compilers of its own, such as Zod's, or an Ajv that turns no text into
 * numbers: they know nothing of these schemas, which are there to be read.
 */
export const compilers = {
  validatorCompiler: (): (() => true) => () => true,
  serializerCompiler: (): typeof write => write
}

const query: FastifySchemaCompiler<FastifySchema> = ({ httpPart }) => httpPart === 'querystring' ? readQuery : () => true

/** For the routes with `?wait`, `?history` and `?station`. */
export const queryCompilers = { ...compilers, validatorCompiler: query }

/** Texts become numbers where they are; what can't is refused in Ajv's words. An app's own parser may make objects. */
function readQuery (query: Record<string, unknown>): true | Refusal {
  for (const [name, most] of [['wait', MAX_WAIT_SECONDS], ['history', MAX_HISTORY]] as const) {
    const given = query[name]
    if (given === undefined) continue
    const number = given === '' || typeof given === 'object' ? NaN : Number(given)
    if (!Number.isInteger(number)) return refusal(name, 'type', { type: 'integer' }, 'must be integer')
    if (number < 0) return refusal(name, 'minimum', { comparison: '>=', limit: 0 }, 'must be >= 0')
    if (number > most) return refusal(name, 'maximum', { comparison: '<=', limit: most }, `must be <= ${most}`)
    query[name] = number
  }
  const stations = new Set([query.station ?? []].flat())
  if (stations.size > MAX_SELECTED_STATIONS) return refusal('station', 'maxItems', { limit: MAX_SELECTED_STATIONS }, `must NOT have more than ${MAX_SELECTED_STATIONS} items`)
  for (const id of stations) {
    if (typeof id !== 'string') return refusal('station', 'type', { type: 'string' }, 'must be string')
    if (id.length > MAX_STATION_ID_LENGTH) return refusal('station', 'maxLength', { limit: MAX_STATION_ID_LENGTH }, `must NOT have more than ${MAX_STATION_ID_LENGTH} characters`)
  }
  return true
}

function refusal (name: string, keyword: string, params: Record<string, unknown>, message: string): Refusal {
  return { error: [{ keyword, instancePath: `/${name}`, schemaPath: `#/properties/${name}/${keyword}`, params, message }] }
}

/** Bodies are written down already: here come errors, the app's own too. Fastify gives its own as an object that has them as its prototype. */
function write (data: unknown): string {
  if (!(data instanceof Error)) return JSON.stringify(data)
  const { statusCode, code, error, message }: Error & { statusCode?: unknown, code?: unknown, error?: unknown } = data
  return JSON.stringify({ statusCode, code, error, message })
}
