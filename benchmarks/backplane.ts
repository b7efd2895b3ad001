// What a change costs an instance that leads and one that follows, beside one instance without a backplane.
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { fakeIcecast } from '../lib/testing/index.ts'
import { needsFiles } from './harness/client.ts'
import { InstanceProcess, leaderOf, until } from '../test/helpers/instances.ts'
import { startRedis } from '../test/helpers/redis-server.ts'
import { bench, isQuick, median, progress, publish, table, whole } from './harness/results.ts'
import { numberOf, titleOf } from './soak/numbers.ts'

const SUBSCRIBERS = isQuick ? 200 : 5000
const CHANGES = isQuick ? 20 : 50
const CHANGE_EVERY = 500
const IDLE = 10_000

/** The subscribers of one instance; only the first one looks at what it receives. */
class Subscribers {
  readonly #sockets: WebSocket[] = []
  /** When the first one has received each title. */
  readonly receivedAt = new Map<number, number>()

  async connect (port: number): Promise<void> {
    while (this.#sockets.length < SUBSCRIBERS) {
      const more = Array.from({ length: 50 }, () => new WebSocket(`ws://127.0.0.1:${port}/now-playing/main.mp3?history=0`, { perMessageDeflate: false }))
      await Promise.all(more.map((socket) => new Promise((resolve, reject) => { socket.once('open', resolve).once('error', reject) })))
      this.#sockets.push(...more)
    }
    this.#sockets[0]?.on('message', (data) => {
      const number = numberOf(String(data))
      if (!this.receivedAt.has(number)) this.receivedAt.set(number, performance.now())
    })
  }

  close (): void { for (const socket of this.#sockets) socket.terminate() }
}

await bench(async () => {
  needsFiles(3 * SUBSCRIBERS)
  const redis = await startRedis()
  const icecast = await fakeIcecast()
  icecast.source('/main.mp3')
  let title = 0
  const changes = async (): Promise<void> => {
    for (let count = 0; count < CHANGES; count++) {
      icecast.title('/main.mp3', titleOf(++title))
      await delay(CHANGE_EVERY)
    }
  }
  /** CPU time in ms of each instance for one change, and the ms after which the followers have it. */
  const measure = async (count: number, redisPort: number): Promise<{ leader: number, follower: number, latency: number[], commands: number }> => {
    const instances = Array.from({ length: count }, () => new InstanceProcess({ icecast: icecast.url, redisPort, options: { interval: 100 } }))
    const subscribers = instances.map(() => new Subscribers())
    try {
      await Promise.all(instances.map((instance) => instance.start()))
      if (redisPort !== 0) await until('one leads', () => leaderOf(instances) !== null)
      await Promise.all(subscribers.map((some, index) => some.connect(instances[index]?.port ?? 0)))
      const commandsBefore = await commands()
      const idleBefore = await Promise.all(instances.map((instance) => instance.figures()))
      await delay(IDLE)
      const idleAfter = await Promise.all(instances.map((instance) => instance.figures()))
      const perSecond = (await commands() - commandsBefore) / IDLE * 1000 / count
      await changes()
      const after = await Promise.all(instances.map((instance) => instance.figures()))
      const costs = instances.map((_, index) => {
        const [a, b, c] = [idleBefore[index]?.cpu ?? NaN, idleAfter[index]?.cpu ?? NaN, after[index]?.cpu ?? NaN]
        return (c - b - (b - a) * CHANGES * CHANGE_EVERY / IDLE) / CHANGES
      })
      const leads = redisPort === 0 ? 0 : instances.findIndex((instance) => instance.leads)
      const first = subscribers[leads]?.receivedAt ?? new Map<number, number>()
      const latency = subscribers.filter((_, index) => index !== leads).flatMap(({ receivedAt }) =>
        Array.from(receivedAt, ([number, at]) => at - (first.get(number) ?? NaN)).filter(Number.isFinite))
      progress(`${count} instances: ${costs.map((cost) => cost.toFixed(1)).join(', ')} ms of CPU for a change; ${perSecond.toFixed(1)} commands a second each`)
      return { leader: costs[leads] ?? NaN, follower: median(costs.filter((_, index) => index !== leads)), latency, commands: perSecond }
    } finally {
      for (const some of subscribers) some.close()
      await Promise.all(instances.map((instance) => instance.kill()))
    }
  }
  const commands = async (): Promise<number> => Number(/total_commands_processed:(\d+)/.exec(await redis.command('INFO', 'stats'))?.[1])
  try {
    const alone = await measure(1, 0)
    const several = await measure(3, redis.port)
    publish('backplane', 'Several instances: what a change costs', `
${whole(SUBSCRIBERS)} WebSocket subscribers of each instance, ${CHANGES} changes, ${CHANGE_EVERY} ms apart. Idle costs are subtracted.

${table(['instance', 'CPU for a change, ms'], [
  ['one, without a backplane', alone.leader],
  ['the leader of three', several.leader],
  ['a follower', several.follower]
])}

A change is on the others ${median(several.latency).toFixed(1)} ms (median) after it is on the leader, at the most
${Math.max(...several.latency).toFixed(0)} ms. While nothing changes Redis runs ${several.commands.toFixed(1)} commands a second for
each instance, with those inside of scripts. The three instances and all subscribers share the cores of one machine, so their
figures are higher than on machines of their own. Socket.IO with its Redis adapter is not measured.
`)
  } finally {
    await icecast.close()
    await redis.close()
  }
})
