import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import type { Report } from '../report.ts'
import { readJson, type JsonObject, type Json } from './json.ts'
import { readReport } from './mount.ts'

const DOCUMENT = 'publicstats.json'

/**
 * Reads `/admin/publicstats.json` of 2.5: an array of two objects, of which the second has the sources by their mounts,
 * without hidden ones. Throws FST_ICECAST_BAD_DOCUMENT, also for what 2.5 sends in its first 0.3 s.
 */
export function parsePublicStats (body: Buffer): Report {
  const list = readJson(body, DOCUMENT)
  const stats = Array.isArray(list) ? list[1] : undefined
  if (!(stats instanceof Map)) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, 'it has no icestats')
  return readReport(stats, sourcesIn(stats.get('source')), DOCUMENT)
}

function * sourcesIn (sources: Json | undefined): Generator<[string, JsonObject]> {
  if (!(sources instanceof Map)) return
  for (const [path, source] of sources) {
    if (source instanceof Map) yield [path, source]
  }
}
