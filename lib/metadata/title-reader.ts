import type { Kind, Track } from '../schemas.ts'
import { kindOf, type KindOptions } from './kind.ts'
import { repairEncoding } from './repair-encoding.ts'
import { readTrack, type ParseTrack, type TrackText } from './track.ts'
import { shorten } from './truncate.ts'

export interface Rules {
  parseTrack: ParseTrack | undefined
  stations: ReadonlyMap<string, { charset?: string | undefined }> | null
  kinds: KindOptions['kinds']
  /** A function of the user's failed; reported once for each option. */
  onHookError (error: unknown, hook: 'parseTrack' | 'kinds'): void
}

interface MountTitle {
  path: string
  title: string | null
  artist: string | null
  /** What else the source said of the track. */
  tags?: Readonly<Record<string, string>> | null
}

export interface TitleReader {
  /** Reads a mount's title as a track; null when there is nothing to show, 'not a track' when `parseTrack` returned null. */
  readTrack (mount: MountTitle, station: string): TrackText & { kind: Kind } & Partial<Pick<Track, 'tags'>> | 'not a track' | null
  /** The kind of a track that has no title on Icecast. */
  readKind (track: TrackText, mount: string, station: string): Kind
  /** Repairs the encoding of a source's name, description or genre. */
  readText (text: string, station: string): string
}

/** Creates the reader of titles and other texts, with each station's charset and rules. */
export function createTitleReader ({ parseTrack, stations, kinds, onHookError }: Rules): TitleReader {
  const charsetOf = (station: string): string | undefined => stations?.get(station)?.charset
  const readText: TitleReader['readText'] = (text, station) => shorten(repairEncoding(text, charsetOf(station)))
  const told = new Set<string>()
  const tell = (hook: 'parseTrack' | 'kinds') => (error: unknown): void => {
    if (!told.has(hook)) onHookError(error, hook)
    told.add(hook)
  }
  return {
    readTrack: (mount, station) => {
      const where = { mount: mount.path, station }
      const track = readTrack(mount, { charset: charsetOf(station), parseTrack, ...where, onHookError: tell('parseTrack') })
      if (track === null || track === 'not a track') return track
      const tags = Object.fromEntries(Object.entries(mount.tags ?? {}).flatMap(([name, text]) => {
        const read = readText(text, station)
        return read === '' ? [] : [[name, read]]
      }))
      return { ...track, ...Object.keys(tags).length > 0 && { tags }, kind: kindOf(track, where, { kinds, onHookError: tell('kinds') }) }
    },
    readKind: (track, mount, station) => kindOf(track, { mount, station }, { kinds, onHookError: tell('kinds') }),
    readText
  }
}
