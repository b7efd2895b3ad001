import type { Status } from '../schemas.ts'

/** What is known about one server, with regard to one station. */
export interface ServerFacts {
  /** The last read has succeeded; false also before the first read. */
  isReadable: boolean
  /** Reads have failed for longer than `staleAfter`. */
  isLost: boolean
  /** A source was connected to one of the station's mounts when the server was last read. Always false when it is lost. */
  isLive: boolean
  /** The server has carried the station, now or earlier. */
  hasCarried: boolean
  /** A read has begun, and succeeded or failed, since the station was last seen on another server. */
  isUpToDate: boolean
  /** It does not show, to this account, whether one of the mounts that matter is live. */
  cannotSeeMounts: boolean
}

/**
 * Decides a station's status. The first row that applies counts. "Relevant" are the servers that have carried the
 * station; while none has carried it, all are relevant. `docs/stations.md` has the same table with the same numbers.
 *
 * | row | if | status |
 * |---|---|---|
 * | 1 | a readable server has the station live | `live` |
 * | 2 | a server that is failing, but not lost, had it live | unchanged |
 * | 3 | a relevant server does not show whether a mount that matters is live | `stale`; `unknown` stays |
 * | 4 | all servers are up to date, and each relevant one is readable | `offline` |
 * | 5 | a relevant server is lost | `stale`; `unknown` stays |
 * | 6 | otherwise: a server still has to be read | unchanged |
 *
 * Null stands for "unchanged": what was published last is held.
 */
export function decideStatus (servers: readonly ServerFacts[], previous: Status): Status | null {
  const hasAnyCarried = servers.some(({ hasCarried }) => hasCarried)
  const relevant = servers.filter(({ hasCarried }) => hasCarried || !hasAnyCarried)
  const stale = previous === 'unknown' ? null : 'stale'
  if (servers.some(({ isLive, isReadable }) => isLive && isReadable)) return 'live'
  if (servers.some(({ isLive }) => isLive)) return null
  if (relevant.some(({ cannotSeeMounts }) => cannotSeeMounts)) return stale
  if (servers.every(({ isUpToDate }) => isUpToDate) && relevant.every(({ isReadable }) => isReadable)) return 'offline'
  return relevant.some(({ isLost }) => isLost) ? stale : null
}
