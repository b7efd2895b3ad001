import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'
import type { MountReport, Report } from '../report.ts'
import { readBitrate, readCodec } from './audio.ts'
import { toIsoDate } from './dates.ts'
import type { Json, JsonObject } from './json.ts'
import { readTags, readTitle } from './titles.ts'
import { copy, MAX_ADDRESS_LENGTH, toAddress, toCount, toText } from './values.ts'

// All documents use the same names for the fields of a server and its sources: those of 2.4, 2.5 and kh, in JSON and XML.

/** A document with more is refused, not cut: a mount that is left out would look as if it were offline. */
export const MAX_MOUNTS = 1000
/** UTF-16 units. */
const MAX_CONTENT_TYPE_LENGTH = 128
/** UTF-16 units. The address is published, and set by the encoder. */
const MAX_URL_LENGTH = 512

// What Icecast writes for an encoder that sent nothing, and what encoders send until somebody configures them.
const PLACEHOLDER = /^\s*(?:Unspecified(?: name| description)?|Default description|Stream Name|no name|https?:\/\/)\s*$/i

/**
 * The Report in `stats`. `sources` are pairs of a mount, undefined where the document does not name it, and its fields;
 * of several sources with the same mount the first one counts. Throws while the server is starting, since its sources
 * are not listed yet.
 */
export function readReport (stats: JsonObject, sources: Iterable<[string | undefined, JsonObject]>, document: string): Report {
  if (!stats.has('server_id')) {
    throw new FST_ICECAST_BAD_DOCUMENT(document, 'it has no server_id yet, Icecast is starting')
  }
  const mounts = new Map<string, MountReport>()
  for (const [path, source] of sources) {
    if (!path?.startsWith('/') || path.length > MAX_ADDRESS_LENGTH || mounts.has(path)) continue
    if (mounts.size === MAX_MOUNTS) throw new FST_ICECAST_BAD_DOCUMENT(document, `more than ${MAX_MOUNTS} mounts`)
    mounts.set(path, readMount(copy(path), source))
  }
  return {
    serverId: toText(stats.get('server_id')),
    serverStart: toText(stats.get('server_start_iso8601')) ?? toText(stats.get('server_start')),
    mounts: [...mounts.values()]
  }
}

/** Only kh writes mounts as they were requested, percent-encoded. It is recognized by having no ISO 8601 dates. */
export function decodeMount (path: string, stats: JsonObject): string {
  return stats.has('server_start_iso8601') ? path : percentDecoded(path)
}

export function percentDecoded (path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path // not UTF-8
  }
}

/** What a document, or the head of a stream, says about the source of a mount. */
export function readMount (path: string, source: JsonObject): MountReport {
  const streamStart = toText(source.get('stream_start_iso8601')) ?? toText(source.get('stream_start'))
  const contentType = toText(source.get('server_type'), MAX_CONTENT_TYPE_LENGTH) ??
    toText(source.get('content-type'), MAX_CONTENT_TYPE_LENGTH)
  const title = readTitle(source)
  const listeners = toCount(source.get('listeners'))
  // Servers that are compatible with Icecast may not say when a source connected. An entry without a source, such as
  // that of a mount whose listeners have moved to its fallback, has no content type.
  const live = streamStart !== null || (contentType !== null && (Boolean(title.title) || Boolean(listeners)))
  return {
    path,
    live,
    streamStart,
    liveSince: toIsoDate(streamStart),
    ...title,
    tags: readTags(source),
    titleSince: toIsoDate(toText(source.get('metadata_updated'))),
    name: toConfigured(source.get('server_name')),
    description: toConfigured(source.get('server_description')),
    genre: toConfigured(source.get('genre')),
    url: toConfigured(toAddress(source.get('server_url'), MAX_URL_LENGTH)),
    listenUrl: encodePath(toAddress(source.get('listenurl'), MAX_ADDRESS_LENGTH), path),
    contentType,
    codec: readCodec(source, contentType),
    bitrate: readBitrate(source),
    listeners,
    listenerPeak: toCount(source.get('listener_peak'))
  }
}

// 2.4 and 2.5 write the mount's name into its address as it is. kh writes it encoded, so there the address does not end
// with the name unless that needs no encoding.
function encodePath (listenUrl: string | null, path: string): string | null {
  if (listenUrl === null || !listenUrl.endsWith(path)) return listenUrl
  return toAddress(listenUrl.slice(0, -path.length) + encodeMountPath(path), MAX_ADDRESS_LENGTH)
}

/** The path of a mount as it is in a URL: `/100%?.mp3` becomes `/100%25%3F.mp3`. */
export function encodeMountPath (path: string): string {
  return encodeURI(path.replace(/\p{Cs}/gu, '\uFFFD')).replace(/[?#]/g, encodeURIComponent)
}

function toConfigured (value: Json | undefined): string | null {
  const text = toText(value)
  return text === null || PLACEHOLDER.test(text) ? null : text
}
