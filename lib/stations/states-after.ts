import type { PastTrack, Track } from '../schemas.ts'
import type { PlayState } from './delay-queue.ts'

/** A state that is not shown yet. */
export interface LaterState {
  state: PlayState
  /** ISO 8601. */
  audibleAt: string
}

/**
 * The states between the one that listeners hear, `shown`, and the one that the server has, `current`, which is the last of
 * them. They are derived from the dates of the plays. `delay`: ms from a track's being reported to listeners' hearing it.
 */
export function statesAfter (shown: PlayState, current: PlayState, delay: number): LaterState[] {
  const { track, history } = current
  const shownAt = (shown.track ?? shown.history[0])?.audibleAt ?? ''
  const states: LaterState[] = []
  const past = [...history].reverse()
  for (const [index, play] of past.entries()) {
    const before = past.slice(0, index).reverse()
    if (play.audibleAt > shownAt) states.push({ state: { track: withoutEnd(play), history: before }, audibleAt: play.audibleAt })
    const followedBy = past[index + 1] ?? track
    const isShownAsEnded = shown.history.some(({ id }) => id === play.id)
    // Nothing was playing for a while after it.
    if (followedBy?.startedAt !== play.endedAt && play.audibleAt >= shownAt && !isShownAsEnded) {
      states.push({ state: { track: null, history: [play, ...before] }, audibleAt: new Date(Date.parse(play.endedAt) + delay).toISOString() })
    }
  }
  if (track !== null && track.audibleAt > shownAt) states.push({ state: current, audibleAt: track.audibleAt })
  const last = states.at(-1)
  // A play that had ended has continued.
  if ((last?.state ?? shown).track?.id !== track?.id) states.push({ state: current, audibleAt: shownAt })
  else if (last !== undefined) last.state = current
  return states
}

function withoutEnd ({ endedAt, ...track }: PastTrack): Track {
  return track
}
