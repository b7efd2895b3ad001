import { inspect } from 'node:util'
import type { FastifyBaseLogger } from 'fastify'

export interface OutageMessages {
  /** `reason` is the message of the first error. */
  begins (reason: string): string
  ends: string
}

/** A server that fails every other second would fill the log: outages that begin within this time of the last message are not logged. */
const MIN_LOG_INTERVAL_MS = 60_000

/** Logs an outage once when it begins and once when it ends, however long it lasts and however often it recurs. */
export class OutageLog {
  readonly #log: FastifyBaseLogger
  readonly #server: string | null
  readonly #messages: OutageMessages
  #since: number | null = null
  #isLogged = false
  #loggedAt = -Infinity

  /** `server` is its address without credentials, or null when the outage is not about a server. */
  constructor (log: FastifyBaseLogger, server: string | null, messages: OutageMessages) {
    this.#log = log
    this.#server = server
    this.#messages = messages
  }

  /** Both times are monotonic, in ms: when the outage began, and now. */
  fail (error: unknown, since: number, now: number): void {
    this.#since ??= since
    if (this.#isLogged || now - this.#loggedAt < MIN_LOG_INTERVAL_MS) return
    this.#isLogged = true
    this.#loggedAt = now
    const err = asError(error)
    this.#log.warn({ err: this.#server === null ? err : withoutStack(err), ...this.#bindings }, this.#messages.begins(err.message))
  }

  recover (now: number): void {
    if (this.#since === null) return
    const seconds = Math.round((now - this.#since) / 1000)
    this.#since = null
    if (!this.#isLogged) return
    this.#isLogged = false
    this.#log.info({ ...this.#bindings, seconds }, this.#messages.ends)
  }

  get #bindings (): { server?: string } { return this.#server === null ? {} : { server: this.#server } }
}

/** The stack of a network error shows nothing but this package. */
function withoutStack (error: Error & { code?: unknown }): { code: unknown, message: string } {
  return { code: error.code, message: error.message }
}

/** The user's code may throw anything. */
function asError (thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(typeof thrown === 'string' ? thrown : inspect(thrown, { customInspect: false }))
}
