// From the encoder to the page: a title is set on a real icecast2, and 100 subscribers wait for it.
// Prints the median and the slowest of several rounds, for polling and, with an account, for the live feed.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { WebSocket } from 'ws'
import fastifyIcecast, { type FastifyIcecastOptions } from '../index.ts'
import { icecast2Missing, startIcecast2, type Icecast2 } from '../test/helpers/icecast2.ts'
import { connectSource } from '../test/helpers/source.ts'

const SUBSCRIBERS = 100
const ROUNDS = 15

const missing = icecast2Missing()
if (missing !== false) {
  console.error(missing)
  process.exit(1)
}

const icecast = await startIcecast2()
try {
  const source = await connectSource(icecast, '/main.mp3')
  console.log(`${'reading'.padEnd(28)} ${'median ms'.padStart(10)} ${'slowest ms'.padStart(10)} ${'requests/min'.padStart(13)} ${'idle req/min'.padStart(13)}`)
  await measure('polling each 1000 ms', { interval: 1000 })
  await measure('polling each 5000 ms', { interval: 5000 }, 5)
  await measure('the live feed', { auth: icecast.auth })
  await source.disconnect()
} finally {
  await icecast.stop()
}

async function measure (name: string, options: Partial<FastifyIcecastOptions>, rounds = ROUNDS): Promise<void> {
  const app = Fastify()
  await app.register(fastifyIcecast, { url: icecast.url, ...options })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const pages = Array.from({ length: SUBSCRIBERS }, () => new WebSocket(`ws://127.0.0.1:${port}/now-playing`))
  await Promise.all(pages.map((page) => once(page, 'message')))
  await delay(2000)

  const [began, before] = [performance.now(), icecast.requests()]
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    // So that titles don't keep step with the polls.
    await delay(1500 + Math.random() * 1000)
    times.push(await timeOf(icecast, pages, `${name} ${round}`))
  }
  const perMinute = (icecast.requests() - before) * 60_000 / (performance.now() - began)
  const idleFrom = icecast.requests()
  await delay(60_000)
  const idle = icecast.requests() - idleFrom
  times.sort((a, b) => a - b)
  const [median, slowest] = [times[times.length >> 1] ?? NaN, times.at(-1) ?? NaN]
  console.log(`${name.padEnd(28)} ${median.toFixed(0).padStart(10)} ${slowest.toFixed(0).padStart(10)} ${perMinute.toFixed(0).padStart(13)} ${String(idle).padStart(13)}`)
  for (const page of pages) page.terminate()
  await app.close()
}

/** ms from the encoder's update to the last of the pages. */
async function timeOf (server: Icecast2, pages: readonly WebSocket[], title: string): Promise<number> {
  const all = Promise.all(pages.map((page) => new Promise<void>((resolve) => {
    page.on('message', function see (data) {
      if (!String(data).includes(`"text":"${title}"`)) return
      page.off('message', see)
      resolve()
    })
  })))
  const began = performance.now()
  await server.setTitle('/main.mp3', title)
  await all
  return performance.now() - began
}
