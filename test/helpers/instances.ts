import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './ports.ts'

export interface InstanceOptions {
  /** The address of Icecast. */
  icecast: string
  /** 0: no backplane. */
  redisPort: number
  /** Options of the plugin. */
  options?: object
  /** The compiled `instance.ts`, if it is not beside this file. */
  program?: string
}

interface News {
  port?: number
  leads?: boolean
  version?: string
  track?: { id: string, text: string }
  line?: string
  rss?: number
  cpu?: number
  /** The wall clock in ms. */
  at: number
}

interface NowPlaying {
  version: string
  stations: Array<{ id: string, status: string, version: string, track: { id: string, text: string } | null }>
}

/** One instance of an app in a process of its own. It keeps its port over restarts. */
export class InstanceProcess {
  readonly #options: InstanceOptions
  readonly #events = new EventEmitter()
  #child: ChildProcess | null = null
  #leads = false
  #port = 0
  /** When it last began to lead, in ms of the wall clock. */
  ledAt = 0
  /** What it has announced since it was started last. */
  announced: Array<{ id: string, text: string, at: number }> = []
  readonly log: string[] = []

  constructor (options: InstanceOptions) {
    this.#options = options
  }

  get port (): number { return this.#port }
  get isRunning (): boolean { return this.#child !== null }
  get leads (): boolean { return this.#leads && this.isRunning }

  async start (): Promise<void> {
    const { icecast, redisPort, options = {}, program = fileURLToPath(new URL('instance.js', import.meta.url)) } = this.#options
    this.#port ||= await freePort()
    // The channel to it ends it with this process.
    const child = fork(program, [icecast, String(redisPort), JSON.stringify(options), String(this.#port)], { execArgv: [] })
    this.#child = child
    this.#leads = false
    this.announced = []
    child.on('message', (news: News) => this.#receive(news))
    child.once('exit', (code, signal) => {
      this.#events.emit('exit', code ?? signal)
      if (this.#child !== child) return
      this.#child = null
      this.#leads = false
    })
    await Promise.race([
      once(this.#events, 'port'),
      once(this.#events, 'exit').then(([reason]) => { throw new Error(`an instance ended (${reason}): ${this.log.join('')}`) })
    ])
  }

  /** SIGTERM closes the app; resolves at once. */
  signal (signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Blocks its event loop for so many ms. */
  block (ms: number): void {
    this.#child?.send({ blocks: ms })
  }

  async kill (): Promise<void> {
    const child = this.#child
    if (child === null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  /** Its memory in bytes and its CPU time in ms. */
  async figures (): Promise<{ rss: number, cpu: number }> {
    const answer = once(this.#events, 'figures')
    this.#child?.send({ asks: true })
    const [figures] = await answer
    return figures
  }

  /** What it shows: `/now-playing`. */
  async list (): Promise<NowPlaying> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/now-playing?history=0`, { signal: AbortSignal.timeout(5000) })
    return await response.json() as NowPlaying
  }

  #receive (news: News): void {
    if (news.port !== undefined) this.#events.emit('port')
    if (news.track !== undefined) this.announced.push({ ...news.track, at: news.at })
    if (news.line !== undefined) this.log.push(news.line)
    if (news.rss !== undefined) this.#events.emit('figures', { rss: news.rss, cpu: news.cpu })
    if (news.leads === undefined) return
    this.#leads = news.leads
    if (news.leads) this.ledAt = news.at
  }
}

/** Tries again every 10 ms until it is true. Resolves with the ms that it took. */
export async function until (what: string, isSo: () => boolean | Promise<boolean>, ms = 20_000): Promise<number> {
  const start = performance.now()
  while (!await isSo()) {
    if (performance.now() - start > ms) throw new Error(`${what}: not within ${ms} ms`)
    await delay(10)
  }
  return performance.now() - start
}

/** The only one that leads, or null. */
export function leaderOf (instances: readonly InstanceProcess[]): InstanceProcess | null {
  const leaders = instances.filter(({ leads }) => leads)
  return leaders.length === 1 ? leaders[0] ?? null : null
}

/** Whether all that run show this text. */
export async function allShow (instances: readonly InstanceProcess[], text: string): Promise<boolean> {
  const lists = await Promise.all(instances.filter(({ isRunning }) => isRunning).map((instance) => instance.list().catch(() => null)))
  return lists.every((list) => list?.stations[0]?.track?.text === text)
}

/** Whether all that run show the same version. */
export async function allAgree (instances: readonly InstanceProcess[]): Promise<boolean> {
  const lists = await Promise.all(instances.filter(({ isRunning }) => isRunning).map((instance) => instance.list().catch(() => null)))
  return lists.every((list) => list !== null && list.version === lists[0]?.version)
}
