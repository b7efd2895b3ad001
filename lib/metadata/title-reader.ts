import type { Kind } from '../schemas.ts'
import { kindOf, type Classify, type KindRule } from './kind.ts'
import { repairEncoding } from './repair-encoding.ts'
import { readTrack, type ParseTrack, type TrackText } from './track.ts'
import { shorten } from './truncate.ts'

export interface Rules {
  parseTrack: ParseTrack | undefined
  stations: ReadonlyMap<string, { charset?: string }> | null
  kinds: readonly KindRule[]
  classify: Classify | undefined
  /** A hook of the user's failed. Called only for the first failure of each hook. */
  onHookError (error: unknown, hook: 'parseTrack' | 'classify'): void
}

interface MountTitle {
  path: string
  title: string | null
  artist: string | null
}

export interface TitleReader {
  /** The track in the title of a mount; null if there is none. */
  readTrack (mount: MountTitle, station: string): TrackText & { kind: Kind } | null
  /** A name, description or genre that a source sent, with its encoding repaired. */
  readText (text: string, station: string): string
}

/** Reads titles and texts of encoders with the charset and hooks of their stations. */
export function createTitleReader ({ parseTrack, stations, kinds, classify, onHookError }: Rules): TitleReader {
  const charsetOf = (station: string): string | undefined => stations?.get(station)?.charset
  const reported = new Set<string>()
  const reportOnce = (hook: 'parseTrack' | 'classify') => (error: unknown): void => {
    if (!reported.has(hook)) onHookError(error, hook)
    reported.add(hook)
  }
  return {
    readTrack: (mount, station) => {
      const context = { mount: mount.path, station }
      const track = readTrack(mount, { charset: charsetOf(station), parseTrack, ...context, onHookError: reportOnce('parseTrack') })
      return track && { ...track, kind: kindOf(track, context, { kinds, classify, onHookError: reportOnce('classify') }) }
    },
    readText: (text, station) => shorten(repairEncoding(text, charsetOf(station)))
  }
}
