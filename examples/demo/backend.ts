import Fastify from 'fastify'
import fastifyIcecast from '../../index.ts'
import { readPage } from './page.ts'
import { playStandIn } from './stand-in.ts'
import { forPeople, tell } from './terminal.ts'

export interface Backend {
  /** `http://127.0.0.1:3000` */
  address: string
  close: () => Promise<void>
}

/** Starts the backend with what is set in the environment; see station.ts. */
export async function openBackend (env: Record<string, string | undefined>): Promise<Backend> {
  const { ICECAST_URL, PACE = '6000' } = env
  const icecast = ICECAST_URL ? { url: ICECAST_URL, close: async () => {} } : await playStandIn(Number(PACE))
  const app = Fastify({ logger: { level: 'warn', stream: forPeople } })

  async function listen ({ PORT, HOST: host = '127.0.0.1' }: typeof env): Promise<string> {
    if (PORT) return await app.listen({ host, port: Number(PORT) })
    for (let port = 3000; port < 3009; port++) {
      try {
        return await app.listen({ host, port })
      } catch {
        // Somebody else's: the next one may be free.
      }
    }
    return await app.listen({ host, port: 3009 })
  }

  async function close (): Promise<void> {
    await app.close()
    await icecast.close()
  }

  try {
    // This line is all it takes: GET /now-playing, a WebSocket at the same URL, and app.nowPlaying.
    await app.register(fastifyIcecast, { url: icecast.url, heartbeat: 10_000 })

    const page = readPage()
    app.get('/', (request, reply) => reply.headers(page.headers).send(page.html))

    app.nowPlaying.on('track', (track, station) => tell(`${station.name}: ${track.text}`))
    app.nowPlaying.on('status', (station, previous) => {
      if (previous !== undefined) tell(`${station.name} is ${station.status}`)
    })
    return { address: await listen(env), close }
  } catch (error) {
    await close()
    throw error
  }
}
