// A backend whose tracks have a cover and the name of their album, from MusicBrainz and its Cover Art Archive.
//
//   ICECAST_URL=http://localhost:8000 CONTACT=https://radio.example/contact node dist/examples/artwork.js
//
// Run `npm run build` (or `npm start`) once before, since this file is TypeScript.
//
// A summary of the terms of both services; read the originals before you go on air:
// - musicbrainz.org/doc/MusicBrainz_API: at most one request per second, from all of your servers together, and a
//   User-Agent with the name of your program and a contact address. Clients that send more requests get 503 or are
//   blocked. The API is free for non-commercial use; otherwise see metabrainz.org/supporters.
// - This example requests names and dates, which are in the public domain (CC0). The rights to covers belong to labels
//   and artists: you have to find out whether you may show them.
// - musicbrainz.org/doc/Cover_Art_Archive/API: covers are requested from coverartarchive.org by release and served by
//   archive.org. With many listeners, store copies on a server of your own, since each page loads each cover.
// - Name the source: `artworkFrom` is the URL to link to.
//
// Apple's search API has other terms: its covers may be shown only beside a link to its store.
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import Fastify, { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import fastifyIcecast, { type EnrichHandler } from '../index.ts'

/** The fields that are added to tracks. docs/enrich.md shows how to declare them for TypeScript. */
export const Fields = Type.Object({
  album: Type.String(),
  artwork: Type.String({ description: 'The front cover, 500 pixels wide.' }),
  artworkFrom: Type.String({ description: 'URL of the source, to link to.' })
})

interface Service {
  /** Contact address for MusicBrainz: a URL or an email address. */
  contact: string
  musicBrainz?: string
  coverArt?: string
  /** Minimum time between two requests, in ms. */
  pace?: number
}

/** The part of MusicBrainz's response that is used here. */
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

/** Returns a handler that finds the album of a song and its cover. The plugin caches results, so each song is looked up once. */
export function findCover ({ contact, musicBrainz = 'https://musicbrainz.org', coverArt = 'https://coverartarchive.org', pace = 1000 }: Service): EnrichHandler {
  const headers = { accept: 'application/json', 'user-agent': `my-radio/1.0 ( ${contact} )` }
  const turn = turnstile(pace)

  return async ({ kind, artist, title }, { signal }) => {
    if (kind !== 'song' || artist === null || title === null) return null
    await turn(signal)
    const query = new URLSearchParams({ query: `recording:${phrase(title)} AND artist:${phrase(artist)}`, limit: '50', fmt: 'json' })
    const answer = await fetch(`${musicBrainz}/ws/2/recording?${query}`, { headers, signal })
    const text = await answer.text()
    // Throw instead of returning null: a null result would be cached, after an error the song is looked up again.
    if (!answer.ok) throw new Error(`MusicBrainz answered ${answer.status}`)
    const found: Found = JSON.parse(text)

    for (const { id, title: album } of albumsOf(found, artist, title).slice(0, 3)) {
      const artwork = `${coverArt}/release-group/${id}/front-500`
      // A redirect means that there is a cover. The page loads the picture itself.
      const { status } = await fetch(artwork, { method: 'HEAD', redirect: 'manual', headers, signal })
      if (status < 400) return { album, artwork, artworkFrom: `${musicBrainz}/release-group/${id}` }
      if (status !== 404) throw new Error(`The Cover Art Archive answered ${status}`)
    }
    return null
  }
}

/** The albums with exactly this song: albums of the artist first, then singles, then collections; each by date. */
function albumsOf ({ recordings }: Found, artist: string, title: string): Album[] {
  const same = recordings.filter((recording) => {
    const credits = recording['artist-credit']
    const all = credits.map(({ name, joinphrase = '' }) => name + joinphrase).join('')
    // The search also returns similar songs, and a wrong cover is worse than none.
    return isSame(recording.title, title) && [all, credits[0]?.name ?? ''].some((name) => isSame(name, artist))
  })
  const albums = same.flatMap(({ releases = [] }) => releases.filter(({ status }) => status === 'Official').map(({ date = '9999', 'release-group': group }): Album => {
    const isOwn = (group['secondary-types'] ?? []).length === 0
    return { id: group.id, title: group.title, date, rank: isOwn ? group['primary-type'] === 'Album' ? 0 : 1 : 2 }
  }))
  albums.sort((a, b) => a.rank - b.rank || a.date.localeCompare(b.date))
  return albums.filter(({ id }, index) => albums.findIndex((album) => album.id === id) === index)
}

/** Compares two names without case, accents, punctuation and text in brackets such as `(2015 Remaster)`. */
function isSame (a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => text.toLowerCase().normalize('NFKD').replace(/\(.*?\)|\[.*?\]|\p{M}/gu, '').replace(/[^\p{L}\p{N}]/gu, ''))
  return one !== '' && one === other
}

/** Quotes a text for a Lucene query. */
function phrase (text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Returns a function whose promises resolve one by one, `ms` apart and in the order of the calls. */
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

/** Starts the backend and resolves when it listens. */
export async function openBackend ({ ICECAST_URL = 'http://localhost:8000', CONTACT = '', PORT = '3000', MUSICBRAINZ_URL, COVERART_URL }: NodeJS.ProcessEnv): Promise<FastifyInstance> {
  if (CONTACT === '') throw new Error('CONTACT should say where you can be reached, such as https://radio.example/contact: MusicBrainz requires it')
  const app = Fastify({ logger: true, forceCloseConnections: true })
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
