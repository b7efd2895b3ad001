import { once } from 'node:events'
import Fastify from 'fastify'
import fastifyIcecast from '../../index.ts'
import { pages } from './pages.ts'

// A backend in its own process, which can be killed. It listens on the port that the parent sends, and then reports that.

const [, , url = ''] = process.argv
const app = Fastify()
await app.register(fastifyIcecast, { url, interval: 50, heartbeat: 10_000, staleAfter: 300, stations: { main: { name: 'Radio Main', mounts: ['/main.mp3'] } } })
pages(app)
await app.ready()
process.send?.('ready')
const [port] = await once(process, 'message')
await app.listen({ port, host: '127.0.0.1' })
process.send?.('listening')
