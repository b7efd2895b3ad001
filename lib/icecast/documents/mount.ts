import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import type { MountReport, Report } from '../report.ts'
import type { Fields, Json } from './json.ts'

// What a server and its sources say of themselves has the same names in all documents: of 2.4, 2.5, kh; JSON or XML.

/** More are refused, not cut: a mount that is left out would look as if it were offline. */
export const MAX_MOUNTS = 1000
/** Characters; Icecast takes titles of up to 4,080 bytes. */
const MAX_TITLE = 8192
/** Characters. */
const MAX_TEXT = 1024
/** Characters; Icecast refuses a longer request, so no mount has a longer name. */
export const MAX_ADDRESS = 4096

const WHOLE_NUMBER = /^[ \t\r\n]*\d{1,16}[ \t\r\n]*$/
// What Icecast says for an encoder that said nothing.
const UNSPECIFIED = /^Unspecified (?:name|description)$/

/**
 * The Report in `stats`; `sources` gives each source's mount, undefined where the document does not tell, and its fields.
 * Each mount comes once, the first time. Throws while the server is starting, since its sources are not listed yet.
 */
export function readReport (stats: Fields, sources: Iterable<[string | undefined, Fields]>, document: string): Report {
  if (!stats.has('server_id')) {
    throw new FST_ICECAST_BAD_DOCUMENT(document, 'it has no server_id yet, Icecast is starting')
  }
  const mounts = new Map<string, MountReport>()
  for (const [path, source] of sources) {
    if (!path?.startsWith('/') || path.length > MAX_ADDRESS || mounts.has(path)) continue
    if (mounts.size === MAX_MOUNTS) throw new FST_ICECAST_BAD_DOCUMENT(document, `more than ${MAX_MOUNTS} mounts`)
    mounts.set(path, readMount(copy(path), source))
  }
  return {
    serverId: toText(stats.get('server_id')),
    serverStart: toText(stats.get('server_start_iso8601')) ?? toText(stats.get('server_start')),
    mounts: [...mounts.values()]
  }
}

/** kh alone gives mounts as they were requested, percent-encoded; it is told by giving no ISO 8601 dates. */
export function decodeMount (path: string, stats: Fields): string {
  return stats.has('server_start_iso8601') ? path : percentDecoded(path)
}

export function percentDecoded (path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path // not UTF-8
  }
}

/** What the source plays, as it stands in the document: null where it says nothing, '' where the text came out empty. */
export function playing (source: Fields): { title: string | null, artist: string | null } {
  const metadata = source.get('metadata')
  if (metadata instanceof Map) {
    // 2.5: what came beside MP3 or AAC, right and some 0.2 s ahead where `title` and `display-title` are mangled or late.
    if (metadata.has('x_icy_title')) return fromTags(metadata, 'x_icy_title', 'x_icy_artist', true)
    // 2.5: the Ogg comments. With `server` among them Icecast put them there, at a request to /admin/metadata.
    if (metadata.has('title')) {
      const tags = fromTags(metadata, 'title', 'artist', metadata.has('server'))
      return { title: tags.title, artist: tags.artist && (firstArtist(source, tags.title) ?? tags.artist) }
    }
  }
  return { title: scalar(source.get('title')) ?? scalar(source.get('display-title')), artist: scalar(source.get('artist')) }
}

// 2.5 keeps the artist of an earlier request when a later one brings a title alone. Such an artist stands before
// the title; one that came with the title stands after it. An encoder may put its own comments in any order.
function fromTags (metadata: Fields, title: string, artist: string, isByRequest: boolean) {
  const keys = [...metadata.keys()]
  const isStale = isByRequest && keys.indexOf(artist) < keys.indexOf(title)
  return { title: scalar(metadata.get(title)), artist: isStale ? null : scalar(metadata.get(artist)) }
}

// 2.5's publicstats keeps the last of several ARTIST comments, but the first one in the playlist, which lags a little.
function firstArtist (source: Fields, title: string | null): string | null {
  const tracks = dig(source, 'playlist', 'playlist', 'track')
  const last = Array.isArray(tracks) ? tracks.at(-1) : undefined
  return last instanceof Map && last.get('title') === title ? scalar(last.get('creator')) : null
}

function readMount (path: string, source: Fields): MountReport {
  const streamStart = toText(source.get('stream_start_iso8601')) ?? toText(source.get('stream_start'))
  const { title, artist } = playing(source)
  return {
    path,
    live: streamStart !== null,
    streamStart,
    title: toText(title, MAX_TITLE),
    artist: toText(artist, MAX_TITLE),
    name: toSpecified(source.get('server_name')),
    description: toSpecified(source.get('server_description')),
    genre: toText(source.get('genre')),
    url: toAddress(source.get('server_url')),
    listenUrl: toAddress(source.get('listenurl')),
    contentType: toText(source.get('server_type')) ?? toText(source.get('content-type')),
    bitrate: toCount(source.get('bitrate')) ?? toCount(source.get('ice-bitrate')),
    listeners: toCount(source.get('listeners')),
    listenerPeak: toCount(source.get('listener_peak'))
  }
}

/** What stands at the end of a path of keys. */
export function dig (value: Json | undefined, ...keys: string[]): Json | undefined {
  for (const key of keys) {
    if (!(value instanceof Map)) return undefined
    value = value.get(key)
  }
  return value
}

// A comment that is there several times is a list; the first is the main one.
function scalar (value: Json | undefined): string | null {
  const one = Array.isArray(value) ? value[0] : value
  return typeof one === 'string' ? one : null
}

function toText (value: Json | undefined, max = MAX_TEXT): string | null {
  const text = scalar(value)
  return text === null || text.trim() === '' ? null : clip(text, max)
}

function toSpecified (value: Json | undefined): string | null {
  const text = toText(value)
  return text === null || UNSPECIFIED.test(text) ? null : text
}

// A cut address is another address.
function toAddress (value: Json | undefined): string | null {
  const text = scalar(value)
  return text === null || text.trim() === '' || text.length > MAX_ADDRESS ? null : copy(text)
}

function toCount (value: Json | undefined): number | null {
  const text = scalar(value)
  const count = text !== null && WHOLE_NUMBER.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(count) ? count : null
}

function clip (text: string, max: number): string {
  const isPair = text.length > max && /[\uD800-\uDBFF]/.test(text.charAt(max - 1))
  return copy(text.slice(0, isPair ? max - 1 : max))
}

/** A text that is cut out of a document keeps all of it in memory, and texts are kept for long. */
function copy (text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
