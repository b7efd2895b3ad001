import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { WebSocket } from 'ws'
import fastifyIcecast from '../../index.ts'

// A backend of its own process, with its own 100 subscribers: says `ready`, closes at SIGUSR2 in the middle of a read,
// says `closed`, and then has to end by itself.

const [, , url = ''] = process.argv
const app = Fastify()
await app.register(fastifyIcecast, { url, interval: 50, timeout: 60_000 })
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo
await Promise.all(Array.from({ length: 100 }, async () => {
  await once(new WebSocket(`ws://127.0.0.1:${port}/now-playing`), 'message')
}))
process.once('SIGUSR2', async () => {
  const reading = app.nowPlaying.refresh()
  await new Promise(setImmediate)
  await app.close()
  process.stdout.write(`closed ${app.nowPlaying.subscribers} ${await reading}`)
})
process.stdout.write('ready')
