import { FST_ICECAST_FAKE } from '../errors.ts'
import type { LoggedRequest } from './request.ts'

interface Waiter {
  matches: (request: LoggedRequest) => boolean
  resolve: (request: LoggedRequest) => void
  reject: (error: Error) => void
}

/** The requests that were received, and the callers that wait for the next. */
export class RequestLog {
  readonly all: LoggedRequest[] = []
  #waiters: Waiter[] = []

  add (request: LoggedRequest): void {
    this.all.push(request)
    const [met, others] = [[] as Waiter[], [] as Waiter[]]
    for (const waiter of this.#waiters) (waiter.matches(request) ? met : others).push(waiter)
    this.#waiters = others
    for (const waiter of met) waiter.resolve(request)
  }

  /** The next request that matches, or the n-th from now. */
  next (which: number | ((request: LoggedRequest) => boolean)): Promise<LoggedRequest> {
    let left = typeof which === 'number' ? which : 0
    const matches = typeof which === 'number' ? () => --left <= 0 : which
    const promise = new Promise<LoggedRequest>((resolve, reject) => {
      this.#waiters.push({ matches, resolve, reject })
    })
    // Who no longer waits must not hear of the end as an unhandled rejection.
    promise.catch(() => {})
    return promise
  }

  close (): void {
    for (const { reject } of this.#waiters) reject(new FST_ICECAST_FAKE('closed before the request came that was waited for'))
    this.#waiters = []
  }
}
