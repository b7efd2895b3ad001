// Memory of an idle subscriber, compared with the layers below the plugin.
import { setTimeout as delay } from 'node:timers/promises'
import { Client, needsFiles, type Kind } from './harness/client.ts'
import { expectEventStream } from './harness/contenders.ts'
import { Program } from './harness/program.ts'
import { bench, inTurn, isQuick, median, progress, publish, table } from './harness/results.ts'
import { Studio } from './harness/update.ts'

const SUBSCRIBERS = isQuick ? 2000 : 5000
const ROUNDS = isQuick ? 1 : 3
/** Connections that are opened and closed first, so that memory needed only once is allocated. */
const FIRST = 100

interface Entrant {
  name: string
  kind: Kind
  hasFirst: boolean
  start: () => Program
  rss: number[]
  heap: number[]
}

await bench(async () => {
  needsFiles(SUBSCRIBERS + FIRST)
  const studio = await Studio.open()
  const ours = () => Program.contender('ours', [studio.icecast.url, JSON.stringify(studio.options)])
  const entrants: Entrant[] = [
    entrant('ws alone', 'ws', () => Program.contender('ws')),
    entrant('@fastify/websocket', 'ws', () => Program.contender('fastify-websocket')),
    entrant('fastify-icecast, WebSocket', 'ws', ours, true),
    entrant('node:http, an open response', 'sse', () => Program.contender('http')),
    entrant('fastify-icecast, server-sent events', 'sse', ours, true)
  ]
  const left: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const entrant of inTurn(entrants, round)) {
      progress(`round ${round + 1} of ${ROUNDS}: ${entrant.name}`)
      try {
        await measure(entrant)
      } catch (error) {
        entrants.splice(entrants.indexOf(entrant), 1)
        left.push(`Without ${entrant.name}: ${error instanceof Error ? error.message : error}.`)
        progress(left.at(-1) ?? '')
      }
    }
  }
  await studio.close()

  const [ws] = entrants
  publish('memory', 'Memory per idle subscriber', `
Memory in bytes for each of ${SUBSCRIBERS.toLocaleString('en')} idle connections: the growth of the process after garbage collection, since ${FIRST} other
connections were opened and closed. Heap includes external memory (buffers). RSS is the memory of the process, which is never returned completely.
Medians of ${ROUNDS} rounds, each in a new process.

${table(['', 'heap', '× ws alone', 'RSS', '× ws alone'], entrants.map(({ name, rss, heap }) => [
    name, median(heap), median(heap) / median(ws?.heap ?? []), median(rss), median(rss) / median(ws?.rss ?? [])
  ]))}

${left.join('\n')}
`)
})

function entrant (name: string, kind: Kind, start: () => Program, hasFirst = false): Entrant {
  return { name, kind, hasFirst, start, rss: [], heap: [] }
}

async function measure ({ kind, start, hasFirst, rss, heap }: Entrant): Promise<void> {
  const program = start()
  try {
    const port = await program.port()
    if (hasFirst && kind === 'sse') await expectEventStream(port)
    const first = new Client(port, kind)
    await first.connect(FIRST, { hasFirst })
    await first.end()
    await delay(500)
    const before = await program.memory()
    const client = new Client(port, kind)
    await client.connect(SUBSCRIBERS, { hasFirst })
    await delay(500)
    const after = await program.memory()
    rss.push((after.rss - before.rss) / SUBSCRIBERS)
    heap.push((after.heap - before.heap) / SUBSCRIBERS)
    await client.end()
  } finally {
    await program.end()
  }
}
