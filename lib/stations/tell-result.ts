/**
 * Why a track that was told is not shown.
 *
 * - `other-title`, `no-title`: Icecast names another track, or none, and may still name this one.
 * - `offline`: no source is connected. `unread`: Icecast cannot be read, or has not been read yet.
 * - `delay`: it is on, and listeners will hear it after the station's `delay`, or it waits for `enrich`.
 * - `empty`: no artist or title was left without the placeholders that were not filled in.
 * - `hidden`: it is of a kind in `hide`.
 * - `no-station`, `no-leader`: the instance that reads Icecast does not know the station, or did not answer.
 */
export type TellReason = 'other-title' | 'no-title' | 'offline' | 'unread' | 'delay' | 'empty' | 'hidden' | 'no-station' | 'no-leader'

const REASONS: readonly unknown[] = ['other-title', 'no-title', 'offline', 'unread', 'delay', 'empty', 'hidden', 'no-station', 'no-leader'] satisfies TellReason[]

/** What has become of a track that was told. */
export interface TellResult {
  /** Whether listeners see it now. */
  readonly shown: boolean
  /** `waiting`: it is shown if Icecast names it within 15 s, or as soon as listeners hear it. `dropped`: it is never shown. */
  readonly status: 'shown' | 'waiting' | 'dropped'
  /** Null when it is shown. */
  readonly reason: TellReason | null
}

const DROPPED: readonly TellReason[] = ['empty', 'hidden', 'no-station', 'no-leader']

export const SHOWN: TellResult = { shown: true, status: 'shown', reason: null }

export function notShown (reason: TellReason): TellResult {
  return { shown: false, status: DROPPED.includes(reason) ? 'dropped' : 'waiting', reason }
}

export function isTellReason (value: unknown): value is TellReason {
  return REASONS.includes(value)
}
