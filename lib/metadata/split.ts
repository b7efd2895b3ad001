import { pairBidi } from './bidi.ts'
import { stripEncoderWrappers } from './encoder-wrappers.ts'
import type { ArtistAndTitle } from './encoder-wrappers.ts'

export interface SplitTitle extends ArtistAndTitle {
  /** The title without its wrapper, otherwise as typed; empty if it has no content. */
  text: string
}

/**
 * Splits a repaired title into artist and title at the first ` - ` with text on both sides, after its wrapper has been
 * removed (see `stripEncoderWrappers`). Without one, or with an empty side (`Artist -`, `- Title`), everything is the
 * title. For ` - ` alone, both are null (see `isEmptyPair`).
 */
export function splitTitle (given: string): SplitTitle {
  const known = stripEncoderWrappers(given)
  if (known.title === null || known.artist !== null) return { ...known, text: joinFields(known) }
  if (isEmptyPair(known.title)) return { text: '', artist: null, title: null }
  const text = known.title.trim().replace(/^- +/, '')
  const [first = '', ...rest] = text.split(' - ')
  // Splitting separates a pair of bidi controls that enclosed both.
  const artist = pairBidi(first).trim()
  const title = pairBidi(rest.join(' - ')).trim()
  if (artist !== '' && title !== '') return { text, artist, title }
  const alone = text.replace(/(?<=\S) +-$/, '')
  return { text: alone, artist: null, title: alone }
}

/** Whether `text`, as Icecast gave it, is `artist - title` with an empty artist and an empty title (2.4, 2.5). */
export function isEmptyPair (text: string): boolean {
  return /^\s+-\s+$/.test(text)
}

/** `artist - title`, or the one of them that is known. */
export function joinFields ({ artist, title }: ArtistAndTitle): string {
  return artist !== null && title !== null ? `${artist} - ${title}` : artist ?? title ?? ''
}
