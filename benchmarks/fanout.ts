// What one update costs the server for each subscriber that it reaches, beside what else one would use.
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { chart } from './harness/chart.ts'
import { needsFiles } from './harness/client.ts'
import { C_LOOP, contenders, type Contender, type Running, type Transport } from './harness/contenders.ts'
import { Missing, source } from './harness/program.ts'
import { bench, inTurn, isQuick, median, progress, publish, table } from './harness/results.ts'
import { Studio } from './harness/update.ts'

const SIZES = isQuick ? [100, 1000] : [1000, 5000, 10_000]
const ROUNDS = isQuick ? 2 : 5
/** Deliveries in a round: enough for the CPU's clock, which ticks each 10 ms. */
const DELIVERIES = isQuick ? 5000 : 40_000

interface Entrant extends Running {
  contender: Contender
  /** µs of CPU for each delivered update, by round, for each of the sizes. */
  costs: number[][]
}

await bench(async () => {
  needsFiles(SIZES.at(-1) ?? 0)
  const studio = await Studio.open()
  const entrants: Entrant[] = []
  const notes: string[] = []
  const leaveOut = (name: string, error: unknown) => {
    notes.push(`Without ${name}: ${error instanceof Missing ? 'missing, ' : ''}${error instanceof Error ? error.message : error}.`)
    progress(notes.at(-1) ?? '')
  }
  const drop = async (entrant: Entrant, error: unknown) => {
    entrants.splice(entrants.indexOf(entrant), 1)
    await Promise.all([entrant.program.end(), entrant.client.end()])
    leaveOut(nameOf(entrant), error)
  }

  for (const contender of contenders) {
    try {
      entrants.push({ contender, ...await contender.start(studio), costs: SIZES.map(() => []) })
    } catch (error) {
      leaveOut(nameOf({ contender }), error)
    }
  }
  let subscribers = 0
  for (const [at, size] of SIZES.entries()) {
    for (const entrant of entrants.slice()) {
      progress(`${size} subscribers connect to ${nameOf(entrant)}`)
      try {
        await entrant.client.connect(size - subscribers, { hasFirst: entrant.hasFirst })
        // Once for nothing: so that everything is compiled.
        await deliver(entrant, size, Math.ceil(DELIVERIES / 2 / size))
      } catch (error) {
        await drop(entrant, error)
      }
    }
    subscribers = size
    for (let round = 0; round < ROUNDS; round++) {
      progress(`${size} subscribers, round ${round + 1} of ${ROUNDS}`)
      for (const entrant of inTurn(entrants, round)) {
        try {
          entrant.costs[at]?.push(await deliver(entrant, size, Math.ceil(DELIVERIES / size)))
        } catch (error) {
          await drop(entrant, error)
        }
      }
    }
  }

  const sizes = await Promise.all(entrants.map(async (entrant) => `${nameOf(entrant)} ${(await entrant.client.count()).bytes}`))
  await studio.close()
  publish('fanout', 'Fan-out: CPU per delivered update', `
µs of the server's CPU (user and system, all threads) for one update to one subscriber, and beside it how often that is what
the C loop takes. ${studio.update.length}-byte updates, each sent when all have had the one before; subscribers in a process of their own;
medians of ${ROUNDS} rounds of about ${DELIVERIES.toLocaleString('en')} deliveries, the contenders in turn. fastify-icecast's figure has
everything in it: asking Icecast, reading its document, making the JSON. The others are given the finished message.

${(['WebSocket', 'server-sent events'] as const).map((transport) => tableOf(entrants, transport)).join('\n\n')}

Bytes of the last message as received: ${sizes.join(', ')}.
${notes.join('\n')}
`)
  const svg = chart(SIZES, entrants.map(({ contender, costs }) => ({ ...contender, isOurs: contender.isOurs === true, values: costs.map(median) })))
  if (!isQuick) writeFileSync(source('fanout.svg'), svg)
})

/** µs of CPU for each delivery of so many updates. */
async function deliver ({ program, client, publish }: Entrant, subscribers: number, updates: number): Promise<number> {
  const before = program.cpu()
  for (let update = 0; update < updates; update++) {
    const received = client.receives(subscribers)
    await publish()
    await received
    await delay(5)
  }
  await delay(20)
  return (program.cpu() - before) * 1000 / (subscribers * updates)
}

function tableOf (entrants: readonly Entrant[], transport: Transport): string {
  const these = entrants.filter(({ contender }) => contender.transport === transport)
  const base = these.find(({ contender }) => contender.name === C_LOOP)
  return table([transport, ...SIZES.flatMap((size) => [`${size.toLocaleString('en')}: µs`, '× C'])], these.map(({ contender, costs }) => [
    contender.name,
    ...costs.flatMap((cost, at) => [median(cost), median(cost) / median(base?.costs[at] ?? [])])
  ]))
}

function nameOf ({ contender }: Pick<Entrant, 'contender'>): string {
  return `${contender.name} (${contender.transport})`
}
