import { repairLetters } from './letters.ts'
import { readTrack, type ParseTrack, type TrackText } from './track.ts'

interface Rules {
  parseTrack: ParseTrack | undefined
  stations: ReadonlyMap<string, { charset?: string }> | null
  /** `parseTrack` failed; told once. */
  onHookError (error: unknown): void
}

interface Shown {
  path: string
  title: string | null
  artist: string | null
}

export interface TextReader {
  /** What a mount shows, as a track; null when it is none. */
  readTrack (mount: Shown, station: string): TrackText | null
  /** What a source says of itself, with its letters repaired. */
  readText (text: string, station: string): string
}

/** Reads what encoders sent by the rules of their stations. */
export function textReader ({ parseTrack, stations, onHookError }: Rules): TextReader {
  const charsetOf = (station: string): string | undefined => stations?.get(station)?.charset
  let isTold = false
  const tell = (error: unknown): void => {
    if (!isTold) onHookError(error)
    isTold = true
  }
  return {
    readTrack: (mount, station) =>
      readTrack(mount, { charset: charsetOf(station), parseTrack, mount: mount.path, station, onHookError: tell }),
    readText: (text, station) => repairLetters(text, charsetOf(station))
  }
}
