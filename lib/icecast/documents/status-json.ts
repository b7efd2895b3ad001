import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import type { Report } from '../report.ts'
import { readJson, type JsonObject } from './json.ts'
import { decodeMount, readReport } from './mount.ts'
import { dig } from './values.ts'

const DOCUMENT = 'status-json.xsl'
// `new URL()` cannot be used: 2.4 and 2.5 write the mount's name as it is, with any `?`, `#` and space.
const PATH = /^[a-z]+:\/\/[^/]*(\/.*)$/is
const PATH_AFTER_HOST = /^\d+(\/.*)$/s

/**
 * Reads `/status-json.xsl` of 2.4, of 2.5, or of kh with 2.4's stylesheets. The document leaves out hidden mounts and
 * those whose name is not UTF-8. Throws FST_ICECAST_BAD_DOCUMENT, also for what 2.4 and 2.5 send in their first 0.3 s.
 */
export function parseStatusJson (body: Buffer): Report {
  const stats = dig(readJson(body, DOCUMENT), 'icestats')
  if (!(stats instanceof Map)) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, 'it has no icestats')
  return readReport(stats, sourcesOf(stats), DOCUMENT)
}

function * sourcesOf (stats: JsonObject): Generator<[string | undefined, JsonObject]> {
  const sources = stats.get('source')
  // With no source it is absent, with one an object, with more an array.
  for (const source of Array.isArray(sources) ? sources : [sources]) {
    if (!(source instanceof Map)) continue
    const listenUrl = source.get('listenurl')
    const path = typeof listenUrl === 'string' ? pathOf(listenUrl, stats) : undefined
    yield [path && decodeMount(path, stats), source]
  }
}

/** Icecast copies its `<hostname>` into addresses unchanged, even if it contains a scheme or a slash. */
function pathOf (listenUrl: string, stats: JsonObject): string | undefined {
  const start = `http://${stats.get('host')}:`
  const afterHost = listenUrl.startsWith(start) ? PATH_AFTER_HOST.exec(listenUrl.slice(start.length)) : null
  return (afterHost ?? PATH.exec(listenUrl))?.[1]
}
