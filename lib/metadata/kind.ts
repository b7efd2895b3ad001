import { KINDS, type Kind } from '../schemas.ts'
import type { TrackText } from './track.ts'

/** Gives a track its kind when `match` matches its `text` or its `raw`. */
export interface KindRule {
  readonly match: RegExp
  readonly kind: Kind
}

/** Returns the kind of a track, or null or undefined to leave the decision to the rules after it. It must be synchronous. */
export type KindFunction = (track: Readonly<TrackText>, context: { readonly mount: string, readonly station: string }) => Kind | null | undefined

export interface KindOptions {
  kinds: ReadonlyArray<KindRule | KindFunction>
  /** Receives what a function threw, or a TypeError for an invalid result; the rules after it decide then. */
  onHookError (error: unknown): void
}

/** The kind of a track: the first rule that gives one decides; without any, a track with an artist is a song. */
export function kindOf (track: TrackText, context: { mount: string, station: string }, { kinds, onHookError }: KindOptions): Kind {
  const { text, artist, raw } = track
  for (const rule of kinds) {
    if (typeof rule === 'function') {
      const kind = callRule(rule, track, context, onHookError)
      if (kind !== undefined) return kind
    } else if (rule.match.test(text) || rule.match.test(raw)) {
      return rule.kind
    }
  }
  return artist === null ? 'unknown' : 'song'
}

function callRule (rule: KindFunction, track: TrackText, context: { mount: string, station: string }, onHookError: (error: unknown) => void): Kind | undefined {
  try {
    const kind: unknown = rule({ ...track }, context)
    const known = KINDS.find((one) => one === kind)
    if (known !== undefined || kind === undefined || kind === null) return known
    // The result of an async function comes too late; its rejection must not end the process either.
    if (kind instanceof Promise) kind.catch(() => {})
    throw new TypeError(`a function in \`kinds\` must return one of ${KINDS.join(', ')}, null or undefined`)
  } catch (error) {
    onHookError(error)
    return undefined
  }
}
