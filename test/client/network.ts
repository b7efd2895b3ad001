import type { Test } from 'tap'
import { replace } from './helper.ts'

/** A transport that the client has opened, and controls for the test. */
export interface FakeTransport {
  kind: 'WebSocket' | 'EventSource' | 'fetch'
  url: string
  headers: Record<string, string>
  isClosed: boolean
  /** Completes the handshake; no message is delivered. */
  opens: () => void
  /** Delivers a message; a string is sent as it is. For `fetch`: the whole answer. */
  says: (message: unknown, status?: number) => void
  /** Ends it; `reason` is the close reason of the server. `isFinal`: the browser does not reopen the event stream. */
  ends: (reason?: string, isFinal?: boolean) => void
}

/** Replaces the browser's transports; the test controls each one. `without`: those that do not exist. */
export function network (t: Test, { without = [] }: { without?: ReadonlyArray<FakeTransport['kind']> } = {}): FakeTransport[] {
  const lines: FakeTransport[] = []
  const begin = (kind: FakeTransport['kind'], url: string | URL, acts: Pick<FakeTransport, 'opens' | 'says' | 'ends'>, headers = {}): FakeTransport => {
    const line = { kind, url: String(url), headers, isClosed: false, ...acts }
    lines.push(line)
    return line
  }
  const textOf = (message: unknown): string => typeof message === 'string' ? message : JSON.stringify(message)

  class FakeWebSocket {
    onmessage = (event: { data: string }): void => { t.fail(`onmessage is not set: ${event.data}`) }
    onerror = (): void => { t.fail('onerror is not set') }
    onclose = (event: { code: number, reason: string }): void => { t.fail(`onclose is not set: ${event.reason}`) }
    readonly #line: FakeTransport
    constructor (url: string) {
      this.#line = begin('WebSocket', url, {
        opens: () => {},
        says: (message) => this.onmessage({ data: textOf(message) }),
        ends: (reason = '') => {
          if (reason === '') this.onerror()
          this.onclose({ code: 1006, reason })
        }
      })
    }

    close (): void {
      this.#line.isClosed = true
      this.onclose({ code: 1005, reason: '' })
    }
  }

  class FakeEventSource extends EventTarget {
    readyState = 0
    onopen = (): void => {}
    onerror = (): void => {}
    readonly #line: FakeTransport
    constructor (url: string | URL) {
      super()
      this.#line = begin('EventSource', url, {
        opens: () => {
          this.readyState = 1
          this.onopen()
        },
        says: (message) => {
          const data = textOf(message)
          this.dispatchEvent(new MessageEvent(/"type":"(\w+)"/.exec(data)?.[1] ?? 'message', { data }))
        },
        ends: (reason, isFinal = false) => {
          this.readyState = isFinal ? 2 : 0
          this.onerror()
        }
      })
    }

    close (): void {
      this.readyState = 2
      this.#line.isClosed = true
    }
  }

  const fakeFetch = async (url: string | URL, { signal, headers }: { signal: AbortSignal, headers: Record<string, string> }): Promise<Response> => await new Promise((resolve, reject) => {
    const line = begin('fetch', url, {
      opens: () => {},
      says: (message, status = 200) => resolve(new Response(status === 304 ? null : textOf(message), { status })),
      ends: () => reject(new TypeError('Failed to fetch'))
    }, headers)
    signal.addEventListener('abort', () => {
      line.isClosed = true
      reject(signal.reason)
    })
  })

  const kinds = { WebSocket: FakeWebSocket, EventSource: FakeEventSource, fetch: fakeFetch }
  for (const [name, kind] of Object.entries(kinds)) replace(t, name, without.some((one) => one === name) ? undefined : kind)
  return lines
}

/** Replaces the page events and the visibility of a browser. */
export function browser (t: Test): { tell: (type: string, isHidden?: boolean) => void } {
  const target = new EventTarget()
  const document = { hidden: false, baseURI: 'https://radio.example/listen/' }
  replace(t, 'addEventListener', target.addEventListener.bind(target))
  replace(t, 'document', document)
  return {
    tell (type, isHidden = document.hidden) {
      document.hidden = isHidden
      target.dispatchEvent(new Event(type))
    }
  }
}
