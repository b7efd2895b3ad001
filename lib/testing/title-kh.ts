import { isCharset, utf8, type Bytes } from './bytes.ts'
import type { Titled } from './dialect.ts'
import type { Title } from './options.ts'
import { written, type Server, type Source } from './server.ts'
import { audioInfo, firstStats, setStats, type Change, type Stat } from './statistics.ts'
import { commentsOf, fieldsOf, hasComments, namedFields, type Fields } from './titles.ts'

/** What kh finds out from the audio itself: its numbers for codecs. */
const CODECS: Record<string, string> = { 'audio/mpeg': '2', 'audio/aac': '10' }

/** kh: a source has connected. */
export function connect (_: Server, source: Source): void {
  const { options } = source
  const codec = CODECS[options.contentType ?? 'audio/mpeg']
  setStats(source, [
    ...audioInfo(source),
    ...codec === undefined ? [] : [['audio_codecid', codec], ['mpeg_channels', '1'], ['mpeg_samplerate', '48000']] satisfies Stat[],
    ...firstStats(source),
    ...options.description === undefined ? [['server_description', null] satisfies [string, null]] : [],
    ['connected', '0'],
    ['incoming_bitrate', '0'],
    ['listener_connections', '0'],
    // A mount that is in the configuration has a limit there, which is none.
    ['max_listeners', options.charset !== undefined || options.hidden === true ? '-1' : 'unlimited'],
    ['outgoing_kbitrate', '0'],
    ['queue_size', '0'],
    ['stream_start', written.log(source.startedAt)],
    ['total_mbytes_sent', '0']
  ])
  if (options.subtype !== 'Vorbis') source.stats.delete('subtype')
}

/** kh: artist and title are kept apart, and `song` takes the artist away. Of Ogg only Vorbis is read. */
export function title (server: Server, source: Source, title: Title): Titled {
  const { sent } = source
  const before = { ...sent }
  const changes: Change[] = []
  if (hasComments(source.options.contentType)) {
    if (source.options.subtype !== 'Vorbis') return { changes, events: [] }
    Object.assign(sent, commentsOf(title))
    changes.push(['artist', sent.artist], ['title', sent.title])
  } else {
    const { song, artist, title: name, url } = fieldsIn(title, source.charset)
    if (song) {
      Object.assign(sent, { artist: null, title: song })
      changes.push(['title', song], ['artist', null])
    } else {
      Object.assign(sent, artist && { artist }, name && { title: name })
      if (artist) changes.push(['artist', artist])
      if (name) changes.push(['title', name])
    }
    if (url) sent.url = url
    if (sent.url !== null) changes.push(['metadata_url', sent.url])
  }
  const joined = [sent.artist, sent.title].filter(part => part !== null).join(' - ')
  changes.push(['yp_currently_playing', joined], ['metadata_updated', written.log(Math.floor(server.now() / 1000))])
  // What was not there is not taken away either.
  return { changes: changes.filter(([name, value]) => value !== null || before[name as 'artist'] !== null), events: [] }
}

/** In UTF-8. What is declared as UTF-8, or not at all, is in the mount's charset; an unknown name counts as ISO-8859-1. */
function fieldsIn (title: Title, charset: string): Fields {
  const said = namedFields(title)
  const { charset: declared = 'UTF-8' } = said
  const from = declared.toLowerCase() === 'utf-8' ? charset : isCharset(declared) ? declared : 'ISO-8859-1'
  const fields = fieldsOf({ ...said, charset: from }, 'UTF-8')
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, decodeEntities(value)]))
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Whatever stands between an `&` and the next `;` is gone, where it is not a reference that kh knows. */
function decodeEntities (text: Bytes): Bytes {
  return text.replace(/&([^;]*);/g, (_, name: string) => {
    const point = /^#(\d{1,6})$/.exec(name)?.[1]
    return point === undefined ? ENTITIES[name] ?? '' : utf8(String.fromCodePoint(Number(point)))
  })
}
