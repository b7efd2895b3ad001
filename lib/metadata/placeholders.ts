import type { ArtistAndTitle } from './encoder-wrappers.ts'

const DASHES = /^[-\u2013\u2014]+$/
const UNKNOWN = /^[(<[]?(?:unknown(?: (?:artist|title|track))?|untitled)[)>\]]?$/i

/**
 * Artist and title without the placeholders that encoders send when they do not know them: `-` (MPD), `Unknown`
 * (Liquidsoap, Airtime), `Untitled`. Beside a known artist `Unknown` and `Untitled` are titles of songs.
 */
export function dropPlaceholders ({ artist, title }: ArtistAndTitle): ArtistAndTitle {
  const knownArtist = artist === null || DASHES.test(artist) || UNKNOWN.test(artist) ? null : artist
  const isTitleKnown = title !== null && !DASHES.test(title) && (knownArtist !== null || !UNKNOWN.test(title))
  return { artist: knownArtist, title: isTitleKnown ? title : null }
}
