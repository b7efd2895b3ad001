// A small station backend: Fastify, the plugin and one page. Run it with `npm start`.
//
//   ICECAST_URL  the Icecast to read, such as http://localhost:8000, user:pass@ allowed; else a stand-in plays
//   PORT, HOST   where to listen; else the first free port from 3000 on, on 127.0.0.1
//   PACE         ms between two titles of the stand-in; else 6000

import Fastify from 'fastify'
import fastifyIcecast from '../index.ts'
import { readPage } from './page.ts'
import { playStandIn } from './stand-in.ts'
import { explain, forPeople, tell } from './terminal.ts'

const { ICECAST_URL, PORT, HOST: host = '127.0.0.1', PACE = '6000' } = process.env
const icecast = ICECAST_URL ? { url: ICECAST_URL, close: async () => {} } : await playStandIn(Number(PACE))
const app = Fastify({ logger: { level: 'warn', stream: forPeople } })

try {
  // This line is all it takes: GET /now-playing, a WebSocket at the same URL, and app.nowPlaying.
  await app.register(fastifyIcecast, { url: icecast.url, heartbeat: 10_000 })

  const page = readPage()
  app.get('/', (request, reply) => reply.headers(page.headers).send(page.html))

  app.nowPlaying.on('track', (track, station) => tell(`${station.name}: ${track.text}`))
  app.nowPlaying.on('status', (station, previous) => {
    if (previous !== undefined) tell(`${station.name} is ${station.status}`)
  })

  const address = await listen()
  console.log(`
  Open ${address} and watch: the title changes by itself, about a second after Icecast shows it.
  As JSON: ${address}/now-playing
  ${ICECAST_URL ? 'What is on the Icecast of ICECAST_URL, as it comes:' : `No Icecast needed: a stand-in plays, a new title every ${Number(PACE) / 1000} s. Set ICECAST_URL to read yours.`}
  Ctrl-C ends it.
`)
  process.once('SIGINT', stop).once('SIGTERM', stop)
} catch (error) {
  console.error(`\n  The station can not start. ${explain(error)}\n`)
  process.exitCode = 1
  await stop()
}

async function listen (): Promise<string> {
  if (PORT) return await app.listen({ host, port: Number(PORT) })
  for (let port = 3000; ; port++) {
    try {
      return await app.listen({ host, port })
    } catch (error) {
      if (port === 3009) throw error
    }
  }
}

async function stop (): Promise<void> {
  await app.close()
  await icecast.close()
}
