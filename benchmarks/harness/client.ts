import { spawnSync } from 'node:child_process'
import { compile, Missing, Program } from './program.ts'

export type Kind = 'ws' | 'sse' | 'socketio'

let compiled: string | undefined

/** Many subscribers, in a process of their own. See `c/client.c`. */
export class Client {
  readonly #program: Program
  #total = 0

  constructor (port: number, kind: Kind, path = '/now-playing') {
    compiled ??= compile('client')
    this.#program = new Program(compiled, [String(port), path, kind])
  }

  /**
   * So many more, spread over `over` ms (0: as fast as the server takes them). `hasFirst`: each is waited for until it
   * has had its first message. Answers with the ms until the last was there.
   */
  async connect (count: number, { over = 0, hasFirst = false } = {}): Promise<number> {
    this.#program.say(`connect ${count} ${over} ${hasFirst ? 1 : 0}`)
    const [, ms = NaN, lost = NaN] = await this.#program.hear('connected', 60_000)
    if (lost > 0) throw new Error(`${lost} of ${count} connections were refused or lost`)
    this.#total = (await this.count()).messages
    return ms
  }

  /** How many messages have come in all, and how long the last was: the JSON, or the whole event. */
  async count (): Promise<{ messages: number, bytes: number }> {
    this.#program.say('count')
    const [messages = NaN, lost = NaN, bytes = NaN] = await this.#program.hear('count')
    if (lost > 0) throw new Error(`${lost} connections were lost`)
    return { messages, bytes }
  }

  /** Resolves when `count` messages more have come. */
  async receives (count: number): Promise<void> {
    this.#program.say(`wait ${this.#total += count}`)
    await this.#program.hear('got', 20_000)
  }

  async end (): Promise<void> {
    await this.#program.end()
  }
}

/** @throws Missing when this many connections can't be open in one process. */
export function needsFiles (count: number): void {
  const most = Number(spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout)
  if (most < count + 200) throw new Missing(`open files for ${count} connections (as root: ulimit -n ${count + 1000}; here ${most} is the most)`)
}
