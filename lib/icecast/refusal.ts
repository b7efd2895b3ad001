import { FST_ICECAST_AT_LIMIT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND, FST_ICECAST_UNAUTHORIZED } from '../errors.ts'

/** The error for a status other than 200. `opening`: how the answer's text begins. */
export function refusal (status: number, path: string, opening: string): Error {
  // 2.4 and kh say 403 both for 'no' and for 'full': only the words differ. 2.5 says 503.
  if (status === 503 || (status === 403 && /limit|too many/i.test(opening))) return new FST_ICECAST_AT_LIMIT(status)
  if (status === 401 || status === 403) return new FST_ICECAST_UNAUTHORIZED(status, path)
  if (status === 404) return new FST_ICECAST_NOT_FOUND(path)
  return new FST_ICECAST_BAD_STATUS(status, path)
}
