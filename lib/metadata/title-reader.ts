import type { Kind } from '../schemas.ts'
import { kindOf, type Classify, type KindRule } from './kind.ts'
import { repairEncoding } from './repair-encoding.ts'
import { readTrack, type ParseTrack, type TrackText } from './track.ts'

export interface Rules {
  parseTrack: ParseTrack | undefined
  stations: ReadonlyMap<string, { charset?: string }> | null
  kinds: readonly KindRule[]
  classify: Classify | undefined
  /** A hook of the user's failed; told once for each. */
  onHookError (error: unknown, hook: 'parseTrack' | 'classify'): void
}

interface Shown {
  path: string
  title: string | null
  artist: string | null
}

export interface TitleReader {
  /** What a mount shows, as a track; null when it is none. */
  readTrack (mount: Shown, station: string): TrackText & { kind: Kind } | 'not a track' | null
  /** What a source says of itself, with its letters repaired. */
  readText (text: string, station: string): string
}

/** Reads what encoders sent by the rules of their stations. */
export function createTitleReader ({ parseTrack, stations, kinds, classify, onHookError }: Rules): TitleReader {
  const charsetOf = (station: string): string | undefined => stations?.get(station)?.charset
  const told = new Set<string>()
  const tell = (hook: 'parseTrack' | 'classify') => (error: unknown): void => {
    if (!told.has(hook)) onHookError(error, hook)
    told.add(hook)
  }
  return {
    readTrack: (mount, station) => {
      const where = { mount: mount.path, station }
      const track = readTrack(mount, { charset: charsetOf(station), parseTrack, ...where, onHookError: tell('parseTrack') })
      if (track === null || track === 'not a track') return track
      return { ...track, kind: kindOf(track, where, { kinds, classify, onHookError: tell('classify') }) }
    },
    readText: (text, station) => repairEncoding(text, charsetOf(station))
  }
}
