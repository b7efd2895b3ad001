import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import type { Report } from '../report.ts'
import type { JsonObject } from './json.ts'
import { decodeMount, readReport } from './mount.ts'
import { findTitle } from './titles.ts'
import { readXml } from './xml.ts'

const DOCUMENT = '/admin/stats'

/** A Report that does not distinguish hidden mounts from others. */
export interface AdminReport extends Report {
  /**
   * Mounts with an empty title or artist. Either it is empty, or XML cannot hold it: control characters, U+FFFE, bytes
   * that are not UTF-8. Only the public document tells which.
   */
  unreadable: string[]
}

/**
 * Reads `/admin/stats` of 2.4, 2.5 or kh. Throws FST_ICECAST_BAD_DOCUMENT, also where the keys that an encoder sent or
 * the name of a mount make the document not well-formed (2.4).
 */
export function parseAdminStats (body: Buffer): AdminReport {
  const stats = readXml(body, 'icestats', DOCUMENT)
  if (!(stats instanceof Map)) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, 'it has no fields')
  const sources = [...sourcesOf(stats)]
  const report = readReport(stats, sources, DOCUMENT)
  const unreadable = new Set(sources.filter(([, source]) => isUnreadable(source)).map(([path]) => path))
  return { ...report, unreadable: report.mounts.map(({ path }) => path).filter((path) => unreadable.has(path)) }
}

function * sourcesOf (stats: JsonObject): Generator<[string, JsonObject]> {
  const sources = stats.get('source')
  for (const source of Array.isArray(sources) ? sources : [sources]) {
    if (!(source instanceof Map)) continue
    const path = source.get('@mount')
    if (typeof path === 'string') yield [decodeMount(path, stats), source]
  }
}

function isUnreadable (source: JsonObject): boolean {
  const { title, artist } = findTitle(source)
  return title === '' || artist === ''
}
