// What a change costs an instance that leads and one that follows, beside one instance without a backplane, and beside socket.io
// with its Redis adapter.
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { fakeIcecast } from '../lib/testing/index.ts'
import { Client, needsFiles, type Kind } from './harness/client.ts'
import { InstanceProcess, leaderOf, until } from '../test/helpers/instances.ts'
import { startRedis } from '../test/helpers/redis-server.ts'
import { Program, source } from './harness/program.ts'
import { bench, isQuick, median, progress, publish, table, whole } from './harness/results.ts'
import { numberOf, titleOf } from './soak/numbers.ts'

const SUBSCRIBERS = isQuick ? 200 : 5000
const CHANGES = isQuick ? 20 : 50
const CHANGE_EVERY = 500
const IDLE = 10_000

const PATH = '/now-playing/main.mp3?history=0'

/** One subscriber that looks at what it receives. */
class Observer {
  readonly #socket: WebSocket
  /** When it has received each title. */
  readonly receivedAt = new Map<number, number>()
  last = ''

  constructor (port: number) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}${PATH}`, { perMessageDeflate: false })
    this.#socket.on('message', (data) => {
      this.last = String(data)
      const number = numberOf(this.last)
      if (!this.receivedAt.has(number)) this.receivedAt.set(number, performance.now())
    })
  }

  close (): void { this.#socket.terminate() }
}

/** Connects subscribers to each port. */
async function subscribe (ports: readonly number[], kind: Kind, path: string): Promise<Client[]> {
  const clients = ports.map((port) => new Client(port, kind, path))
  for (const client of clients) await client.connect(SUBSCRIBERS)
  return clients
}

/** CPU time in ms of each process for one change. `cpus`: the CPU time in ms of each so far. */
async function costOf (cpus: () => Promise<number[]>, change: () => Promise<void> | void, whenIdle = async (): Promise<void> => {}): Promise<number[]> {
  const before = await cpus()
  await delay(IDLE)
  const idle = await cpus()
  await whenIdle()
  for (let count = 0; count < CHANGES; count++) {
    await change()
    await delay(CHANGE_EVERY)
  }
  const after = await cpus()
  return after.map((c, index) => {
    const [a = NaN, b = NaN] = [before[index], idle[index]]
    return (c - b - (b - a) * CHANGES * CHANGE_EVERY / IDLE) / CHANGES
  })
}

/** The same with socket.io: the instance that emits the message, and one that receives it over Redis. Null when it is not installed. */
async function measureSocketIo (redisPort: number, message: string): Promise<{ emitting: number, receiving: number } | null> {
  if (!existsSync(source('peers/node_modules/@socket.io/redis-adapter'))) return null
  const programs = Array.from({ length: 3 }, () => Program.contender('socket.io-redis', [String(redisPort)]))
  const clients: Client[] = []
  try {
    clients.push(...await subscribe(await Promise.all(programs.map((program) => program.port())), 'socketio', '/socket.io/?EIO=4&transport=websocket'))
    const [emitting = NaN, ...receiving] = await costOf(async () => programs.map((program) => program.cpu()), () => programs[0]?.say(message))
    progress(`socket.io: ${emitting.toFixed(1)}, ${receiving.map((cost) => cost.toFixed(1)).join(', ')} ms of CPU for a change`)
    return { emitting, receiving: median(receiving) }
  } finally {
    await Promise.all([...clients, ...programs].map((one) => one.end()))
  }
}

await bench(async () => {
  needsFiles(3 * SUBSCRIBERS)
  const redis = await startRedis()
  const icecast = await fakeIcecast()
  icecast.source('/main.mp3')
  let title = 0
  /** CPU time in ms of each instance for one change, the ms after which the followers have it, and the last message. */
  const measure = async (count: number, redisPort: number): Promise<{ leader: number, follower: number, latency: number[], commands: number, message: string }> => {
    const instances = Array.from({ length: count }, () => new InstanceProcess({ icecast: icecast.url, redisPort, options: { interval: 100 } }))
    const clients: Client[] = []
    const observers: Observer[] = []
    try {
      await Promise.all(instances.map((instance) => instance.start()))
      if (redisPort !== 0) await until('one leads', () => leaderOf(instances) !== null)
      clients.push(...await subscribe(instances.map(({ port }) => port), 'ws', PATH))
      observers.push(...instances.map(({ port }) => new Observer(port)))
      const commandsBefore = await commands()
      let perSecond = NaN
      const costs = await costOf(
        async () => (await Promise.all(instances.map((instance) => instance.figures()))).map(({ cpu }) => cpu),
        () => { icecast.title('/main.mp3', titleOf(++title)) },
        async () => { perSecond = (await commands() - commandsBefore) / IDLE * 1000 / count })
      const leads = redisPort === 0 ? 0 : instances.findIndex((instance) => instance.leads)
      const first = observers[leads]?.receivedAt ?? new Map<number, number>()
      const latency = observers.filter((_, index) => index !== leads).flatMap(({ receivedAt }) =>
        Array.from(receivedAt, ([number, at]) => at - (first.get(number) ?? NaN)).filter(Number.isFinite))
      progress(`${count} instances: ${costs.map((cost) => cost.toFixed(1)).join(', ')} ms of CPU for a change; ${perSecond.toFixed(1)} commands a second each`)
      return { leader: costs[leads] ?? NaN, follower: median(costs.filter((_, index) => index !== leads)), latency, commands: perSecond, message: observers[leads]?.last ?? '' }
    } finally {
      for (const observer of observers) observer.close()
      await Promise.all([...clients.map((client) => client.end()), ...instances.map((instance) => instance.kill())])
    }
  }
  const commands = async (): Promise<number> => Number(/total_commands_processed:(\d+)/.exec(await redis.command('INFO', 'stats'))?.[1])
  try {
    const alone = await measure(1, 0)
    const several = await measure(3, redis.port)
    const socketIo = await measureSocketIo(redis.port, several.message)
    publish('backplane', 'Several instances: what a change costs', `
${whole(SUBSCRIBERS)} WebSocket subscribers of each instance, ${CHANGES} changes, ${CHANGE_EVERY} ms apart. Idle costs are subtracted.

${table(['instance', 'CPU for a change, ms'], [
  ['one, without a backplane', alone.leader],
  ['the leader of three', several.leader],
  ['a follower', several.follower],
  ...socketIo === null ? [] : [['socket.io, the one of three that emits', socketIo.emitting] as const, ['socket.io, one that receives over Redis', socketIo.receiving] as const]
])}

A change is on the others ${median(several.latency).toFixed(1)} ms (median) after it is on the leader, at the most
${Math.max(...several.latency).toFixed(0)} ms. While nothing changes Redis runs ${several.commands.toFixed(1)} commands a second for
each instance, with those inside of scripts. The three instances and all subscribers share the cores of one machine, so their
figures are higher than on machines of their own. socket.io has its Redis adapter and sends the same message to everyone: it does not read
Icecast, and keeps no state.${socketIo === null ? ' It was not measured: npm install --prefix benchmarks/peers.' : ''}
`)
  } finally {
    await icecast.close()
    await redis.close()
  }
})
