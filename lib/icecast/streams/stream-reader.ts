import type { IncomingHttpHeaders } from 'node:http'
import { createIcyReader, readInterval } from './icy-reader.ts'
import { createOggReader } from './ogg-reader.ts'
import { createWebmReader } from './webm-reader.ts'

/** What a stream says it is playing. */
export interface StreamMetadata {
  /** Null when the stream does not say it apart from the title, as in ICY. Several ARTIST comments are joined: `A, B & C`. */
  artist: string | null
  /**
   * As documents give it: UTF-8, or one character for each byte where the bytes are not UTF-8, from which `lib/metadata`
   * recovers the letters by the station's `charset`. An empty string: the source sent an empty title. Null: it sent
   * comments without a title. In both cases the title before it has ended.
   */
  title: string | null
  /** What else the source said of the track, in the same form, names in lower case; null when there is nothing. See tags.ts for the limits. */
  tags: Readonly<Record<string, string>> | null
}

/** Ogg FLAC may have the type of FLAC. */
const OGG = /^(?:audio|video|application)\/(?:x-)?(?:ogg|opus|vorbis|flac|speex)\b/i
const WEBM = /^(?:audio|video)\/(?:webm|(?:x-)?matroska)\b/i

export interface StreamReader {
  /**
   * Takes a chunk of the body of the stream, in order, and calls `onMetadata` synchronously for each new metadata in it.
   * It never throws because of its content, keeps nothing of the chunk, and its memory is bounded.
   */
  push (chunk: Buffer): void
}

export interface StreamReaderOptions {
  onMetadata (metadata: StreamMetadata): void
}

/**
 * Creates the reader for the body that comes with these headers; null when nothing can be read in it: it is neither
 * Ogg nor WebM, and the server sends no ICY metadata (it does only if the request has `Icy-MetaData: 1`).
 *
 * A server sends a new listener a burst of past audio at once (Icecast: 64 kB), in which there may be metadata of earlier
 * tracks. Only the last one of the burst counts. A reader reports all: whoever uses it knows when the burst is over.
 */
export function createStreamReader (headers: IncomingHttpHeaders, { onMetadata }: StreamReaderOptions): StreamReader | null {
  const interval = readInterval(headers['icy-metaint'])
  if (interval !== null) return createIcyReader(interval, onMetadata)
  const contentType = headers['content-type'] ?? ''
  if (OGG.test(contentType)) return createOggReader(onMetadata)
  return WEBM.test(contentType) ? createWebmReader(onMetadata) : null
}
