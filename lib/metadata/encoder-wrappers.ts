export interface ArtistAndTitle {
  artist: string | null
  title: string | null
}

const OPENING = "StreamTitle='"

/**
 * Extracts a title from the formats that some encoders wrap around it, and returns any other text unchanged:
 *
 * - `StreamTitle='A - B';StreamUrl='';`, whole or only its end, from encoders that send the in-band block as a title;
 * - `A - text="B" song_spot="M" …` and `title="B",artist="A",url=…` (ad insertion; ebruck/radiotray-ng#37, #132);
 * - `A~B~~~~~2020-08-13T…` (automation; nagyrobi/home-assistant-custom-components-linkplay#11).
 *
 * `artist` is set only if the wrapper contains it; `title` is null if the wrapper is empty.
 */
export function stripEncoderWrappers (text: string): ArtistAndTitle {
  const opened = text.startsWith(OPENING)
  const title = (opened ? text.slice(OPENING.length) : text)
    .replace(opened ? /(?:';\s*(?:StreamUrl='.*)?|')$/ : /';\s*(?:StreamUrl='.*)?$/, '')
  return readAttributes(title) ?? readAutomation(title) ?? toFields(null, title)
}

function readAttributes (text: string): ArtistAndTitle | null {
  const start = /(?:^|^- | - )(?=(?:text|title)=")/.exec(text)
  if (start === null) return null
  const found = new Map<string, string>()
  const attribute = /(\w+)="([^"]*)"(?:[,\s]+|$)/y
  attribute.lastIndex = start.index + start[0].length
  let end = attribute.lastIndex
  for (let match = attribute.exec(text); match !== null; match = attribute.exec(text)) {
    const [, name = '', value = ''] = match
    if (!found.has(name)) found.set(name, value)
    end = attribute.lastIndex
  }
  // With text after the quotes, or without a closing quote, this is a title that somebody typed.
  if (found.size === 0 || !/^(?:\w+=|$)/.test(text.slice(end))) return null
  return toFields(found.get('artist') || text.slice(0, start.index), found.get('title') || found.get('text'))
}

function readAutomation (text: string): ArtistAndTitle | null {
  // Five empty fields in a row are required, since people decorate titles with fewer tildes.
  const match = /^([^~]+)~([^~]+)~{5}/.exec(text)
  return match === null ? null : toFields(match[1], match[2])
}

function toFields (artist: string | null | undefined, title: string | null | undefined): ArtistAndTitle {
  return { artist: artist?.trim() || null, title: title?.trim() ? title : null }
}
