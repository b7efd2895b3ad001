import type { FastifyBaseLogger } from 'fastify'

interface Words {
  begins: string
  ends: string
}

/** ms from one outage that is told to the next: a server that fails every other second would fill the log. */
const QUIET = 60_000

/** Logs an outage once when it begins and once when it ends, however long it lasts and however often it comes. */
export class OutageLog {
  readonly #log: FastifyBaseLogger
  readonly #server: string
  readonly #words: Words
  #since: number | null = null
  #isTold = false
  #toldAt = -Infinity

  /** `server`: its address, without a credential. */
  constructor (log: FastifyBaseLogger, server: string, words: Words) {
    this.#log = log
    this.#server = server
    this.#words = words
  }

  /** `since`: the tick at which it began; `tick`: now. */
  fail (error: Error, since: number, tick: number): void {
    this.#since ??= since
    if (this.#isTold || tick - this.#toldAt < QUIET) return
    this.#isTold = true
    this.#toldAt = tick
    this.#log.warn({ err: error, server: this.#server }, this.#words.begins)
  }

  recover (tick: number): void {
    if (this.#since === null) return
    const seconds = Math.round((tick - this.#since) / 1000)
    this.#since = null
    if (!this.#isTold) return
    this.#isTold = false
    this.#log.info({ server: this.#server, seconds }, this.#words.ends)
  }
}
