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
  #isClosed = false

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
      if (this.#isClosed) reject(closedError())
      else this.#waiters.push({ matches, resolve, reject })
    })
    // A caller that no longer waits must not cause an unhandled rejection.
    promise.catch(() => {})
    return promise
  }

  close (): void {
    this.#isClosed = true
    for (const { reject } of this.#waiters) reject(closedError())
    this.#waiters = []
  }
}

function closedError (): Error {
  return new FST_ICECAST_FAKE('it was closed before the request arrived that `requested()` waits for')
}
