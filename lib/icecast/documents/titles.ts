import { isKept, MAX_TAG_VALUE_BYTES, MAX_TAGS } from '../streams/tags.ts'
import type { Json, JsonObject } from './json.ts'
import { clip, dig, toScalar, toText } from './values.ts'

/** UTF-16 units; Icecast takes titles of up to 4,080 bytes. */
const MAX_TITLE_LENGTH = 8192
/** What 2.4 and 2.5 make of an artist and a title that are both empty. */
const EMPTY_PAIR = /^\s+-\s+$/

/** `server` is added by Icecast. */
const NOT_A_TAG = /^(?:title|artist|server|x_icy_.*)$/

/** What a document says about the title of a source: null where it says nothing, '' where the text is empty. */
export interface GivenTitle {
  title: string | null
  artist: string | null
}

/** The title and artist of a MountReport. */
export function readTitle (source: JsonObject): GivenTitle {
  const { title, artist } = findTitle(source)
  return {
    title: title === null ? null : isEmpty(title) ? '' : clip(title, MAX_TITLE_LENGTH),
    artist: toText(artist, MAX_TITLE_LENGTH)
  }
}

/** The title and artist as they are in the document. */
export function findTitle (source: JsonObject): GivenTitle {
  const metadata = source.get('metadata')
  if (metadata instanceof Map) {
    // 2.5: sent beside MP3 or AAC. It is right, and some 0.2 s ahead, where `title` and `display-title` are mangled or late.
    if (metadata.has('x_icy_title')) return fromTags(metadata, 'x_icy_title', 'x_icy_artist', true)
    // 2.5: the Ogg comments. Icecast adds `server` when a request to /admin/metadata has set them.
    if (metadata.has('title') || metadata.has('artist')) {
      const tags = fromTags(metadata, 'title', 'artist', metadata.has('server'))
      return { title: tags.title, artist: tags.artist && (firstArtist(source, tags.title) ?? tags.artist) }
    }
  }
  return { title: textOf(source, 'title') ?? textOf(source, 'display-title'), artist: textOf(source, 'artist') }
}

/** What `metadata` of 2.5 has beside the title: the other comments of Ogg, or the address that was sent with an ICY title. */
export function readTags (source: JsonObject): Readonly<Record<string, string>> | null {
  const metadata = source.get('metadata')
  if (!(metadata instanceof Map)) return null
  const names = [...metadata.keys()]
  const tags = new Map<string, string>()
  for (const [key, value] of metadata) {
    // Icecast keeps the address of an earlier ICY title, and then it stands before the title.
    const isStale = key === 'x_icy_url' && names.indexOf(key) < names.indexOf('x_icy_title')
    const name = key === 'x_icy_url' ? 'url' : key.toLowerCase()
    const text = toText(value, MAX_TAG_VALUE_BYTES)
    if (text !== null && !isStale && !NOT_A_TAG.test(name) && isKept(name) && tags.size < MAX_TAGS) tags.set(name, text)
  }
  return tags.size === 0 ? null : Object.fromEntries(tags)
}

function isEmpty (title: string): boolean {
  return title.trim() === '' || EMPTY_PAIR.test(title)
}

// 2.4 writes `null` for a title that is empty, and no key where no title was given.
function textOf (source: JsonObject, key: string): string | null {
  const value = source.get(key)
  return value === null ? '' : toScalar(value)
}

// 2.5 keeps the artist of an earlier request if a later one has only a title. An artist left over from an earlier request
// stands before the title; an artist sent with the title stands after it. An encoder may put its own comments in any order.
function fromTags (metadata: JsonObject, title: string, artist: string, isByRequest: boolean): GivenTitle {
  const keys = [...metadata.keys()]
  const isStale = isByRequest && keys.indexOf(artist) < keys.indexOf(title)
  return { title: textOf(metadata, title), artist: isStale ? null : toScalar(metadata.get(artist)) }
}

// 2.5's publicstats keeps the last of several ARTIST comments, but the first one in the playlist, which lags a little.
function firstArtist (source: JsonObject, title: string | null): string | null {
  const last = playlistOf(source).at(-1)
  return last instanceof Map && last.get('title') === title ? toScalar(last.get('creator')) : null
}

/** The playlist of 2.5, oldest first: publicstats.json has an array, status-json.xsl and /admin/stats one track or an array. */
function playlistOf (source: JsonObject): Json[] {
  const tracks = dig(source, 'playlist', 'playlist', 'track') ?? dig(source, 'playlist', 'trackList', 'track') ??
    dig(source, 'playlist', 'trackList')
  return Array.isArray(tracks) ? tracks : tracks instanceof Map ? [tracks] : []
}
