// Latency from the encoder to the page: a title is set on a real icecast2, and subscribers wait for it.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { WebSocket } from 'ws'
import fastifyIcecast, { type FastifyIcecastOptions } from '../index.ts'
import { icecast2Missing, startIcecast2, type Icecast2 } from '../test/helpers/icecast2.ts'
import { connectSource } from '../test/helpers/source.ts'
import { Missing } from './harness/program.ts'
import { bench, isQuick, median, progress, publish, table, whole, type Row } from './harness/results.ts'

const SUBSCRIBERS = 100
const ROUNDS = isQuick ? 3 : 15
const MOUNT = '/main.mp3'

await bench(async () => {
  const missing = icecast2Missing()
  if (missing !== false) throw new Missing(missing)
  const icecast = await startIcecast2()
  try {
    await connectSource(icecast, MOUNT)
    const rows = [
      await measure(icecast, 'polling each 1,000 ms', { interval: 1000 }),
      await measure(icecast, 'polling each 5,000 ms', { interval: 5000 }),
      await measure(icecast, 'the live feed', { auth: icecast.auth })
    ]
    publish('latency', 'From the encoder to the page', `
A title is set on a real icecast2: time in ms until the last of ${SUBSCRIBERS} WebSocket subscribers has received it; the part of
it since Icecast shows the title (since the last of the checks, one each 10 ms, in which its document did not contain it); and the part since
the event of its live feed was received, which Icecast 2.4 sends up to 0.5 s after it shows the title. ${ROUNDS} titles each, at random times.

${table(['reading', 'median', 'slowest', 'since it shows: median', 'slowest', 'since the event: median', 'slowest', 'requests/min'], rows)}
`)
  } finally {
    await icecast.stop()
  }
})

async function measure (icecast: Icecast2, name: string, options: Pick<FastifyIcecastOptions & { servers?: undefined }, 'auth' | 'interval'>): Promise<Row> {
  const line = await tap(icecast.port)
  const app = Fastify()
  await app.register(fastifyIcecast, { url: `http://127.0.0.1:${line.port}`, ...options })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const pages = Array.from({ length: SUBSCRIBERS }, () => new WebSocket(`ws://127.0.0.1:${port}/now-playing`))
  await Promise.all(pages.map((page) => once(page, 'message')))
  await delay(2000)

  const [began, before] = [performance.now(), icecast.requests()]
  const [times, shown, events]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    progress(`${name}, title ${round + 1} of ${ROUNDS}`)
    // A random offset, so that titles are not synchronous with the polls.
    await delay(1000 + Math.random() * 1000)
    const title = `${name} ${round}`
    const told = line.hears(title)
    const set = performance.now()
    const [seen, showing] = await Promise.all([see(pages, title), shows(icecast, title), icecast.setTitle(MOUNT, title)])
    times.push(seen - set)
    shown.push(seen - showing)
    // Without a feed, the document was the source.
    events.push(options.auth === undefined ? NaN : seen - await told)
  }
  const perMinute = (icecast.requests() - before) * 60_000 / (performance.now() - began)
  for (const page of pages) page.terminate()
  await app.close()
  line.close()
  return [name, ...[times, shown, events].flatMap((all) => [whole(median(all)), whole(Math.max(...all))]), whole(perMinute)]
}

/** A connection to Icecast's live feed. `hears` resolves to the time at which a text was first received. */
async function tap (icecast: number): Promise<{ port: number, hears: (text: string) => Promise<number>, close: () => void }> {
  let [awaited, heard]: [string, (at: number) => void] = ['', () => {}]
  const server = createServer((socket) => {
    const to = connect(icecast, '127.0.0.1')
    socket.setNoDelay().on('error', () => to.destroy()).pipe(to).on('error', () => socket.destroy()).pipe(socket)
    to.setNoDelay().on('data', (data) => {
      if (awaited === '' || !data.includes(awaited)) return
      awaited = ''
      heard(performance.now())
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    hears: async (text) => await new Promise((resolve) => { [awaited, heard] = [text, resolve] }),
    close: () => server.close()
  }
}

/** The time at which the last page received the title. */
async function see (pages: readonly WebSocket[], title: string): Promise<number> {
  await Promise.all(pages.map((page) => new Promise<void>((resolve) => {
    page.on('message', function look (data) {
      if (!String(data).includes(`"text":"${title}"`)) return
      page.off('message', look)
      resolve()
    })
  })))
  return performance.now()
}

/** The last time at which Icecast's document did not contain the title. */
async function shows (icecast: Icecast2, title: string): Promise<number> {
  for (let before = performance.now(); ;) {
    const asked = performance.now()
    const { body } = await icecast.get('/status-json.xsl')
    if (body.includes(`"${title}"`)) return before
    before = asked
    await delay(10)
  }
}
