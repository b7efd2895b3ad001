import type { Station, Track } from '../schemas.ts'
import { MAX_LATENCY_MS } from './timeouts.ts'
import type { ReceivedMessage } from './transports.ts'

/** Receives a state of a station that is not older than the last one; the same object if nothing has changed. `audibleAt`: when its track began, by `performance.now()`, and never in the future. */
export type OnState = (station: Station, audibleAt: number) => void

/** What is known about a station. A run is one process of the server, the first part of each `version`. */
interface Known {
  station: Station
  audibleAt: number
  /** The run that has sent the track. */
  trackRun: string
  /** The run that has sent the last state. */
  run: string
}

/**
 * Drops states that are older than what is known, whichever transport, cache or backend they come from. Versions order
 * the states of one run. Between two runs the track decides: one that began earlier than the track that is known is not
 * taken over.
 */
export function reorder (onState: OnState): { known: Map<string, Known>, isOutdated: (message: ReceivedMessage) => boolean, take: (message: ReceivedMessage) => void } {
  const known = new Map<string, Known>()
  /** The highest version number of each station in each run. */
  const newest: Record<string, number> = {}
  /** The time of each run's clock at the zero of `performance.now()`; the latency of the snapshot makes it smaller. */
  const clocks: Record<string, number> = {}

  const clockOf = (run: string): number => clocks[run] ?? NaN
  const beganAt = (track: Track | null): number => Date.parse(`${track?.audibleAt}`)

  /** Whether another run makes a station `stale` that is live by the last one. */
  const isOutdated = ({ version = '', stations = [] }: ReceivedMessage): boolean => stations.some((one) => {
    const last = one?.status === 'stale' && known.get(one.id)
    return last && last.station.status === 'live' && last.run !== version.split('-')[0]
  })

  const take = ({ version = '', serverTime, station, stations }: ReceivedMessage): void => {
    const now = performance.now()
    const [run = '', count = ''] = version.split('-')
    const number = parseInt(count, 36)
    if (serverTime) clocks[run] = Date.parse(serverTime) - now
    // A server that was just started may not know all stations yet.
    if (stations) for (const [id, last] of known) if (!stations.some((one) => one?.id === id)) stations.push({ ...last.station, status: 'unknown' })
    for (let one of stations ?? [station]) {
      if (!one?.id) continue
      const { id, status, statusSince, track } = one
      const key = run + id
      if (number <= (newest[key] ?? -1)) continue
      newest[key] = number
      const last = known.get(id)
      let trackRun = run
      if (last) {
        const shown = last.station.track
        // Clocks that differ by less than the latency count as equal; without both, the clocks of the runs count as equal.
        const skew = clockOf(run) - clockOf(last.trackRun)
        const isOlder = track && shown && run !== last.trackRun && track.text !== shown.text &&
          beganAt(track) - beganAt(shown) < (Math.abs(skew) > MAX_LATENCY_MS ? skew : 0)
        // `unknown` does not mean that the track has ended: the server has not read Icecast yet.
        if (isOlder || status === 'unknown') {
          one = { ...last.station, status, statusSince }
          trackRun = last.trackRun
        }
      }
      const audibleAt = Math.min(beganAt(track) - clockOf(run) || now, now)
      // The same object marks the same state.
      if (last && JSON.stringify(one) === JSON.stringify(last.station)) one = last.station
      known.set(id, { station: one, audibleAt, trackRun, run })
      onState(one, audibleAt)
    }
  }

  return { known, isOutdated, take }
}
