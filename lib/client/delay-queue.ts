import type { Station, Track } from '../schemas.ts'
import type { OnState } from './reorder.ts'
import { MAX_DELAY_MS } from './constants.ts'

/** Receives each state when it is due. `play`: the track, if it begins with this state. */
type OnDue = (station: Station, previous: Station | undefined, play: Track | null | false) => void

/** Holds states back until listeners hear them: `delay` ms after a change. The first state of a station is due at once. */
export function delayQueue (delay: number, onDue: OnDue): [shown: Map<string, Station>, enqueue: OnState, stop: () => void] {
  /** The last state of each station that was due. */
  const shown = new Map<string, Station>()
  const queue: Array<[dueAt: number, station: Station]> = []
  let timer: ReturnType<typeof setTimeout>

  const flush = (): void => {
    clearTimeout(timer)
    while (queue[0]) {
      const [dueAt, station] = queue[0]
      const wait = dueAt - performance.now()
      if (wait > 0 && wait <= MAX_DELAY_MS) {
        timer = setTimeout(flush, wait)
        return
      }
      queue.shift()
      const previous = shown.get(station.id)
      shown.set(station.id, station)
      // Compared by text: a server that was restarted gives the same play another id.
      if (station !== previous) onDue(station, previous, station.track?.text !== previous?.track?.text && station.track)
    }
  }

  return [shown, (station, changedAt) => {
    shown.has(station.id) ? queue.push([changedAt + delay, station]) : queue.unshift([0, station])
    flush()
  }, () => {
    queue.length = 0
    flush()
  }]
}
