import { invalidDetails } from '../errors.ts'
import { KINDS, MAX_TAGS, type Kind, type NextTrack } from '../schemas.ts'
import type { ArtistAndTitle } from './encoder-wrappers.ts'
import { dropPlaceholders, isUnfilled } from './placeholders.ts'
import { joinFields, splitTitle } from './split.ts'
import { shorten } from './truncate.ts'

/** What a playout system knows of a track. A field that is left out, undefined or null is not known. */
export interface TrackDetails {
  /** With `title`, how the track is recognized on Icecast. One of them is required. */
  readonly artist?: string | null | undefined
  readonly title?: string | null | undefined
  /** In ms, up to 24 hours; 0 if it is not known. */
  readonly duration?: number | null | undefined
  /** When it began to play, by a clock that is synchronized: a Date, or ISO 8601. Only `endsAt` depends on it. */
  readonly startedAt?: string | Date | null | undefined
  readonly kind?: Kind | null | undefined
  /** This and the following fields become entries of `track.tags`. */
  readonly album?: string | null | undefined
  readonly isrc?: string | null | undefined
  readonly date?: string | null | undefined
  readonly genre?: string | null | undefined
  readonly label?: string | null | undefined
  readonly url?: string | null | undefined
  /** Further entries of `track.tags`. Names are converted to lower case. */
  readonly tags?: Readonly<Record<string, string | null | undefined>> | null | undefined
  /** The song that comes next; null when it is no longer known. */
  readonly next?: { readonly artist?: string | null | undefined, readonly title?: string | null | undefined } | null | undefined
}

/** Details that have been validated and repaired. Undefined: not told. */
export interface ToldTrack extends ArtistAndTitle {
  text: string
  duration: number | undefined
  /** ms since 1970. */
  startedAt: number | undefined
  kind: Kind | undefined
  tags: Readonly<Record<string, string>>
  next: NextTrack | null | undefined
}

const TEXT_TAGS = ['album', 'isrc', 'date', 'genre', 'label', 'url'] as const
const FIELDS: readonly string[] = ['artist', 'title', 'duration', 'startedAt', 'kind', ...TEXT_TAGS, 'tags', 'next']
const MAX_DURATION_MS = 86_400_000
/** Of JSON. Every subscriber receives them, and instances pass them on in one message. */
const MAX_DETAILS_BYTES = 3200

/**
 * Reads what a playout system tells of a track. `readText` repairs the encoding of a text. Null when no artist or title is
 * left without the placeholders that the playout system has not filled in.
 * @throws FST_ICECAST_INVALID_DETAILS
 */
export function readDetails (given: unknown, readText: (text: string) => string): ToldTrack | null {
  const details = readObject('details', given, 'an object such as `{ artist: \'Björk\', title: \'Jóga\', duration: 305000 }`')
  const unknown = Object.keys(details).find((field) => !FIELDS.includes(field))
  if (unknown !== undefined) throw invalidDetails(unknown, details[unknown], `left out: the known fields are ${FIELDS.join(', ')}. Put further texts into \`tags\``)
  if ((details['artist'] ?? details['title'] ?? null) === null) throw invalidDetails('title', details['title'], 'a text: the artist or the title is required, to recognize the track')
  const read = (field: string, value: unknown): string | null => readField(field, value, readText)
  const song = readSong('', details, read)
  const rest = {
    duration: readDuration(details['duration']),
    startedAt: readDate(details['startedAt']),
    kind: readKind(details['kind']),
    tags: readTags(details, read),
    next: details['next'] === undefined ? undefined : readNext(details['next'], read)
  }
  if (song === null) return null
  const told = { ...song, ...rest }
  const bytes = Buffer.byteLength(JSON.stringify(told))
  if (bytes > MAX_DETAILS_BYTES) throw invalidDetails('details', bytes, `at most ${MAX_DETAILS_BYTES} bytes of JSON`)
  return told
}

/** Details that `readDetails` reads as `told` again, as plain JSON. */
export function toDetails ({ text, startedAt, ...rest }: ToldTrack): TrackDetails {
  return { ...rest, startedAt: startedAt === undefined ? undefined : new Date(startedAt).toISOString() }
}

function readNext (value: unknown, read: (field: string, value: unknown) => string | null): NextTrack | null {
  if (value === null) return null
  const next = readObject('next', value, 'an object such as `{ artist: \'Lamb\', title: \'Górecki\' }`, or null')
  // `text` is made of the two. Instances pass it on, and apps may pass what the API has given them.
  const unknown = Object.keys(next).find((field) => !['artist', 'title', 'text'].includes(field))
  if (unknown !== undefined) throw invalidDetails(`next.${unknown}`, next[unknown], 'left out: the known fields are artist and title')
  return readSong('next.', next, read)
}

/** Null when nothing is left without placeholders. */
function readSong (prefix: string, { artist, title }: Record<string, unknown>, read: (field: string, value: unknown) => string | null): NextTrack | null {
  const given = { artist: read(`${prefix}artist`, artist), title: read(`${prefix}title`, title) }
  // Some playout systems have one text for both.
  const { artist: first, title: second } = given.artist === null && given.title !== null ? splitTitle(given.title) : given
  const known = dropPlaceholders({ artist: first, title: second })
  return known.artist === null && known.title === null ? null : { text: shorten(joinFields(known)), ...known }
}

function readTags (details: Record<string, unknown>, read: (field: string, value: unknown) => string | null): Record<string, string> {
  const tags = new Map<string, string>()
  const add = (field: string, name: string, value: unknown): void => {
    const text = read(field, value)
    if (text !== null) tags.set(name, text)
  }
  const others = details['tags'] === undefined || details['tags'] === null ? {} : readObject('tags', details['tags'], 'an object of texts, such as `{ composer: \'Björk\' }`')
  for (const [name, value] of Object.entries(others)) {
    if (!/^[a-z\d][\w -]{0,63}$/i.test(name)) throw invalidDetails(`tags.${name.slice(0, 64)}`, value, 'under a name of at most 64 letters, digits, spaces, `-` and `_`')
    add(`tags.${name}`, name.toLowerCase(), value)
  }
  for (const name of TEXT_TAGS) add(name, name, details[name])
  if (tags.size > MAX_TAGS) throw invalidDetails('tags', tags.size, `at most ${MAX_TAGS} texts`)
  return Object.fromEntries(tags)
}

function readField (field: string, value: unknown, readText: (text: string) => string): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw invalidDetails(field, value, 'a text, or null if it is not known')
  const text = readText(value)
  return text === '' || isUnfilled(text) ? null : text
}

function readDuration (value: unknown): number | undefined {
  if (value === undefined || value === null || value === 0) return undefined
  if (typeof value === 'number' && value > 0 && value <= MAX_DURATION_MS) return Math.max(1, Math.round(value))
  throw invalidDetails('duration', value, `a number of ms from 0 to ${MAX_DURATION_MS}, such as 213000 for 3:33`)
}

function readDate (value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : NaN
  if (Number.isNaN(time)) throw invalidDetails('startedAt', value, 'a Date, or a text in ISO 8601 such as `2026-11-22T05:12:31Z`')
  return time
}

function readKind (value: unknown): Kind | undefined {
  if (value === undefined || value === null) return undefined
  const kind = KINDS.find((known) => known === value)
  if (kind === undefined) throw invalidDetails('kind', value, `one of ${KINDS.map((known) => `\`${known}\``).join(', ')}`)
  return kind
}

function readObject (field: string, value: unknown, expected: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidDetails(field, value, expected)
  return { ...value }
}
