import type { FastifyBaseLogger } from 'fastify'

interface Words {
  begins: string
  ends: string
}

/** Logs an outage once when it begins and once when it ends, however long it lasts. */
export class OutageLog {
  readonly #log: FastifyBaseLogger
  readonly #server: string
  readonly #words: Words
  #since: number | null = null

  /** `server`: its address, without a credential. */
  constructor (log: FastifyBaseLogger, server: string, words: Words) {
    this.#log = log
    this.#server = server
    this.#words = words
  }

  /** `since`: the tick at which it began. */
  fail (error: Error, since: number): void {
    if (this.#since !== null) return
    this.#since = since
    this.#log.warn({ err: error, server: this.#server }, this.#words.begins)
  }

  recover (tick: number): void {
    if (this.#since === null) return
    const seconds = Math.round((tick - this.#since) / 1000)
    this.#since = null
    this.#log.info({ server: this.#server, seconds }, this.#words.ends)
  }
}
