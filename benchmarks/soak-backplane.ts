// Several instances with a real Redis: what happens at each failure, and ten minutes of many failures with hopping pages.
// soak-backplane.js [--minutes N] [--no-faults]: results are written only if N is at least ten.
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { fakeIcecast } from '../lib/testing/index.ts'
import { needsFiles } from './harness/client.ts'
import { allAgree, allShow, InstanceProcess, leaderOf, until } from '../test/helpers/instances.ts'
import { startRedis } from '../test/helpers/redis-server.ts'
import { bench, isQuick, median, progress, publish, table, whole } from './harness/results.ts'
import { startTcpProxy } from '../test/helpers/tcp-proxy.ts'
import { numberOf, titleOf } from './soak/numbers.ts'

const FULL = 10
const { values: { minutes: given, 'no-faults': hasNoFaults } } = parseArgs({ options: { minutes: { type: 'string', default: String(FULL) }, 'no-faults': { type: 'boolean', default: false } } })
const minutes = Number(given)
const SUBSCRIBERS = isQuick ? 200 : 2000
const INSTANCES = 4
/** Times in ms. */
const TITLE_EVERY = 1000
const KILL_EVERY = 20_000
const RESTART_REDIS_EVERY = 60_000
const LOOK_EVERY = 30_000
const AWAY = 2000
/** A page goes to another instance after a random time up to this. */
const MAX_STAY = 60_000
const SEEN_WITHIN = 15_000
const MB = 1024 * 1024

interface Track { id: string, text: string }
interface Station { id: string, track: Track | null }
interface Message { stations?: Station[], station?: Station }
/** The browser client's own rule of what is newer. It is compiled for browsers, so it has no types here. */
type Reorder = (onState: (station: Station) => void) => [unknown, unknown, take: (message: Message) => void]
const { reorder } = await import(new URL('../lib/client/reorder.js', import.meta.url).href) as { reorder: Reorder }

let problems: string[] = []

/** A page as the browser client shows it, that goes from one instance to another. */
class HoppingPage {
  #socket: WebSocket | null = null
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  readonly #instances: readonly InstanceProcess[]
  readonly #take: (message: Message) => void
  #track: Track | null = null
  hops = 0

  constructor (instances: readonly InstanceProcess[]) {
    this.#instances = instances;
    [, , this.#take] = reorder(({ track }) => this.#show(track))
    this.#open()
  }

  get number (): number { return numberOf(this.#track?.text) }

  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#socket?.terminate()
  }

  #open (): void {
    if (this.#isClosed) return
    const running = this.#instances.filter(({ isRunning }) => isRunning)
    const instance = running[Math.floor(Math.random() * running.length)]
    const socket = this.#socket = new WebSocket(`ws://127.0.0.1:${instance?.port ?? 1}/now-playing/main.mp3?history=0`, { perMessageDeflate: false })
    this.hops++
    socket.on('message', (data) => this.#take(JSON.parse(String(data))))
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(this.#timer)
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#open(), 50 + Math.random() * 200)
    })
    this.#timer = setTimeout(() => socket.terminate(), Math.random() * MAX_STAY)
  }

  #show (track: Track | null): void {
    const number = numberOf(track?.text)
    if (number === 0) return
    if (number < this.number) problems.push(`a page shows title ${number} after ${this.number}`)
    if (number === this.number && track?.id !== this.#track?.id) problems.push(`a page is told of title ${number} twice`)
    this.#track = track
  }
}

const rows: Array<[fault: string, limit: string, title: string, agreed: string]> = []
const verdicts: string[] = []

await bench(async () => {
  if (!(minutes > 0)) throw new Error('--minutes takes a number above 0')
  needsFiles(3 * SUBSCRIBERS)
  const redis = await startRedis()
  const proxy = await startTcpProxy(redis.port)
  const icecast = await fakeIcecast()
  icecast.source('/main.mp3')
  let title = 1
  const nextTitle = (): string => {
    icecast.title('/main.mp3', titleOf(++title))
    return titleOf(title)
  }
  const instances = Array.from({ length: INSTANCES }, () => new InstanceProcess({ icecast: icecast.url, redisPort: proxy.port, options: { interval: 500 } }))
  try {
    await Promise.all(instances.map((instance) => instance.start()))
    await until('one leads', () => leaderOf(instances) !== null)
    nextTitle()
    await until('all show the first title', () => allShow(instances, titleOf(title)))
    if (!hasNoFaults) await faults()
    await soak()
  } finally {
    await Promise.all(instances.map((instance) => instance.kill()))
    await Promise.all([icecast.close(), proxy.close()])
    await redis.close()
  }
  publish('backplane-soak', 'Several instances: failures', `
${INSTANCES} instances, a real Redis behind a TCP proxy, a fake Icecast. "Title": from Icecast showing a new title to all instances
that run showing it, during the failure. "Agreed": from the end of the failure to one leader and the same version everywhere.

${table(['failure', 'another leads', 'title, ms', 'agreed, ms'], rows)}

${minutes} minutes with ${whole(SUBSCRIBERS)} pages that go from one instance to another, a title each second, an instance killed each
${KILL_EVERY / 1000} s and Redis restarted empty each ${RESTART_REDIS_EVERY / 1000} s:

${verdicts.map((line) => `- ${line}`).join('\n')}
`, { isWritten: minutes >= FULL && !isQuick && !hasNoFaults })

  async function faults (): Promise<void> {
    /** `during`: who has to show the title while the failure lasts. Returns when that is so. */
    const during = async (who: readonly InstanceProcess[] = instances): Promise<number> => {
      const text = nextTitle()
      return await until(`title ${title}`, () => allShow(who, text))
    }
    const agreed = async (): Promise<number> => await until('all agree', async () => leaderOf(instances) !== null && await allAgree(instances), 60_000)
    const leader = (): InstanceProcess => {
      const found = leaderOf(instances)
      if (found === null) throw new Error('nobody leads')
      return found
    }
    /** ms until another one leads, by the clock of the machine. */
    const replaced = async (old: InstanceProcess, since: number): Promise<number> => {
      const others = instances.filter((instance) => instance !== old)
      await until('another leads', () => others.some(({ leads }) => leads))
      return Math.max(...others.filter(({ leads }) => leads).map(({ ledAt }) => ledAt)) - since
    }
    const note = (fault: string, led: number | null, title: number, agreed: number): void => {
      rows.push([fault, led === null ? '–' : whole(led), whole(title), whole(agreed)])
      progress(`${fault}: another leads ${led === null ? '–' : whole(led)}, title ${whole(title)}, agreed ${whole(agreed)}`)
    }

    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const old = leader()
      const since = Date.now()
      old.signal(signal)
      const led = await replaced(old, since)
      const shown = await during(instances.filter((instance) => instance !== old))
      await until('it has ended', () => !old.isRunning)
      await old.start()
      note(signal === 'SIGKILL' ? 'the leader is killed' : 'the leader closes', led, shown, await agreed())
    }
    {
      const old = leader()
      const since = Date.now()
      old.signal('SIGSTOP')
      const others = instances.filter((instance) => instance !== old)
      const led = await replaced(old, since)
      const shown = await during(others)
      await delay(Math.max(0, 8000 - (Date.now() - since)))
      old.signal('SIGCONT')
      note('the leader is stopped for 8 s', led, shown, await agreed())
    }
    {
      const old = leader()
      const since = Date.now()
      old.block(5000)
      const led = await replaced(old, since)
      const shown = await during(instances.filter((instance) => instance !== old))
      await delay(Math.max(0, 5000 - (Date.now() - since)))
      note('the leader\'s event loop is blocked for 5 s', led, shown, await agreed())
    }
    await redis.stop()
    const withoutRedis = await during()
    await redis.start()
    note('Redis is killed, and starts empty', null, withoutRedis, await agreed())

    await redis.command('SAVE')
    await delay(1000)
    for (const instance of [leader()]) {
      await instance.kill()
      await until('another leads', () => leaderOf(instances) !== null)
      await instance.start()
    }
    await during()
    await redis.stop()
    const withoutDump = await during()
    await redis.start()
    note('Redis is killed, and starts with an old dump', null, withoutDump, await agreed())

    await redis.command('CONFIG', 'SET', 'save', '')
    await redis.command('CLIENT', 'PAUSE', '10000')
    const paused = await during()
    await delay(Math.max(0, 10_000 - paused))
    note('CLIENT PAUSE for 10 s', null, paused, await agreed())

    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    note('the subscriptions are killed', null, await during(), await agreed())

    proxy.silence()
    const silent = await during()
    await delay(Math.max(0, 10_000 - silent))
    proxy.resume()
    note('the network is silent for 10 s', null, silent, await agreed())

    proxy.cut()
    note('all connections are cut', null, await during(), await agreed())
    for (const instance of instances) {
      const texts = instance.announced.map(({ text }) => text)
      const twice = texts.filter((text, index) => texts.indexOf(text) !== index)
      if (twice.length > 0) problems.push(`an instance has announced ${twice.join(', ')} twice`)
    }
    verdicts.push(`During the failures above, ${problems.length} problems: ${problems.slice(0, 5).join('; ') || 'no title was announced twice by an instance'}`)
    problems = []
  }

  async function soak (): Promise<void> {
    progress(`${SUBSCRIBERS} pages come`)
    const pages: HoppingPage[] = []
    while (pages.length < SUBSCRIBERS) {
      pages.push(...Array.from({ length: 50 }, () => new HoppingPage(instances)))
      await delay(20)
    }
    const [kept, ...others] = instances
    const memory: number[] = []
    let [kills, restarts, looks, missed] = [0, 0, 0, 0]
    const busy = new Set<Promise<void>>()
    const run = (act: () => Promise<void>): void => {
      const action = act().catch((error: unknown) => { problems.push(String(error)) }).finally(() => busy.delete(action))
      busy.add(action)
    }
    const kill = async (): Promise<void> => {
      const victim = others[kills++ % others.length]
      await victim?.kill()
      await delay(AWAY)
      await victim?.start()
    }
    const restartRedis = async (): Promise<void> => {
      restarts++
      await redis.stop()
      await delay(AWAY)
      await redis.start()
    }
    const look = async (): Promise<void> => {
      const lack = (): number => pages.filter(({ number }) => number !== title).length
      await until('all pages show the title', () => lack() === 0, SEEN_WITHIN).catch(() => { missed += lack() })
      looks++
      progress(`title ${title}: missed ${missed}, problems ${problems.length}, memory ${whole((memory.at(-1) ?? 0) / MB)} MB`)
    }
    const start = performance.now()
    const end = start + minutes * 60_000
    let [killAt, restartAt, lookAt] = [start + KILL_EVERY, start + RESTART_REDIS_EVERY, start + LOOK_EVERY]
    while (performance.now() < end) {
      const now = performance.now()
      nextTitle()
      if (now >= killAt) {
        killAt += KILL_EVERY
        run(kill)
      }
      if (now >= restartAt) {
        restartAt += RESTART_REDIS_EVERY
        run(restartRedis)
      }
      if (now >= lookAt) {
        lookAt += LOOK_EVERY
        await look()
        if (kept?.isRunning) memory.push((await kept.figures()).rss)
      }
      await delay(TITLE_EVERY)
    }
    await Promise.all(busy)
    await look()
    await until('all agree', async () => leaderOf(instances) !== null && await allAgree(instances), 60_000)
    for (const page of pages) page.close()
    const third = Math.ceil(memory.length / 3)
    const [first, last] = [median(memory.slice(0, third)), median(memory.slice(-third))]
    const count = (what: RegExp): number => problems.filter((problem) => what.test(problem)).length
    verdicts.push(
      `${whole(title)} titles, ${kills} kills, ${restarts} restarts of Redis, ${whole(pages.reduce((sum, { hops }) => sum + hops, 0))} connections`,
      `Pages that missed the held title, in ${looks} looks: ${missed}`,
      `Pages that were shown an older title after a newer: ${count(/after/)}`,
      `Pages that were told of a title twice: ${count(/twice/)}`,
      `Memory of the instance that was never killed: ${whole(first / MB)} MB in the first third, ${whole(last / MB)} MB in the last`,
      `Other problems: ${problems.filter((problem) => !/after|twice/.test(problem)).slice(0, 5).join('; ') || 'none'}`)
    progress(problems.slice(0, 10).join('\n'))
  }
})
