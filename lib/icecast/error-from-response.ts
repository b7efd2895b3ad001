import { FST_ICECAST_AT_LIMIT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND, FST_ICECAST_UNAUTHORIZED } from '../errors.ts'

/** Bytes of a refusal that are read: the page of 2.5 has its head first. */
const OPENING = 1000

interface Refusal {
  /** Not 200. */
  status: number
  /** The `Server` header, if there is one. */
  server: unknown
  body: AsyncIterable<Buffer>
}

/** The error for a status other than 200, by how its body begins; of that it reads no more than it needs. */
export async function errorFromResponse ({ status, server, body }: Refusal, path: string): Promise<Error> {
  const opening = await read(body)
  // 2.4 and kh say 403 both for 'no' and for 'full': only the words differ. Without any it was cut: that is 'full'.
  if (status === 403 && (opening === null || /limit|too many/i.test(opening))) return new FST_ICECAST_AT_LIMIT(status)
  // 2.5 says it on a page of its own. Whoever stands in front of a server that is down says 503, too.
  if (status === 503 && /icecast/i.test(`${server} ${opening}`)) return new FST_ICECAST_AT_LIMIT(status)
  if (status === 401 || status === 403) return new FST_ICECAST_UNAUTHORIZED(status, path)
  if (status === 404) return new FST_ICECAST_NOT_FOUND(path)
  return new FST_ICECAST_BAD_STATUS(status, path)
}

/** Icecast often resets the connection after a refusal: what was read by then has to do; null when there was nothing. */
async function read (body: AsyncIterable<Buffer>): Promise<string | null> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += chunk.toString('latin1', 0, OPENING)
      if (text.length >= OPENING) break
    }
  } catch {
    return text === '' ? null : text
  }
  return text
}
