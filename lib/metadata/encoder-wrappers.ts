export interface ArtistAndTitle {
  artist: string | null
  title: string | null
}

const OPENING = "StreamTitle='"

/**
 * Takes a title out of the wrappings that are known to reach Icecast, and leaves whatever is not surely one of them:
 *
 * - `StreamTitle='A - B';StreamUrl='';`, whole or only its end, from encoders that send the in-band block as a title;
 * - `A - text="B" song_spot="M" …` and `title="B",artist="A",url=…` (ad insertion; ebruck/radiotray-ng#37, #132);
 * - `A~B~~~~~2020-08-13T…` (automation; nagyrobi/home-assistant-custom-components-linkplay#11).
 *
 * `artist` is set only where the wrapping tells it; `title` is null where there is nothing in it.
 */
export function stripEncoderWrappers (text: string): ArtistAndTitle {
  const opened = text.startsWith(OPENING)
  const title = (opened ? text.slice(OPENING.length) : text)
    .replace(opened ? /(?:';\s*(?:StreamUrl='.*)?|')$/ : /';\s*(?:StreamUrl='.*)?$/, '')
  return readAttributes(title) ?? readAutomation(title) ?? fields(null, title)
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
  // Words after the quotes, or no closing quote: somebody's own title.
  if (found.size === 0 || !/^(?:\w+=|$)/.test(text.slice(end))) return null
  return fields(found.get('artist') || text.slice(0, start.index), found.get('title') || found.get('text'))
}

function readAutomation (text: string): ArtistAndTitle | null {
  // Five empty fields in a row: fewer tildes are how people decorate a title.
  const match = /^([^~]+)~([^~]+)~{5}/.exec(text)
  return match === null ? null : fields(match[1], match[2])
}

function fields (artist: string | null | undefined, title: string | null | undefined): ArtistAndTitle {
  return { artist: artist?.trim() || null, title: title?.trim() ? title : null }
}
