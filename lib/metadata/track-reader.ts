import { readTrack, type ParseTrack, type TrackText } from './track.ts'

interface Rules {
  parseTrack: ParseTrack | undefined
  stations: ReadonlyMap<string, { charset?: string }> | null
  /** `parseTrack` failed for a station; told once for each. */
  onHookError (error: unknown, station: string): void
}

interface Shown {
  path: string
  title: string | null
  artist: string | null
}

/** Reads what mounts show by the rules of their stations. */
export function trackReader ({ parseTrack, stations, onHookError }: Rules): (mount: Shown, station: string) => TrackText | null {
  const told = new Set<string>()
  return (mount, station) => readTrack(mount, {
    charset: stations?.get(station)?.charset,
    parseTrack,
    mount: mount.path,
    station,
    onHookError: (error) => {
      if (told.has(station)) return
      told.add(station)
      onHookError(error, station)
    }
  })
}
