import { FST_ICECAST_NOT_FOUND, FST_ICECAST_UNAUTHORIZED } from '../../errors.ts'

/** ms after which a document that was refused is asked for again: accounts change, and servers are reconfigured. */
export const REDETECT_INTERVAL_MS = 60_000

/**
 * The time (by `performance.now()`) from which a refused document may be asked for again. A document that was only
 * broken, such as XML with an encoder's own keys in it, may be right at the next read.
 */
export function retryTimeAfter (error: Error): number {
  const isLasting = error instanceof FST_ICECAST_UNAUTHORIZED || error instanceof FST_ICECAST_NOT_FOUND
  return isLasting ? performance.now() + REDETECT_INTERVAL_MS : -Infinity
}
