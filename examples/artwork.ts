// A backend whose tracks have a cover and the name of their album, from MusicBrainz and its Cover Art Archive.
//
//   ICECAST_URL=http://localhost:8000 CONTACT=https://radio.example/contact node dist/examples/artwork.js
//
// What these two ask for, in short; read it there before you go on air:
// - musicbrainz.org/doc/MusicBrainz_API: at the most one request a second, from all of your servers together, and a
//   User-Agent that names your program and where you can be reached. Who asks more often gets 503, or is locked out.
//   The API is free where no money is made with it; else see metabrainz.org/supporters.
// - What is asked for here are names and dates, which MusicBrainz gives away (CC0). Covers are their labels' and
//   artists', who are not asked: whether you may show them is for you to find out.
// - musicbrainz.org/doc/Cover_Art_Archive/API: pictures are asked for at coverartarchive.org, by release, and come from
//   archive.org. With many listeners, keep copies on a server of your own: each page would ask for each cover.
// - Say where it is from: `artworkFrom` is the address to link to.
//
// Apple's search API is not for this: its covers may be shown only to sell from its store, beside a badge of it.
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import Fastify, { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import fastifyIcecast, { type EnrichHandler } from '../index.ts'

/** What is added to tracks. In an app of your own, tell TypeScript: docs/enrich.md shows how. */
export const Fields = Type.Object({
  album: Type.String(),
  artwork: Type.String({ description: 'The front cover, 500 pixels wide.' }),
  artworkFrom: Type.String({ description: 'Where it is from, to be linked to.' })
})

interface Service {
  /** Where you can be reached: an address of the web, or of mail. */
  contact: string
  musicBrainz?: string
  coverArt?: string
  /** ms from one request to the next. */
  pace?: number
}

/** Of what MusicBrainz finds, what is looked at here. */
interface Found {
  recordings: Array<{
    title: string
    'artist-credit': Array<{ name: string, joinphrase?: string }>
    releases?: Array<{
      status?: string
      date?: string
      'release-group': { id: string, title: string, 'primary-type'?: string, 'secondary-types'?: string[] }
    }>
  }>
}

interface Album { id: string, title: string, rank: number, date: string }

/** A hook that finds a song's album, and the cover of it. The plugin remembers what it found, so each song is asked for once. */
export function findCover ({ contact, musicBrainz = 'https://musicbrainz.org', coverArt = 'https://coverartarchive.org', pace = 1000 }: Service): EnrichHandler {
  const headers = { accept: 'application/json', 'user-agent': `my-radio/1.0 ( ${contact} )` }
  const turn = turnstile(pace)

  return async ({ kind, artist, title }, { signal }) => {
    if (kind !== 'song' || artist === null || title === null) return null
    await turn(signal)
    const query = new URLSearchParams({ query: `recording:${phrase(title)} AND artist:${phrase(artist)}`, limit: '50', fmt: 'json' })
    const answer = await fetch(`${musicBrainz}/ws/2/recording?${query}`, { headers, signal })
    const text = await answer.text()
    // An error, and not nothing: the song is asked for again when it comes again.
    if (!answer.ok) throw new Error(`MusicBrainz answered ${answer.status}`)
    const found: Found = JSON.parse(text)

    for (const { id, title: album } of albumsOf(found, artist, title).slice(0, 3)) {
      const artwork = `${coverArt}/release-group/${id}/front-500`
      // A redirect says that there is a picture, and where; the picture itself is for the page.
      const { status } = await fetch(artwork, { method: 'HEAD', redirect: 'manual', headers, signal })
      if (status < 400) return { album, artwork, artworkFrom: `${musicBrainz}/release-group/${id}` }
      if (status !== 404) throw new Error(`The Cover Art Archive answered ${status}`)
    }
    return null
  }
}

/** Where this very song is, the first album of the artist's before singles, and those before collections. */
function albumsOf ({ recordings }: Found, artist: string, title: string): Album[] {
  const same = recordings.filter((recording) => {
    const credits = recording['artist-credit']
    const all = credits.map(({ name, joinphrase = '' }) => name + joinphrase).join('')
    // A search finds what is alike too, and a wrong cover is worse than none.
    return isSame(recording.title, title) && [all, credits[0]?.name ?? ''].some((name) => isSame(name, artist))
  })
  const albums = same.flatMap(({ releases = [] }) => releases.filter(({ status }) => status === 'Official').map(({ date = '9999', 'release-group': group }): Album => {
    const isOwn = (group['secondary-types'] ?? []).length === 0
    return { id: group.id, title: group.title, date, rank: isOwn ? group['primary-type'] === 'Album' ? 0 : 1 : 2 }
  }))
  albums.sort((a, b) => a.rank - b.rank || a.date.localeCompare(b.date))
  return albums.filter(({ id }, index) => albums.findIndex((album) => album.id === id) === index)
}

/** But for capitals, accents, punctuation, and what is in brackets, such as `(2015 Remaster)`. */
function isSame (a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => text.toLowerCase().normalize('NFKD').replace(/\(.*?\)|\[.*?\]|\p{M}/gu, '').replace(/[^\p{L}\p{N}]/gu, ''))
  return one !== '' && one === other
}

/** Text as a search has it that means nothing but itself. */
function phrase (text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Lets one pass every `ms`, in the order in which they came. */
function turnstile (ms: number): (signal: AbortSignal) => Promise<void> {
  let last = -ms
  return async (signal) => {
    const now = performance.now()
    last = Math.max(now, last + ms)
    await wait(last - now, undefined, { signal })
  }
}

const PAGE = `<!doctype html>
<title>Now playing</title>
<img id="artwork" width="250" height="250" alt="">
<p id="text"></p>
<p><a id="from" hidden>Cover: MusicBrainz and Cover Art Archive</a></p>
<script>
  const [artwork, text, from] = ['artwork', 'text', 'from'].map((id) => document.getElementById(id))
  const show = ({ track }) => {
    text.textContent = track?.text ?? 'Nothing is known to be playing'
    artwork.src = track?.artwork ?? 'data:,'
    artwork.alt = track?.album ?? ''
    from.hidden = !track?.artworkFrom
    from.href = track?.artworkFrom ?? ''
  }
  const events = new EventSource('now-playing')
  events.addEventListener('snapshot', ({ data }) => JSON.parse(data).stations.slice(0, 1).forEach(show))
  events.addEventListener('update', ({ data }) => show(JSON.parse(data).station))
</script>
`

/** The backend, listening. */
export async function openBackend ({ ICECAST_URL = 'http://localhost:8000', CONTACT = '', PORT = '3000', MUSICBRAINZ_URL, COVERART_URL }: NodeJS.ProcessEnv): Promise<FastifyInstance> {
  if (CONTACT === '') throw new Error('CONTACT should say where you can be reached, such as https://radio.example/contact: MusicBrainz wants to know')
  const app = Fastify({ logger: true })
  await app.register(fastifyIcecast, {
    url: ICECAST_URL,
    enrich: {
      schema: Fields,
      handler: findCover({
        contact: CONTACT,
        ...(MUSICBRAINZ_URL !== undefined && { musicBrainz: MUSICBRAINZ_URL }),
        ...(COVERART_URL !== undefined && { coverArt: COVERART_URL })
      }),
      // Up to four lookups run at the same time, and MusicBrainz takes one request a second.
      timeout: 10_000,
      wait: 1500
    }
  })
  app.get('/', (request, reply) => { reply.type('text/html; charset=utf-8').send(PAGE) })
  await app.listen({ port: Number(PORT), host: '127.0.0.1' })
  return app
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  const app = await openBackend(process.env)
  process.once('SIGINT', () => { app.close() })
}
