import { inspect } from 'node:util'
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
  readonly #about: { server?: string }
  readonly #words: Words
  #since: number | null = null
  #isTold = false
  #toldAt = -Infinity

  /** `server`: its address, without a credential; null: it is about none. */
  constructor (log: FastifyBaseLogger, server: string | null, words: Words) {
    this.#log = log
    this.#about = server === null ? {} : { server }
    this.#words = words
  }

  /** `since`: the tick at which it began; `tick`: now. */
  fail (error: unknown, since: number, tick: number): void {
    this.#since ??= since
    if (this.#isTold || tick - this.#toldAt < QUIET) return
    this.#isTold = true
    this.#toldAt = tick
    this.#log.warn({ err: asError(error), ...this.#about }, this.#words.begins)
  }

  recover (tick: number): void {
    if (this.#since === null) return
    const seconds = Math.round((tick - this.#since) / 1000)
    this.#since = null
    if (!this.#isTold) return
    this.#isTold = false
    this.#log.info({ ...this.#about, seconds }, this.#words.ends)
  }
}

/** What the user's code throws need not be an error. */
function asError (thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : inspect(thrown, { customInspect: false }))
}
