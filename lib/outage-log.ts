import type { FastifyBaseLogger } from 'fastify'

/** Logs an outage of Icecast once when it begins and once when it ends, however long it lasts. */
export class OutageLog {
  readonly #log: FastifyBaseLogger
  readonly #server: string
  #since: number | null = null

  /** `server`: its address, without a credential. */
  constructor (log: FastifyBaseLogger, server: string) {
    this.#log = log
    this.#server = server
  }

  fail (error: Error, since: number): void {
    if (this.#since !== null) return
    this.#since = since
    this.#log.warn({ err: error, server: this.#server }, 'Icecast can not be read; trying again until it can')
  }

  recover (tick: number): void {
    if (this.#since === null) return
    const seconds = Math.round((tick - this.#since) / 1000)
    this.#since = null
    this.#log.info({ server: this.#server, seconds }, 'Icecast can be read again')
  }
}
