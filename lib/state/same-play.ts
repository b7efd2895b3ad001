import type { Track } from '../schemas.ts'

/** Instances that read Icecast each for itself see the same title within this time of each other. */
const MAX_DIFFERENCE_MS = 30_000

/** Whether two tracks of a station are one play, also when two instances have seen it separately and gave it different ids. */
export function isSamePlay (a: Track, b: Track): boolean {
  return a.id === b.id || (a.text === b.text && Math.abs(Date.parse(a.startedAt) - Date.parse(b.startedAt)) <= MAX_DIFFERENCE_MS)
}
