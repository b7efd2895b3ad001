// Fan-out: the server's CPU time for each delivered update, compared with the alternatives.
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { chart } from './harness/chart.ts'
import { needsFiles } from './harness/client.ts'
import { C_LOOP, contenders, PLAIN_LOOPS, type Contender, type Running, type Transport } from './harness/contenders.ts'
import { Missing, source } from './harness/program.ts'
import { bench, inTurn, isQuick, median, medianRatio, progress, publish, table } from './harness/results.ts'
import { Studio } from './harness/update.ts'

const SIZES = isQuick ? [100, 1000] : [1000, 5000, 10_000]
const ROUNDS = isQuick ? 2 : 7
/** Deliveries in a round: a few hundred ms of CPU, whose clock has a resolution of 10 ms. */
const DELIVERIES = isQuick ? 5000 : 30_000
/** Pause in ms between two updates: longer than the plugin's minimum between two reads, so that all contenders are idle for the same time. */
const PAUSE = 60
/** Updates in a round with a single subscriber. */
const ALONE = 40

interface Entrant extends Running {
  contender: Contender
  /** CPU time in µs for each delivered update, by round, for each number of subscribers. */
  costs: number[][]
  /** The number of subscribers. */
  subscribers: number
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
      entrants.push({ contender, ...await contender.start(studio), costs: SIZES.map(() => []), subscribers: 0 })
    } catch (error) {
      leaveOut(nameOf({ contender }), error)
    }
  }
  const ours = entrants.find(({ contender }) => contender.isOurs)
  const alone = ours === undefined ? NaN : await measureAlone(ours)
  for (const [at, size] of SIZES.entries()) {
    for (const entrant of entrants.slice()) {
      progress(`${size} subscribers connect to ${nameOf(entrant)}`)
      try {
        await join(entrant, size)
        // Warm-up, so that the code is compiled.
        await deliver(entrant, Math.ceil(DELIVERIES / size))
      } catch (error) {
        await drop(entrant, error)
      }
    }
    for (let round = 0; round < ROUNDS; round++) {
      progress(`${size} subscribers, round ${round + 1} of ${ROUNDS}`)
      for (const entrant of inTurn(entrants, round)) {
        try {
          entrant.costs[at]?.push(await deliver(entrant, Math.ceil(DELIVERIES / size)))
        } catch (error) {
          await drop(entrant, error)
        }
      }
    }
  }

  const sizes = await Promise.all(entrants.map(async (entrant) => `${nameOf(entrant)} ${(await entrant.client.count()).bytes}`))
  await studio.close()
  publish('fanout', 'Fan-out: CPU per delivered update', `
CPU time of the server in µs (user and system, all threads) for one update to one subscriber, and its ratio to that of the C loop and of a plain loop in
Node: the medians of the ratios of each round. ${studio.update.length}-byte
updates, each sent ${PAUSE} ms after all subscribers have received the one before; subscribers in a separate process; medians of ${ROUNDS} rounds of about ${DELIVERIES.toLocaleString('en')} deliveries, the contenders in turn. The figure of
fastify-icecast includes everything: reading Icecast, parsing its document, serializing the JSON. The other contenders receive the
finished message. With a single subscriber an update costs fastify-icecast ${alone.toFixed(1)} ms, almost all of it for reading Icecast:
${SIZES.map((size) => `${(alone * 1000 / size).toFixed(1)} µs of each delivery to ${size.toLocaleString('en')}`).join(', ')}.

${(['WebSocket', 'server-sent events'] as const).map((transport) => tableOf(entrants, transport)).join('\n\n')}

Bytes of the last message as received: ${sizes.join(', ')}.
${notes.join('\n')}
`)
  const svg = chart(SIZES, entrants.map(({ contender, costs }) => ({ ...contender, isOurs: contender.isOurs === true, values: costs.map(median) })))
  if (!isQuick) writeFileSync(source('fanout.svg'), svg)
})

async function join (entrant: Entrant, size: number): Promise<void> {
  await entrant.client.connect(size - entrant.subscribers, { hasFirst: entrant.hasFirst })
  entrant.subscribers = size
}

/** CPU time in ms for an update to a single subscriber. */
async function measureAlone (entrant: Entrant): Promise<number> {
  progress(`1 subscriber of ${nameOf(entrant)}`)
  await join(entrant, 1)
  const costs: number[] = []
  for (let round = -1; round < ROUNDS; round++) costs.push(await deliver(entrant, ALONE))
  return median(costs.slice(1)) / 1000
}

/** CPU time in µs for each delivery of `updates` updates. */
async function deliver ({ program, client, publish, subscribers }: Entrant, updates: number): Promise<number> {
  const before = program.cpu()
  for (let update = 0; update < updates; update++) {
    const received = client.receives(subscribers)
    await publish()
    await received
    await delay(PAUSE)
  }
  await delay(20)
  return (program.cpu() - before) * 1000 / (subscribers * updates)
}

function tableOf (entrants: readonly Entrant[], transport: Transport): string {
  const these = entrants.filter(({ contender }) => contender.transport === transport)
  const named = (name: string): Entrant | undefined => these.find(({ contender }) => contender.name === name)
  const [c, loop] = [named(C_LOOP), named(PLAIN_LOOPS[transport])]
  return table([transport, ...SIZES.flatMap((size) => [`${size.toLocaleString('en')}: µs`, '× C', '× loop'])], these.map(({ contender, costs }) => [
    contender.name,
    ...costs.flatMap((cost, at) => [median(cost), medianRatio(cost, c?.costs[at]), medianRatio(cost, loop?.costs[at])])
  ]))
}

function nameOf ({ contender }: Pick<Entrant, 'contender'>): string {
  return `${contender.name} (${contender.transport})`
}
