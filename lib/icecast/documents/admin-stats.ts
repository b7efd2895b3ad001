import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import type { Report } from '../report.ts'
import type { Fields } from './json.ts'
import { decodeMount, playing, readReport } from './mount.ts'
import { readXml } from './xml.ts'

const DOCUMENT = '/admin/stats'

/** A Report in which hidden mounts are not told from others. */
export interface AdminReport extends Report {
  /**
   * The mounts of which a title or artist is there but came out empty, as XML has no way to write it: control
   * characters, U+FFFE, bytes that are not UTF-8. Or it is empty: the public document tells.
   */
  unreadable: string[]
}

/**
 * Reads `/admin/stats` of 2.4, 2.5 or kh. Throws FST_ICECAST_BAD_DOCUMENT, also where an encoder's own keys or a
 * mount's name have made it not well-formed (2.4).
 */
export function parseAdminStats (body: Buffer): AdminReport {
  const stats = readXml(body, 'icestats', DOCUMENT)
  if (!(stats instanceof Map)) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, 'it has no fields')
  const sources = [...sourcesOf(stats)]
  const report = readReport(stats, sources, DOCUMENT)
  const unreadable = new Set(sources.filter(([, source]) => isUnreadable(source)).map(([path]) => path))
  return { ...report, unreadable: report.mounts.map(({ path }) => path).filter((path) => unreadable.has(path)) }
}

function * sourcesOf (stats: Fields): Generator<[string, Fields]> {
  const sources = stats.get('source')
  for (const source of Array.isArray(sources) ? sources : [sources]) {
    if (!(source instanceof Map)) continue
    const path = source.get('@mount')
    if (typeof path === 'string') yield [decodeMount(path, stats), source]
  }
}

function isUnreadable (source: Fields): boolean {
  const { title, artist } = playing(source)
  return title === '' || artist === ''
}
