import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import { MAX_ADDRESS, MAX_MOUNTS, percentDecoded } from './mount.ts'

const DOCUMENT = '/admin/streams'
const LINE = /^\/admin\/streams\?mount=(\/.*)$/

/**
 * Reads kh's `/admin/streams`: the mounts that are not hidden, one a line; none at all when the body is empty. Throws
 * FST_ICECAST_BAD_DOCUMENT for anything else. It comes without a length, so a cut is noticed only inside a line.
 */
export function parseStreams (body: Buffer): string[] {
  const lines = body.toString().split(/\r?\n/, MAX_MOUNTS + 2)
  if (lines.length > MAX_MOUNTS + 1) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, `more than ${MAX_MOUNTS} mounts`)
  if (lines.pop() !== '') throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, 'its last line has no end')
  return lines.map((line, i) => {
    const path = LINE.exec(line)?.[1]
    if (path === undefined || path.length > MAX_ADDRESS) throw new FST_ICECAST_BAD_DOCUMENT(DOCUMENT, `not a mount in line ${i + 1}`)
    return percentDecoded(path)
  })
}
