// Reconnect storm: the cost of one connection for the server, compared with @fastify/websocket alone.
import { setTimeout as delay } from 'node:timers/promises'
import { Client, needsFiles, type Kind } from './harness/client.ts'
import { expectEventStream } from './harness/contenders.ts'
import { Program } from './harness/program.ts'
import { bench, inTurn, isQuick, median, medianRatio, progress, publish, table } from './harness/results.ts'
import { Studio } from './harness/update.ts'

const CONNECTS = isQuick ? 500 : 5000
/** Time in ms over which the clients connect. */
const OVER = isQuick ? 200 : 1000
const ROUNDS = isQuick ? 1 : 7

interface Entrant {
  name: string
  kind: Kind
  hasFirst: boolean
  start: () => Program
  /** CPU time in µs for each connection. */
  costs: number[]
  /** Time in ms until the last client was connected. */
  times: number[]
}

await bench(async () => {
  needsFiles(CONNECTS)
  const studio = await Studio.open()
  const snapshot = JSON.stringify({ type: 'snapshot', serverTime: new Date(), stations: [JSON.parse(studio.update).station] })
  const ours = () => Program.contender('ours', [studio.icecast.url, JSON.stringify(studio.options)])
  const entrants: Entrant[] = [
    entrant('@fastify/websocket', 'ws', () => Program.contender('fastify-websocket'), false),
    entrant('@fastify/websocket, and a constant sent', 'ws', () => Program.contender('fastify-websocket', [snapshot])),
    entrant('fastify-icecast, WebSocket', 'ws', ours),
    entrant('fastify-icecast, server-sent events', 'sse', ours)
  ]
  const [bare, constant] = entrants
  const left: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const entrant of inTurn(entrants, round)) {
      progress(`round ${round + 1} of ${ROUNDS}: ${entrant.name}`)
      try {
        await storm(entrant)
      } catch (error) {
        entrants.splice(entrants.indexOf(entrant), 1)
        entrant.costs.length = 0
        left.push(`Without ${entrant.name}: ${error instanceof Error ? error.message : error}.`)
        progress(left.at(-1) ?? '')
      }
    }
  }
  await studio.close()

  publish('connect', 'Connect storm', `
${CONNECTS.toLocaleString('en')} connections over ${OVER} ms to a process that has just started, as after a restart: CPU time in µs for each, and the time until
the last client has received its first message (for @fastify/websocket alone: its handshake). Medians of ${ROUNDS} rounds, each in a new process;
ratios are the medians of the ratios of each round.
All contenders listen with a backlog of 4,096: with Node's default of 511 the kernel occasionally resets a connection of each of them.

${table(['', 'µs of CPU', '× bare', '× with a constant', 'the last after ms'], entrants.map(({ name, costs, times }) => [
    name, median(costs), medianRatio(costs, bare?.costs), medianRatio(costs, constant?.costs), median(times)
  ]))}

${left.join('\n')}
`)
})

function entrant (name: string, kind: Kind, start: () => Program, hasFirst = true): Entrant {
  return { name, kind, hasFirst, start, costs: [], times: [] }
}

async function storm ({ kind, hasFirst, start, costs, times }: Entrant): Promise<void> {
  const program = start()
  try {
    const port = await program.port()
    if (hasFirst && kind === 'sse') await expectEventStream(port)
    const client = new Client(port, kind)
    await delay(300)
    const before = program.cpu()
    times.push(await client.connect(CONNECTS, { over: OVER, hasFirst }))
    await delay(100)
    costs.push((program.cpu() - before) * 1000 / CONNECTS)
    await client.end()
  } finally {
    await program.end()
  }
}
