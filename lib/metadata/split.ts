import { pairBidi } from './bidi.ts'
import { stripEncoderWrappers } from './encoder-wrappers.ts'
import type { ArtistAndTitle } from './encoder-wrappers.ts'

export interface SplitTitle extends ArtistAndTitle {
  /** The title without its junk, otherwise as typed; empty when it says nothing. */
  text: string
}

/**
 * Artist and title of a repaired title, at the first ` - ` that has something on both sides, once the junk around it is
 * gone (see `stripJunk`). Without one, or with an empty side (`Artist -`, `- Title`), everything is the title. A lone
 * `-` is a title; ` - ` with its spaces is `isEmptyPair`.
 */
export function splitTitle (given: string): SplitTitle {
  const known = stripEncoderWrappers(given)
  if (known.title === null || known.artist !== null) return { ...known, text: joinFields(known) }
  if (isEmptyPair(known.title)) return { text: '', artist: null, title: null }
  const text = known.title.trim().replace(/^- +/, '')
  const [first = '', ...rest] = text.split(' - ')
  // Cut apart, a pair of bidi controls around both would be open again.
  const artist = pairBidi(first).trim()
  const title = pairBidi(rest.join(' - ')).trim()
  if (artist !== '' && title !== '') return { text, artist, title }
  const alone = text.replace(/(?<=\S) +-$/, '')
  return { text: alone, artist: null, title: alone }
}

/** Whether `text`, as Icecast gave it, is `artist - title` with both of them empty (2.4, 2.5). */
export function isEmptyPair (text: string): boolean {
  return /^\s+-\s+$/.test(text)
}

/** `artist - title`, or what there is of it. */
export function joinFields ({ artist, title }: ArtistAndTitle): string {
  return artist !== null && title !== null ? `${artist} - ${title}` : artist ?? title ?? ''
}
