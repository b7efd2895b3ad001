// The load on a real icecast2: pages that poll it themselves, compared with one reader for all pages.
import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { icecast2Missing, startIcecast2, type Icecast2 } from '../test/helpers/icecast2.ts'
import { connectSource } from '../test/helpers/source.ts'
import { Client, needsFiles } from './harness/client.ts'
import { cpuOf, Missing, Program } from './harness/program.ts'
import { bench, isQuick, progress, publish, table, type Row } from './harness/results.ts'

const MOUNTS = 10
const POLLERS = 100
const SUBSCRIBERS = isQuick ? 1000 : 10_000
const SECONDS = isQuick ? 4 : 15
/** Time in ms between two titles. */
const TITLES = 5000

await bench(async () => {
  const missing = icecast2Missing()
  if (missing !== false) throw new Missing(missing)
  needsFiles(SUBSCRIBERS)
  const icecast = await startIcecast2()
  try {
    for (let mount = 1; mount <= MOUNTS; mount++) {
      await connectSource(icecast, `/mount${mount}.mp3`, { bitrate: 64, name: `Radio ${mount}` })
      await icecast.setTitle(`/mount${mount}.mp3`, `Artist ${mount} - Title ${mount}`)
    }
    const rows: Row[] = []
    const idle = await measure(icecast, 'nobody asks')
    const add = (name: string, { cpu, requests, ours }: Figures) => {
      rows.push([name, requests, cpu, (cpu - idle.cpu) / (polled.cpu - idle.cpu), ours])
    }
    const polled = await withPollers(icecast, async () => await measure(icecast, `${POLLERS} pages ask each second`))
    add('nobody', idle)
    add(`${POLLERS} pages, straight to Icecast`, polled)
    for (const [subscribers, options, how] of [
      [0, {}, ''], [100, {}, ''], [SUBSCRIBERS, {}, ''], [SUBSCRIBERS, { auth: icecast.auth }, ', live feed']
    ] as const) {
      const name = `fastify-icecast, ${subscribers.toLocaleString('en')} subscribers${how}`
      add(name, await withSubscribers(icecast, subscribers, options, async (program) => await measure(icecast, name, program)))
    }

    publish('icecast', 'Load on Icecast', `
A real icecast2 with ${MOUNTS} mounts and a new title each ${TITLES / 1000} s. ${POLLERS} pages that request \`status-json.xsl\` each second, as pages do today, compared
with fastify-icecast, which reads it each second for all pages, in a separate process. CPU time in ms per second, over ${SECONDS} s; the
ratio is relative to the pages, without the CPU time that Icecast needs for its encoders.

${table(['', 'requests/s', 'Icecast\'s CPU, ms/s', '× pages', 'our CPU, ms/s'], rows)}
`)
  } finally {
    await icecast.stop()
  }
})

interface Figures {
  /** CPU time in ms per second. */
  cpu: number
  /** Per second. */
  requests: number
  ours: number
}

async function measure (icecast: Icecast2, name: string, program?: Program): Promise<Figures> {
  progress(name)
  // Wait, so that connecting is not measured.
  await delay(2000)
  const [cpu, requests, ours, began] = [cpuOf(icecast.pid), icecast.requests(), program?.cpu() ?? NaN, performance.now()]
  for (let title = 0; performance.now() - began < SECONDS * 1000; title++) {
    await icecast.setTitle('/mount1.mp3', `${name} ${title}`)
    await delay(Math.min(TITLES, began + SECONDS * 1000 - performance.now()))
  }
  const seconds = (performance.now() - began) / 1000
  return {
    cpu: (cpuOf(icecast.pid) - cpu) / seconds,
    requests: (icecast.requests() - requests) / seconds,
    ours: ((program?.cpu() ?? NaN) - ours) / seconds
  }
}

async function withPollers<T> (icecast: Icecast2, run: () => Promise<T>): Promise<T> {
  const ended = new AbortController()
  const polling = Array.from({ length: POLLERS }, async () => await poll(icecast.port, ended.signal))
  try {
    return await run()
  } finally {
    ended.abort()
    await Promise.allSettled(polling)
  }
}

/** A page that polls each second, with an offset of its own. */
async function poll (port: number, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  await delay(Math.random() * 1000, undefined, { signal })
  for (;;) {
    const next = delay(1000, undefined, { signal })
    next.catch(() => {})
    await new Promise<void>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/status-json.xsl', agent, signal }, (response) => {
        response.resume().on('end', resolve).on('error', reject)
      }).on('error', reject)
    })
    await next
  }
}

async function withSubscribers<T> (icecast: Icecast2, count: number, options: object, run: (program: Program) => Promise<T>): Promise<T> {
  const program = Program.contender('ours', [icecast.url, JSON.stringify(options)])
  const client = new Client(await program.port(), 'ws')
  try {
    if (count > 0) await client.connect(count, { hasFirst: true })
    return await run(program)
  } finally {
    await Promise.all([client.end(), program.end()])
  }
}
