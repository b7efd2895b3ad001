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

/** A variable that the playout system has not filled in, as it is or among its marks. */
const VARIABLE = /^(?:%[a-z]{1,2}|(?!\[untitled)[$%{[<]{1,2}\w{0,20}(?:artist|title|album|track|song|name|duration|length|year|date|genre|isrc|label|url|next)\w{0,20}[%}\]>]{0,2})$/i

/** Whether a text is only a placeholder: a variable that was never filled in (`$album`, `%l`, `{title}`), dashes, or `Unknown`. */
export function isUnfilled (text: string): boolean {
  return VARIABLE.test(text) || DASHES.test(text)
}
