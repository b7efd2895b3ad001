import { spawnSync } from 'node:child_process'
import { compile, Missing, Program } from './program.ts'

export type Kind = 'ws' | 'sse' | 'socketio'

let compiled: string | undefined

/** Many subscribers in a separate process. See `c/client.c`. */
export class Client {
  readonly #program: Program
  #total = 0

  constructor (port: number, kind: Kind, path = '/now-playing') {
    compiled ??= compile('client')
    this.#program = new Program(compiled, [String(port), path, kind])
  }

  /**
   * Connects `count` more subscribers over `over` ms (0: as fast as the server accepts them). `hasFirst`: waits until each
   * has received its first message. Resolves to the time in ms until the last was connected.
   */
  async connect (count: number, { over = 0, hasFirst = false } = {}): Promise<number> {
    this.#program.say(`connect ${count} ${over} ${hasFirst ? 1 : 0}`)
    const [, ms = NaN, lost = NaN] = await this.#program.hear('connected', 60_000)
    if (lost > 0) throw new Error(`${lost} of ${count} connections were refused or lost`)
    this.#total = (await this.count()).messages
    return ms
  }

  /** The total number of received messages, and the length of the last one: the JSON, or the whole event. */
  async count (): Promise<{ messages: number, bytes: number }> {
    this.#program.say('count')
    const [messages = NaN, lost = NaN, bytes = NaN] = await this.#program.hear('count')
    if (lost > 0) throw new Error(`${lost} connections were lost`)
    return { messages, bytes }
  }

  /** Resolves when `count` more messages were received. */
  async receives (count: number): Promise<void> {
    this.#program.say(`wait ${this.#total += count}`)
    await this.#program.hear('got', 20_000)
  }

  async end (): Promise<void> {
    await this.#program.end()
  }
}

/** @throws Missing when one process cannot have this many open connections. */
export function needsFiles (count: number): void {
  const most = Number(spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout)
  if (most < count + 200) throw new Missing(`open files for ${count} connections (as root: ulimit -n ${count + 1000}; here ${most} is the most)`)
}
