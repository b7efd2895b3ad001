import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import { MAX_MOUNTS, percentDecoded } from './mount.ts'
import { MAX_ADDRESS_LENGTH } from './values.ts'

const DOCUMENT = '/admin/streams'
const LINE = /^\/admin\/streams\?mount=(\/.*)$/

/**
 * Reads `/admin/streams` of kh: one line for each mount that is not hidden; an empty body has none. Throws
 * FST_ICECAST_BAD_DOCUMENT for anything else. The response has no Content-Length, so a truncation is noticed only
 * inside a line.
 */
export function parseStreams (body: Buffer): string[] {
  const lines = body.toString().split(/\r?\n/, MAX_MOUNTS + 2)
  if (lines.length > MAX_MOUNTS + 1) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, `more than ${MAX_MOUNTS} mounts`)
  if (lines.pop() !== '') throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, 'its last line has no end')
  return lines.map((line, i) => {
    const path = LINE.exec(line)?.[1]
    if (path === undefined || path.length > MAX_ADDRESS_LENGTH) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, `not a mount in line ${i + 1}`)
    return percentDecoded(path)
  })
}
