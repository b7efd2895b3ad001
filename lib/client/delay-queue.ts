import type { Station, Track } from '../schemas.ts'
import type { OnState } from './reorder.ts'
import { MAX_DELAY_MS } from './timeouts.ts'

/** Receives each state when it is due. `play`: the track, if it begins with this state. */
type OnDue = (station: Station, play: Track | null | false) => void

/** Holds states back until listeners hear them: `delay` ms after a track began. The first state of a station is due at once. */
export function delayQueue (delay: number, onDue: OnDue): [enqueue: OnState, stop: () => void] {
  /** The last state that was received of each station, whether it was due yet or not. */
  const received = new Map<string, Station>()
  const queue: Array<[dueAt: number, ...Parameters<OnDue>]> = []
  let timer: ReturnType<typeof setTimeout>

  const flush = (): void => {
    clearTimeout(timer)
    const [first] = queue
    if (!first) return
    const [dueAt, ...state] = first
    const wait = dueAt - performance.now()
    if (wait > 0 && wait <= MAX_DELAY_MS) {
      timer = setTimeout(flush, wait)
    } else {
      queue.shift()
      onDue(...state)
      flush()
    }
  }

  return [(station, audibleAt) => {
    const { id, track } = station
    const last = received.get(id)
    if (last === station) return
    received.set(id, station)
    // Compared by text: a server that was restarted gives the same play another id.
    const play = track && track.text !== last?.track?.text && track
    queue.push([last ? (play ? audibleAt : performance.now()) + delay : 0, station, play])
    flush()
  }, () => {
    clearTimeout(timer)
    queue.length = 0
  }]
}
