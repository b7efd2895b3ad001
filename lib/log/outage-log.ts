import { inspect } from 'node:util'
import type { FastifyBaseLogger } from 'fastify'
import { publishOutage } from './diagnostics.ts'

/** What can fail while the plugin goes on. */
export type OutageComponent = 'server' | 'live_feed' | 'in_band' | 'enrich' | 'enrich_fields' | 'store' | 'backplane' | 'backplane_station'

export interface OutageMessages {
  component: OutageComponent
  /** `reason` is the message of the first error. */
  begins (reason: string): string
  ends: string
}

/** Whether something works, for metrics and health. */
export interface OutageState {
  component: OutageComponent
  /** The outages so far, including one that goes on. */
  count: number
  /** When the outage that goes on began, in ms since 1970; null: there is none. */
  since: number | null
  /** Why the outage that goes on began. */
  error: Error | null
}

/** A server that fails every other second would fill the log: outages that begin within this time of the last message are not logged. */
const MIN_LOG_INTERVAL_MS = 60_000

/** Logs an outage once when it begins and once when it ends, however long it lasts and however often it recurs. */
export class OutageLog {
  readonly #log: FastifyBaseLogger
  readonly #server: string | null
  readonly #messages: OutageMessages
  #since: number | null = null
  #count = 0
  #error: Error | null = null
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
    const err = asError(error)
    if (this.#since === null) {
      this.#since = since
      this.#count++
      this.#error = err
      publishOutage(() => ({ component: this.#messages.component, server: this.#server, error: err, duration: null }))
    }
    if (this.#isLogged || now - this.#loggedAt < MIN_LOG_INTERVAL_MS) return
    this.#isLogged = true
    this.#loggedAt = now
    this.#log.warn({ err: this.#server === null ? err : withoutStack(err), ...this.#bindings }, this.#messages.begins(err.message))
  }

  recover (now: number): void {
    if (this.#since === null) return
    const duration = now - this.#since
    this.#since = this.#error = null
    publishOutage(() => ({ component: this.#messages.component, server: this.#server, error: null, duration }))
    if (!this.#isLogged) return
    this.#isLogged = false
    this.#log.info({ ...this.#bindings, seconds: Math.round(duration / 1000) }, this.#messages.ends)
  }

  get state (): OutageState {
    const since = this.#since === null ? null : Math.round(Date.now() - performance.now() + this.#since)
    return { component: this.#messages.component, count: this.#count, since, error: this.#error }
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
