import type { Station } from '../schemas.ts'
import type { Heard } from './lines.ts'

export interface Order {
  take (message: Heard): void
  /** Nothing is shown any more. */
  stop (): void
}

/** The last that came in of a station, whether it is shown yet or not. */
interface Known {
  station: Station
  /** The run of the server that its track is from. */
  run: string
}

/** ms: the server's clock is not known better. */
const CLOCK = 150
/** ms that a track may be ahead of what is heard. */
const AHEAD_MOST = 300_000

/** Shows each state when it is time to, and none that is older than another. `delay`: in ms. */
export function order (delay: number, show: (station: Station, isPlay: boolean) => void): Order {
  const known = new Map<string, Known>()
  /** The newest version of each station, for each run of the server. */
  const newest = new Map<string, number>()
  const queue: Array<{ at: number, show: () => void }> = []
  let timer: ReturnType<typeof setTimeout>
  /** What the server's clock says at the zero of this page's, which nobody sets. */
  let zero = NaN

  const flush = (): void => {
    clearTimeout(timer)
    for (let first; (first = queue[0]) !== undefined;) {
      const wait = first.at - performance.now()
      if (wait > CLOCK) {
        timer = setTimeout(flush, wait)
        return
      }
      queue.shift()
      first.show()
    }
  }

  const takeOne = (given: Station, run: string, version: number): void => {
    const { id } = given
    const key = `${run} ${id}`
    // From a cache, or by a line that was slower.
    if (version <= (newest.get(key) ?? -1)) return
    newest.set(key, version)
    const before = known.get(id)
    const last = before?.station
    // Unknown is not over.
    const isHeld = before && given.status === 'unknown'
    const station = isHeld ? { ...given, track: before.station.track, history: before.station.history } : given
    const { track } = station
    if (JSON.stringify(station) === JSON.stringify(last)) return
    known.set(id, { station, run: isHeld ? before.run : run })
    const isNew = !!track && track.id !== last?.track?.id
    // A server that was started again has a new name for what was on before.
    const isPlay = isNew && (run === before?.run || track.text !== last?.track?.text)
    const now = performance.now()
    const audible = isNew ? Math.min(Date.parse(track.audibleAt) - zero, now + AHEAD_MOST) : NaN
    queue.push({ at: last ? (audible || now) + delay : 0, show: () => show(station, isPlay) })
  }

  return {
    take ({ type, version, serverTime, station, stations = station ? [station] : [] }) {
      const [run = '', count = ''] = `${version}`.split('-')
      if (serverTime) zero = Date.parse(serverTime) - performance.now()
      for (const one of stations) if (one?.id) takeOne(one, run, parseInt(count, 36))
      if (type === 'snapshot') {
        // A server that was just started may not know all of them yet.
        for (const [id, { station }] of known) if (!stations.some((one) => one?.id === id)) takeOne({ ...station, status: 'unknown' }, run, parseInt(count, 36))
      }
      flush()
    },
    stop () {
      clearTimeout(timer)
      queue.length = 0
    }
  }
}
