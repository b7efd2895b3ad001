import type { ArtistAndTitle } from './encoder-wrappers.ts'

interface Song extends ArtistAndTitle {
  text: string
}

const GUESTS = /[([]\s*(?:feat|ft|featuring)\b[^)\]]*[)\]]|\s(?:feat|ft|featuring)\b[^([]*/gi
const GUESTS_WORD = /\b(?:feat|ft|featuring)\b/gi
/** Letters that Unicode does not decompose. */
const PLAIN = Object.entries({ ß: 'ss', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', æ: 'ae', œ: 'oe', ı: 'i' })

/**
 * Whether people would call both the same song. Case, spaces, punctuation, accents and the Unicode form do not matter, `&`
 * is `and`, and guests (`feat. …`) may be with the artist or with the title, or be missing on one side. So may the artist.
 */
export function isSameSong (a: Song, b: Song): boolean {
  if (fold(a.text.replace(GUESTS_WORD, 'feat')) === fold(b.text.replace(GUESTS_WORD, 'feat'))) return true
  if (a.title === null || b.title === null) return false
  const first = partsOf(a)
  const second = partsOf(b)
  return first.title === second.title && isSameOrUnknown(first.artist, second.artist) && isSameOrUnknown(first.guests, second.guests)
}

function isSameOrUnknown (a: string, b: string): boolean {
  return a === '' || b === '' || a === b
}

function partsOf ({ artist, title }: ArtistAndTitle): { artist: string, title: string, guests: string } {
  const guests: string[] = []
  const withoutGuests = (text: string | null): string => fold((text ?? '').replace(GUESTS, (found) => {
    guests.push(found.replace(GUESTS_WORD, ''))
    return ' '
  }))
  return { artist: withoutGuests(artist), title: withoutGuests(title), guests: fold(guests.join(' ')) }
}

/** The letters and digits of a text in their plainest form; the text itself if it has none, such as `!!!`. */
function fold (text: string): string {
  let plain = text.normalize('NFKD').toLowerCase().replace(/[\u0300-\u036f]/g, '').replace(/[&+]/g, 'and')
  for (const [letter, letters] of PLAIN) plain = plain.replaceAll(letter, letters)
  return plain.replace(/[^\p{L}\p{N}\p{M}]/gu, '') || plain.replace(/\s/g, '')
}
