import { convert, utf8, type Bytes } from './bytes.ts'
import type { Title, TitleFields } from './options.ts'

type Field = 'song' | 'artist' | 'title' | 'url'

/** The fields of an update as a server takes them in: bytes in the mount's charset, ended by the first NUL. */
export function fieldsOf (title: Title, charset: string): Partial<Record<Field, Bytes>> {
  const fields: TitleFields = typeof title === 'string' || title instanceof Uint8Array ? { song: title } : title
  const taken: Partial<Record<Field, Bytes>> = {}
  for (const name of ['song', 'artist', 'title', 'url'] as const) {
    const value = fields[name]
    if (value !== undefined) taken[name] = convert(utf8(value).split('\0', 1)[0] ?? '', fields.charset, charset)
  }
  return taken
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
