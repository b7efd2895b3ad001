import type { Station } from '../schemas.ts'
import { MAX_LATENCY_MS } from './constants.ts'
import type { ReceivedMessage } from './transports.ts'

/**
 * Receives a station's state, never an older one than before. If nothing has changed, it is the same object. `changedAt`:
 * when its track began, if it has begun since the last state, or else the time of receipt; by `performance.now()`, and
 * never in the future.
 */
export type OnState = (station: Station, changedAt: number) => void

/** The server's time at the zero of `performance.now()` on this page, by each state that it has sent; missing if it is not known. */
export const serverClocks = new WeakMap<Station, number>()

/** What is known about a station. A run is one process of the server, the first part of each `version`: the last one, and the one that has sent the track. */
type Known = [station: Station, run: string, trackRun: string]

/**
 * Drops states that are older than what is known, whichever transport, cache or backend they come from. Versions order
 * the states of one run. A run of 8 to 11 characters is the term of a leader: messages of a lower one than before are dropped.
 * Between other runs the track decides: a state whose track began before the known one is dropped.
 */
export function reorder (onState: OnState): [known: Map<string, Known>, isOutdated: (message: ReceivedMessage) => boolean, take: (message: ReceivedMessage) => void] {
  const known = new Map<string, Known>()
  /** The highest version number of each station in each run. A comparison with a missing one is false. */
  const newest: Record<string, number> = {}
  let newestTerm = ''
  /** The time of each run's clock at the zero of `performance.now()`; the latency of the snapshot makes it smaller. Calculating with a missing one gives NaN. */
  const clocks: Record<string, number> = {}

  /** Whether another run makes a station `stale` that is live by the last one. */
  const isOutdated = ({ version = '', stations = [] }: ReceivedMessage): boolean => stations.some((one) => {
    const [last, run] = known.get(one?.id as string) ?? []
    return one?.status === 'stale' && last?.status === 'live' && run !== version.split('-')[0]
  })

  const take = ({ version = '', serverTime, station, stations, listeners, mounts }: ReceivedMessage): void => {
    const now = performance.now()
    // Without a count the number is NaN, and the state counts as newer.
    const [run, count] = version.split('-') as [string, string]
    const number = parseInt(count, 36)
    // Terms have the same number of digits, so that they are in alphabetical order: they are times until the year 2059.
    if (run[7] && !run[11]) {
      if (run < newestTerm) return
      newestTerm = run
    }
    if (serverTime) clocks[run] = Date.parse(serverTime) - now
    // A server that was just started may not know all stations yet.
    if (stations) for (const [id, [last]] of known) if (!stations.some((one) => one?.id === id)) stations.push({ ...last, status: 'unknown' })
    if (mounts) {
      const [last] = known.get(station as string) ?? []
      station = last && { ...last, listeners: listeners as Station['listeners'], mounts: last.mounts.map((mount) => ({ ...mount, listeners: mounts[mount.path] as number | null })) }
    }
    for (let one of stations ?? [station as Station | undefined]) {
      if (!one?.id) continue
      const { id, status, statusSince, track } = one
      const [last, lastRun, lastTrackRun = run] = known.get(id) ?? []
      // The same version may have more of the history, when another client of the page has asked for it, and counts when nobody wanted the station meanwhile.
      if (number <= (newest[run + id] as number) - Number(!last || (run === lastRun && one.history?.length > last.history.length))) continue
      newest[run + id] = number
      const lastTrack = last?.track
      let trackRun = mounts ? lastTrackRun : run
      let changedAt = track && track.text !== lastTrack?.text ? Math.min(Date.parse(track.audibleAt) - (clocks[run] as number) || now, now) : now
      if (last) {
        // Clocks that differ by less than the latency count as equal; without both, the clocks of the runs count as equal.
        const skew = (clocks[run] as number) - (clocks[lastTrackRun] as number)
        const isOlder = track && lastTrack && run !== lastTrackRun && track.text !== lastTrack.text &&
          Date.parse(track.audibleAt) - Date.parse(lastTrack.audibleAt) < (Math.abs(skew) > MAX_LATENCY_MS ? skew : 0)
        // `unknown` does not mean that the track has ended: the server has not read Icecast yet.
        if (isOlder || status === 'unknown') {
          one = { ...last, status, statusSince }
          trackRun = lastTrackRun
          changedAt = now
        }
        // The same object marks the same state.
        if (JSON.stringify(one) === JSON.stringify(last)) one = last
      }
      known.set(id, [one, run, trackRun])
      serverClocks.set(one, clocks[run] as number)
      onState(one, changedAt)
    }
  }

  return [known, isOutdated, take]
}
