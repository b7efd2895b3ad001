import { shown } from './bytes.ts'
import type { Titled } from './dialect.ts'
import { keep, titled } from './event-feed.ts'
import type { Title } from './options.ts'
import { written, type Server, type Source } from './server.ts'
import { firstStats, setStats, type Change, type Stat } from './statistics.ts'
import { commentsOf, fieldsOf, hasComments, type Fields } from './titles.ts'

/** 2.5: a source has connected. */
export function connect (_: Server, source: Source): void {
  setStats(source, [
    ...firstStats(source),
    ['allow-direct-access', 'true'],
    ['instance_uuid', source.instance],
    ['stream_start', written.rfc2822(source.startedAt)],
    ['stream_start_iso8601', written.iso(source.startedAt)]
  ])
}

/** 2.5: `metadata` has a title at once, and what is shown follows when the audio has come as far. */
export function title (server: Server, source: Source, title: Title): Titled {
  const isOgg = hasComments(source.options.contentType)
  const [changes, track] = isOgg ? comments(source, title) : update(source, title)
  return { changes, also: () => play(source, track), events: keep(server, titled(source, isOgg)) }
}

type Shown = [changes: Change[], track: Stat[]]

function comments (source: Source, title: Title): Shown {
  const { artist, title: name } = commentsOf(title)
  source.metadata = [
    ...name === null ? [] : [['title', name] satisfies Stat],
    ...artist === null ? [] : [['artist', artist] satisfies Stat]
  ]
  const track = source.metadata.map(([key, value]): Stat => [key === 'artist' ? 'creator' : key, value])
  return [[['artist', artist], ['title', name], ['display-title', name]], track]
}

/** In MP3 and AAC the artist of an earlier update stays on; but what has come last stands last in `metadata`. */
function update (source: Source, title: Title): Shown {
  const { sent, charset } = source
  const inUtf8 = accepted(fieldsOf(title, 'UTF-8', charset))
  const { title: name, artist } = accepted(fieldsOf(title, charset))
  if (name !== undefined) sent.title = name
  if (artist !== undefined) sent.artist = artist
  for (const field of ['title', 'artist', 'url'] as const) {
    const value = inUtf8[field]
    if (value === undefined) continue
    const key = `x_icy_${field}`
    source.metadata = [...source.metadata.filter(([known]) => known !== key), [key, value]]
  }
  const joined = shown((sent.artist === null ? '' : `${sent.artist} - `) + (sent.title ?? ''), charset)
  const track = source.metadata.flatMap(([key, value]): Stat[] => key === 'x_icy_title' ? [['title', value]] : [])
  // What is not in the mount's charset changes nothing here.
  return [joined === null ? [] : [['title', joined], ['display-title', joined]], track]
}

/** What the server takes of an update: nothing of an empty one, nor of an artist or a title alone. It says so to nobody. */
function accepted ({ song, artist, title, url }: Fields): Fields {
  const link: Fields = url === undefined || url === '' ? {} : { url }
  if (song !== undefined && song !== '') return { title: song, ...link }
  return artist && title ? { artist, title, ...link } : {}
}

/** Ten tracks are kept, also the same one again. */
function play (source: Source, track: Stat[]): void {
  source.tracks.push(track)
  if (source.tracks.length > 10) source.tracks.shift()
}
