import Fastify from 'fastify'
import { Type } from 'typebox'
import fastifyIcecast from '../../index.ts'
import { drawCover } from './cover.ts'
import { readPage } from './page.ts'
import { playStandIn } from './stand-in.ts'
import { forPeople, tell } from './terminal.ts'

export interface Backend {
  /** `http://127.0.0.1:3000` */
  address: string
  close: () => Promise<void>
}

const PAGES = [['/', 'examples/demo/page.html'], ['/plain.html', 'examples/plain.html']] as const

/** Starts the backend. `env`: the environment variables that station.ts describes. */
export async function openBackend (env: Record<string, string | undefined>): Promise<Backend> {
  const { ICECAST_URL, PACE = '6000' } = env
  const icecast = ICECAST_URL ? { url: ICECAST_URL, detailsOf: () => undefined, close: async () => {} } : await playStandIn(Number(PACE))
  const app = Fastify({ logger: { level: 'warn', stream: forPeople }, forceCloseConnections: true })

  async function listen ({ PORT, HOST: host = '127.0.0.1' }: typeof env): Promise<string> {
    if (PORT) return await app.listen({ host, port: Number(PORT) })
    for (let port = 3000; port < 3009; port++) {
      try {
        return await app.listen({ host, port })
      } catch {
        // The port is in use: try the next.
      }
    }
    return await app.listen({ host, port: 3009 })
  }

  async function close (): Promise<void> {
    await app.close()
    await icecast.close()
  }

  try {
    // Only `url` is required: it provides GET /now-playing, a WebSocket on the same URL, the element and app.nowPlaying.
    await app.register(fastifyIcecast, {
      url: icecast.url,
      heartbeat: 10_000,
      // A real backend would look the cover up. Titles wait up to 100 ms for it, so that it does not appear after them.
      enrich: {
        schema: Type.Object({ artwork: Type.String() }),
        handler: ({ text }) => ({ artwork: `cover.svg?of=${encodeURIComponent(text)}` }),
        wait: 100
      }
    })

    for (const [url, path] of PAGES) {
      const { html, headers } = readPage(path)
      app.get(url, (request, reply) => reply.headers(headers).send(html))
    }
    app.get<{ Querystring: { of?: string } }>('/cover.svg', (request, reply) => reply
      .headers({ 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=86400', 'content-security-policy': "default-src 'none'" })
      .send(drawCover(String(request.query.of))))

    app.nowPlaying.on('track', async (track, station) => {
      tell(`${station.name}: ${track.text}`)
      // A real playout system would send this in a request: see docs/playout.md.
      const details = icecast.detailsOf(station.id)
      if (details !== undefined) await app.nowPlaying.tell(station.id, details)
    })
    app.nowPlaying.on('status', (station, previous) => {
      if (previous !== undefined) tell(`${station.name} is ${station.status}`)
    })
    return { address: await listen(env), close }
  } catch (error) {
    await close()
    throw error
  }
}
