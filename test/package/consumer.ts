// A backend in strict TypeScript: `app.nowPlaying` has its type by the package alone. Only compiled.
import Fastify from 'fastify'
import fastifyIcecast from 'fastify-icecast'
import { fileStore, type HistoryStore } from 'fastify-icecast/file-store'
import { collectors, type Collector } from 'fastify-icecast/metrics'
import { fakeIcecast, historyStoreTests } from 'fastify-icecast/testing'
import { Type, type Static } from 'typebox'

const Fields = Type.Object({ artwork: Type.String(), links: Type.Array(Type.String()) })

declare module 'fastify-icecast' {
  interface TrackFields extends Partial<Static<typeof Fields>> {}
}

const app = Fastify()
await app.register(fastifyIcecast, {
  url: 'http://localhost:8000',
  auth: { username: 'admin', password: 'secret' },
  stations: { main: { name: 'Radio Main', mounts: ['/main.mp3', '/main.opus'] } },
  interval: 1000,
  enrich: { schema: Fields, handler: async ({ artist }, { signal }) => artist === null || signal.aborted ? null : { artwork: `${artist}.jpg` } },
  store: fileStore('/var/lib/radio/now-playing.json'),
  route: '/now-playing'
})
// @ts-expect-error It needs the server's address.
await app.register(fastifyIcecast, { interval: 1000 })

app.nowPlaying.on('track', (track, station) => {
  const line: string = `${station.name}: ${track.artist ?? '?'} - ${track.title ?? track.text}`
  app.log.info(line)
})
app.nowPlaying.on('status', (station, previous) => app.log.info([previous?.status, station.status]))

export const artwork: string | undefined = app.nowPlaying.get('main')?.track?.artwork
export const listeners: number | null | undefined = app.nowPlaying.get('main')?.listeners.current
export const since: string[] = app.nowPlaying.list().map((station) => station.statusSince)
export const subscribers: number = app.nowPlaying.subscribers
export const version: string = app.nowPlaying.version
export const ok: boolean = app.nowPlaying.health().ok
export const metrics: Collector[] = collectors(app.nowPlaying)
export const read: Promise<unknown> = app.nowPlaying.refresh()
// @ts-expect-error A station is found by its id.
app.nowPlaying.get(1)

const icecast = await fakeIcecast({ version: '2.5' })
icecast.source('/main.mp3')
icecast.title('/main.mp3', 'Artist - Title')
export const where: string = icecast.url

const texts = new Map<string, string>()
const store: HistoryStore = {
  async load () { return Array.from(texts, ([station, text]) => [station, JSON.parse(text)] as const) },
  async save (station, memory) { texts.set(station, JSON.stringify(memory)) }
}
for (const { name, run } of historyStoreTests(() => store)) await run().catch((error: unknown) => app.log.error([name, error]))
