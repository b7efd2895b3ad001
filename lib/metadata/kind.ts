import { KINDS, type Kind } from '../schemas.ts'
import type { TrackText } from './track.ts'

/** Gives a kind to tracks by their text. */
export interface KindRule {
  match: RegExp
  kind: Kind
}

/** A function of the user's that returns the kind of a track, or nothing to leave it to the rules. It is synchronous. */
export type Classify = (track: Readonly<TrackText>, context: { mount: string, station: string }) => Kind | null | undefined

export interface KindOptions {
  kinds: readonly KindRule[]
  classify: Classify | undefined
  /** Called with the error that `classify` threw, or with a TypeError for an invalid return value; the rules decide then. */
  onHookError (error: unknown): void
}

/** The kind of a track: as the user's hook says, else as the rules say, else `song` if it has an artist. */
export function kindOf (track: TrackText, context: { mount: string, station: string }, { kinds, classify, onHookError }: KindOptions): Kind {
  const { text, artist, raw } = track
  try {
    const kind: unknown = classify?.({ ...track }, context)
    const known = KINDS.find((one) => one === kind)
    if (known !== undefined) return known
    // The result of an async hook is too late to use; its rejection must not end the process either.
    if (kind instanceof Promise) kind.catch(() => {})
    if (kind !== undefined && kind !== null) throw new TypeError(`\`classify\` should return one of ${KINDS.join(', ')}, or nothing`)
  } catch (error) {
    onHookError(error)
  }
  return kinds.find(({ match }) => match.test(text) || match.test(raw))?.kind ?? (artist === null ? 'unknown' : 'song')
}
