import { stripEncoderWrappers } from './encoder-wrappers.ts'
import type { ArtistAndTitle } from './encoder-wrappers.ts'
import { MAX_RAW_LENGTH } from '../schemas.ts'
import { dropPlaceholders } from './placeholders.ts'
import { MAX_INPUT_LENGTH, repairEncoding } from './repair-encoding.ts'
import { isEmptyPair, joinFields, splitTitle } from './split.ts'
import type { SplitTitle } from './split.ts'
import { shorten, truncate } from './truncate.ts'

const EXPECTED = '`parseTrack` should return { artist, title } (strings or null), null or undefined'

export interface TrackText extends ArtistAndTitle {
  /** The text to show: `Björk - Hyperballad`. Never empty. */
  text: string
  /** What Icecast gave, joined with ` - ` if it gave artist and title separately. */
  raw: string
}

/** What a `parseTrack` hook may return; other fields are dropped. */
export interface ParsedTrack {
  readonly artist?: string | null | undefined
  readonly title?: string | null | undefined
  readonly [other: string]: unknown
}

/**
 * A function of the user's that reads `raw`: it returns `{ artist, title }`, null for 'not a track' (a jingle, an
 * advert), or undefined for the default. It is synchronous. The encoding of what it returns is repaired like that of `raw`.
 */
export type ParseTrack = (
  raw: string, context: { mount: string, station: string }
) => ParsedTrack | null | undefined

export interface ReadTrackOptions {
  /** The charset that the encoder of the station sends: a name for which `charsetExists` is true. */
  charset?: string | undefined
  parseTrack?: ParseTrack | undefined
  mount: string
  station: string
  /** Called with the error that `parseTrack` threw, or with a TypeError for an invalid return value; the default is used then. */
  onHookError?: ((error: unknown) => void) | undefined
}

/** The track in the title and artist of a mount; null when there is nothing to show, 'not a track' when `parseTrack` returned null. */
export function readTrack (input: ArtistAndTitle, options: ReadTrackOptions): TrackText | 'not a track' | null {
  const raw = joinFields({ artist: input.artist || null, title: input.title || null }).slice(0, MAX_INPUT_LENGTH)
  if (isBlank(raw)) return null
  const parsed = askHook(raw, options)
  if (parsed === null) return 'not a track'
  const { text, artist, title } = parsed ?? readDefault(input, options.charset)
  if (isBlank(text)) return null
  return { text: shorten(text), artist: artist && shorten(artist), title: title && shorten(title), raw: truncate(raw, MAX_RAW_LENGTH) }
}

function readDefault (input: ArtistAndTitle, charset: string | undefined): SplitTitle {
  const artist = repairField(input.artist, charset)
  if (artist === null && isEmptyPair(input.title ?? '')) return { text: '', artist: null, title: null }
  const title = repairField(input.title, charset) ?? ''
  const split = artist === null ? splitTitle(title) : withText({ artist, title: stripEncoderWrappers(title).title })
  const known = dropPlaceholders(split)
  // The text of a split title may hold more than its fields, such as bidi controls around both.
  return known.artist === split.artist && known.title === split.title ? split : withText(known)
}

function askHook (raw: string, options: ReadTrackOptions): SplitTitle | null | undefined {
  const { parseTrack, charset, mount, station, onHookError } = options
  if (parseTrack === undefined) return undefined
  try {
    const parsed: unknown = parseTrack(raw, { mount, station })
    if (parsed === null || parsed === undefined) return parsed
    if (typeof parsed !== 'object') throw new TypeError(EXPECTED)
    // The result of an async hook is too late to use; its rejection must not end the process either.
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

// Joiners and direction marks alone are invisible.
function isBlank (text: string): boolean {
  return /^[\s\p{Z}\p{Cf}]*$/u.test(text)
}
