import { KINDS, type Kind } from '../schemas.ts'
import type { TrackText } from './track.ts'

/** Tells by its text what a track is. */
export interface KindRule {
  match: RegExp
  kind: Kind
}

/** A user's own word on what a track is; nothing: the rules decide. It is synchronous. */
export type Classify = (track: Readonly<TrackText>, context: { mount: string, station: string }) => Kind | null | undefined

export interface KindOptions {
  kinds: readonly KindRule[]
  classify: Classify | undefined
  /** Gets what `classify` threw, or a TypeError for what it returned; the rules decide then. */
  onHookError (error: unknown): void
}

/** Says what a track is: the user's hook first, then the rules; else a song has an artist. */
export function kindOf (track: TrackText, context: { mount: string, station: string }, { kinds, classify, onHookError }: KindOptions): Kind {
  const { text, artist, raw } = track
  try {
    const kind: unknown = classify?.({ ...track }, context)
    const known = KINDS.find((one) => one === kind)
    if (known !== undefined) return known
    // An async hook's answer comes too late; its failure must not end the process either.
    if (kind instanceof Promise) kind.catch(() => {})
    if (kind !== undefined && kind !== null) throw new TypeError(`\`classify\` should return one of ${KINDS.join(', ')}, or nothing`)
  } catch (error) {
    onHookError(error)
  }
  return kinds.find(({ match }) => match.test(text) || match.test(raw))?.kind ?? (artist === null ? 'unknown' : 'song')
}
