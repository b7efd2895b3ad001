import type { Station, Track } from '../schemas.ts'
import type { Heard } from './lines.ts'
import { DELAY_MOST } from './times.ts'

/** `play`: the track that begins with it, if one does. */
type Show = (station: Station, play: Track | null | false) => void

/**
 * Shows each state when it is time to, and none that is older than another. `delay`: in ms. Returns what takes messages,
 * and what stops it.
 */
export function order (delay: number, show: Show): [take: (message: Heard) => void, stop: () => void] {
  /** The last that came in of each station, whether it is shown yet or not. */
  const known = new Map<string, Station>()
  /** The newest version of each station in each run of the server. */
  const newest: Record<string, number> = {}
  const queue: Array<[at: number, ...Parameters<Show>]> = []
  let timer: ReturnType<typeof setTimeout>
  /** What the server's clock said at the zero of this page's, which nobody sets; less where that word was long on its way. */
  let zero: number

  const flush = (): void => {
    clearTimeout(timer)
    const [first] = queue
    if (!first) return
    const [at, ...state] = first
    const wait = at - performance.now()
    if (wait > 0 && wait <= DELAY_MOST) {
      timer = setTimeout(flush, wait)
    } else {
      queue.shift()
      show(...state)
      flush()
    }
  }

  const take = ({ version = '', serverTime, station, stations }: Heard): void => {
    const now = performance.now()
    const [run, count = ''] = version.split('-')
    const number = parseInt(count, 36)
    if (serverTime) zero = Date.parse(serverTime) - now
    // A server that was just started may not know all of them yet.
    if (stations) for (const [id, last] of known) if (!stations.some((one) => one?.id === id)) stations.push({ ...last, status: 'unknown' })
    for (let one of stations ?? [station]) {
      if (!one?.id) continue
      const { id } = one
      const key = run + id
      // From a cache, or by a line that was slower.
      if (number <= (newest[key] ?? -1)) continue
      newest[key] = number
      const last = known.get(id)
      // Unknown is not over.
      if (last && one.status === 'unknown') one = { ...last, status: 'unknown' }
      if (JSON.stringify(one) === JSON.stringify(last)) continue
      known.set(id, one)
      const { track } = one
      // By its text: a server that was started again has a new id for what was on before.
      const play = track && track.text !== last?.track?.text && track
      const audibleAt = play && Date.parse(play.audibleAt) - zero
      // What has come can be heard: nothing is published before.
      queue.push([last ? Math.min(audibleAt || now, now) + delay : 0, one, play])
    }
    flush()
  }

  return [take, () => {
    clearTimeout(timer)
    queue.length = 0
  }]
}
