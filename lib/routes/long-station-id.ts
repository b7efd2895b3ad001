import type { FastifyRequest } from 'fastify'
import { segmentsBelow } from './route-path.ts'

/** What the URL of a request names below the address of the list. */
export interface NamedStation {
  id: string
  /** The request is for the history of the station. */
  isHistory: boolean
}

/**
 * Reads the station from the URL of a request that Fastify has matched by a wildcard, since the id is longer than the app's
 * `maxParamLength` (100 characters by default). Null: the URL names something else.
 */
export function readLongId ({ url }: Pick<FastifyRequest, 'url'>, base: string): NamedStation | null {
  const [id = '', document, ...rest] = segmentsBelow(base, url.replace(/[?#].*/s, '')) ?? []
  if (rest.length > 0 || id === '' || (document !== undefined && document !== 'history')) return null
  return { id: decodeURIComponent(id), isHistory: document !== undefined }
}
