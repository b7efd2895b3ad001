import { stripEncoderWrappers } from './encoder-wrappers.ts'
import type { ArtistAndTitle } from './encoder-wrappers.ts'
import { truncate, MAX_RAW_LENGTH, repairEncoding } from './repair-encoding.ts'
import { isEmptyPair, joinFields, splitTitle } from './split.ts'
import type { SplitTitle } from './split.ts'

const EXPECTED = '`parseTrack` should return { artist, title } (strings or null), null or undefined'

export interface TrackText extends ArtistAndTitle {
  /** What to show: `Björk - Hyperballad`. Never empty. */
  text: string
  /** What Icecast gave, joined with ` - ` where it gave artist and title apart. */
  raw: string
}

/** What a `parseTrack` hook may give back; fields other than these are dropped. */
export interface ParsedTrack {
  readonly artist?: string | null
  readonly title?: string | null
  readonly [other: string]: unknown
}

/**
 * A user's own reading of `raw`: `{ artist, title }`, null for 'not a track' (a jingle, an advert), or undefined for the
 * default reading. It is synchronous. The letters of what it returns are repaired as those of `raw` are.
 */
export type ParseTrack = (
  raw: string, context: { mount: string, station: string }
) => ParsedTrack | null | undefined

export interface ReadTrackOptions {
  /** What the encoder of the station sends: a name that `charsetExists` knows. */
  charset?: string | undefined
  parseTrack?: ParseTrack | undefined
  mount: string
  station: string
  /** Gets what `parseTrack` threw, or a TypeError for what it returned; the default reading stands then. */
  onHookError?: ((error: unknown) => void) | undefined
}

/** The track in what a server says of a mount, or null when there is nothing to show. */
export function readTrack (input: ArtistAndTitle, options: ReadTrackOptions): TrackText | 'not a track' | null {
  const raw = truncate(joinFields({ artist: input.artist || null, title: input.title || null }), MAX_RAW_LENGTH)
  if (isBlank(raw)) return null
  const parsed = askHook(raw, options)
  if (parsed === null) return 'not a track'
  const { text, artist, title } = parsed ?? readDefault(input, options.charset)
  return isBlank(text) ? null : { text, artist, title, raw }
}

function readDefault (input: ArtistAndTitle, charset: string | undefined): SplitTitle {
  const artist = repairField(input.artist, charset)
  if (artist === null && isEmptyPair(input.title ?? '')) return { text: '', artist: null, title: null }
  const title = repairField(input.title, charset) ?? ''
  return artist === null ? splitTitle(title) : withText({ artist, title: stripEncoderWrappers(title).title })
}

function askHook (raw: string, options: ReadTrackOptions): SplitTitle | null | undefined {
  const { parseTrack, charset, mount, station, onHookError } = options
  if (parseTrack === undefined) return undefined
  try {
    const parsed: unknown = parseTrack(raw, { mount, station })
    if (parsed === null || parsed === undefined) return parsed
    if (typeof parsed !== 'object') throw new TypeError(EXPECTED)
    // An async hook's answer comes too late; its failure must not end the process either.
    if (parsed instanceof Promise) parsed.catch(() => {})
    const artist = readField(parsed, 'artist')
    const title = readField(parsed, 'title')
    if (artist === undefined && title === undefined) throw new TypeError(EXPECTED)
    return withText({ artist: repairField(artist, charset), title: repairField(title, charset) })
  } catch (error) {
    onHookError?.(error)
    return undefined
  }
}

function readField (parsed: object, name: string): string | null | undefined {
  const value: unknown = Reflect.get(parsed, name)
  if (value === undefined || value === null || typeof value === 'string') return value
  throw new TypeError(EXPECTED)
}

function repairField (text: string | null | undefined, charset: string | undefined): string | null {
  const repaired = repairEncoding(text ?? '', charset)
  return isBlank(repaired) ? null : repaired
}

function withText (fields: ArtistAndTitle): SplitTitle {
  return { ...fields, text: joinFields(fields) }
}

// Joiners and direction marks alone show nothing.
function isBlank (text: string): boolean {
  return /^[\s\p{Z}\p{Cf}]*$/u.test(text)
}
