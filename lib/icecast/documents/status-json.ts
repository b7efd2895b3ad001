import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import type { Report } from '../report.ts'
import { readJson, type Fields } from './json.ts'
import { decodeMount, dig, readReport } from './mount.ts'

const DOCUMENT = 'status-json.xsl'
// Not `new URL()`: 2.4 and 2.5 write the mount's name as it is, with any `?`, `#` and space.
const PATH = /^[a-z]+:\/\/[^/]*(\/.*)$/is
const PATH_AFTER_HOST = /^\d+(\/.*)$/s

/**
 * Reads `/status-json.xsl`, of 2.4, 2.5, or kh with 2.4's stylesheets. It leaves hidden mounts out, and those whose
 * name is not UTF-8. Throws FST_ICECAST_BAD_DOCUMENT, also for what 2.4 and 2.5 send in their first 0.3 s.
 */
export function parseStatusJson (body: Buffer): Report {
  const stats = dig(readJson(body, DOCUMENT), 'icestats')
  if (!(stats instanceof Map)) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, 'it has no icestats')
  return readReport(stats, sourcesOf(stats), DOCUMENT)
}

function * sourcesOf (stats: Fields): Generator<[string | undefined, Fields]> {
  const sources = stats.get('source')
  // None: absent; one: an object; more: an array.
  for (const source of Array.isArray(sources) ? sources : [sources]) {
    if (!(source instanceof Map)) continue
    const listenUrl = source.get('listenurl')
    const path = typeof listenUrl === 'string' ? pathOf(listenUrl, stats) : undefined
    yield [path && decodeMount(path, stats), source]
  }
}

/** Icecast writes its `<hostname>` into addresses as it is, also one with a scheme or a slash. */
function pathOf (listenUrl: string, stats: Fields): string | undefined {
  const start = `http://${stats.get('host')}:`
  const afterHost = listenUrl.startsWith(start) ? PATH_AFTER_HOST.exec(listenUrl.slice(start.length)) : null
  return (afterHost ?? PATH.exec(listenUrl))?.[1]
}
