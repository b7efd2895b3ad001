import type { Test } from 'tap'
import { replace } from './helper.ts'

/** A transport that the client has opened, and controls for the test. */
export interface FakeTransport {
  kind: 'WebSocket' | 'EventSource' | 'fetch'
  url: string
  headers: Record<string, string>
  isClosed: boolean
  /** Completes the handshake; no message is delivered. */
  open: () => void
  /** Delivers a message; a string is sent as it is. For `fetch`: the whole answer. */
  deliver: (message: unknown, status?: number, headers?: Record<string, string>) => void
  /** Ends it; `reason` is the close reason of the server. `isFinal`: the browser does not reopen the event stream. */
  end: (reason?: string, isFinal?: boolean) => void
}

/** Replaces the browser's transports; the test controls each one. `without`: those that do not exist. */
export function network (t: Test, { without = [] }: { without?: ReadonlyArray<FakeTransport['kind']> } = {}): FakeTransport[] {
  const transports: FakeTransport[] = []
  const create = (kind: FakeTransport['kind'], url: string | URL, controls: Pick<FakeTransport, 'open' | 'deliver' | 'end'>, headers = {}): FakeTransport => {
    const transport = { kind, url: String(url), headers, isClosed: false, ...controls }
    transports.push(transport)
    return transport
  }
  const textOf = (message: unknown): string => typeof message === 'string' ? message : JSON.stringify(message)

  class FakeWebSocket {
    onmessage = (event: { data: string }): void => { t.fail(`onmessage is not set: ${event.data}`) }
    onerror = (): void => { t.fail('onerror is not set') }
    onclose = (event: { code: number, reason: string }): void => { t.fail(`onclose is not set: ${event.reason}`) }
    readonly #transport: FakeTransport
    constructor (url: string) {
      this.#transport = create('WebSocket', url, {
        open: () => {},
        deliver: (message) => this.onmessage({ data: textOf(message) }),
        end: (reason = '') => {
          if (reason === '') this.onerror()
          this.onclose({ code: 1006, reason })
        }
      })
    }

    close (): void {
      this.#transport.isClosed = true
      this.onclose({ code: 1005, reason: '' })
    }
  }

  class FakeEventSource extends EventTarget {
    readyState = 0
    onopen = (): void => {}
    onerror = (): void => {}
    readonly #transport: FakeTransport
    constructor (url: string | URL) {
      super()
      this.#transport = create('EventSource', url, {
        open: () => {
          this.readyState = 1
          this.onopen()
        },
        deliver: (message) => {
          const data = textOf(message)
          this.dispatchEvent(new MessageEvent(/"type":"(\w+)"/.exec(data)?.[1] ?? 'message', { data }))
        },
        end: (reason, isFinal = false) => {
          this.readyState = isFinal ? 2 : 0
          this.onerror()
        }
      })
    }

    close (): void {
      this.readyState = 2
      this.#transport.isClosed = true
    }
  }

  const fakeFetch = async (url: string | URL, { signal, headers }: { signal: AbortSignal, headers: Record<string, string> }): Promise<Response> => await new Promise((resolve, reject) => {
    const transport = create('fetch', url, {
      open: () => {},
      deliver: (message, status = 200, headers = {}) => resolve(new Response(status === 304 ? null : textOf(message), { status, headers })),
      end: () => reject(new TypeError('Failed to fetch'))
    }, headers)
    signal.addEventListener('abort', () => {
      transport.isClosed = true
      reject(signal.reason)
    })
  })

  const kinds = { WebSocket: FakeWebSocket, EventSource: FakeEventSource, fetch: fakeFetch }
  for (const [name, kind] of Object.entries(kinds)) replace(t, name, without.some((one) => one === name) ? undefined : kind)
  return transports
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
