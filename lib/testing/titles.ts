import { convert, isCharset, utf8, type Bytes } from './bytes.ts'
import type { Title, TitleFields } from './options.ts'

export type Fields = Partial<Record<'song' | 'artist' | 'title' | 'url', Bytes>>

/**
 * The fields of an update as a server takes them in, ended by the first NUL: bytes in the charset that it keeps them in.
 * Where the update does not say what they are (or says what nobody knows), they are taken for `assumed`, or as they are.
 */
export function fieldsOf (title: Title, charset: string, assumed?: string): Fields {
  const fields = namedFields(title)
  const declared = fields.charset !== undefined && isCharset(fields.charset) ? fields.charset : assumed
  const taken: Fields = {}
  for (const name of ['song', 'artist', 'title', 'url'] as const) {
    const value = fields[name]
    if (value !== undefined) taken[name] = convert(utf8(value).replace(/\0.*/s, ''), declared, charset)
  }
  return taken
}

export function namedFields (title: Title): TitleFields {
  return typeof title === 'string' || title instanceof Uint8Array ? { song: title } : title
}

/** The comments that an encoder puts into Ogg for a track, in UTF-8. */
export function commentsOf (title: Title): { artist: Bytes | null, title: Bytes | null } {
  const { song, artist = null, title: name = song ?? null } = fieldsOf(title, 'UTF-8')
  return { artist, title: name }
}

/** Titles travel as comments inside of the audio, with the artist apart, and not as updates beside it. */
export function hasComments (contentType = 'audio/mpeg'): boolean {
  return /^\w+\/(?:ogg|webm)$/.test(contentType)
}
