import type { ServerResponse } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import type { Subscriber, SubscriberOwner, SubscriberState } from './subscriber.ts'
import type { SubscriberGroup } from './subscriber-group.ts'

/**
 * The least `retry:` that is ever sent. `EventSource` ends for good when a reconnection is answered with any status but 200
 * (HTML standard, section 9.2.3), such as a proxy's 502 while the app restarts: pages have to return after that.
 */
const MIN_RETRY_MS = 3000
/** While the app runs, reconnections are spread over this time above the minimum. */
const RETRY_SPREAD_MS = 4000

/** A subscriber over server-sent events. The head of its response has already been sent. */
export class EventStreamSubscriber implements Subscriber {
  readonly group: SubscriberGroup
  readonly limitKey: string
  state: SubscriberState = 'open'
  slice = 0
  readonly #response: ServerResponse | Http2ServerResponse
  readonly #sink: Pick<ServerResponse, 'write' | 'writableLength'>

  constructor (response: ServerResponse | Http2ServerResponse, group: SubscriberGroup, limitKey: string, owner: SubscriberOwner) {
    this.#response = response
    // Over HTTP/1 the body is not chunked and ends with the connection, so messages can skip the response and go to its
    // socket. That is not possible over HTTP/2, nor in `inject()`, which has no socket.
    this.#sink = !(response instanceof Http2ServerResponse) && response.socket instanceof Socket ? response.socket : response
    this.group = group
    this.limitKey = limitKey
    response.on('close', () => owner.remove(this))
    response.on('error', () => owner.evict(this))
    // Node leaves an HTTP/2 stream that is reset at once half open, without a `close` event.
    if (response instanceof Http2ServerResponse) response.stream.once('aborted', () => response.stream.destroy())
    // Also replaces the longer delay that the page was sent when the app was shut down before.
    this.#sendRetry(Math.round(Math.random() * RETRY_SPREAD_MS))
  }

  get transport () { return 'eventStream' as const }

  get queuedBytes (): number { return this.#sink.writableLength }

  write (bytes: Buffer): void {
    if (!this.#response.writableEnded) this.#sink.write(bytes)
  }

  /** Always true: clients of event streams send nothing. A connection that is lost shows by taking no more data. */
  beat (heartbeat: Buffer): true {
    this.write(heartbeat)
    return true
  }

  close (delay: number): void {
    this.#sendRetry(delay)
    this.#end()
  }

  /** The page reconnects, and is then answered with 404. */
  reject (): void {
    this.#end()
  }

  terminate (): void {
    this.#response.destroy()
  }

  #sendRetry (delay: number): void {
    this.write(Buffer.from(`retry: ${MIN_RETRY_MS + delay}\n\n`))
  }

  #end (): void {
    this.#response.end()
    // Browsers keep an HTTP/2 session open for their next requests, and so the server would not close.
    if (this.#response instanceof Http2ServerResponse) this.#response.stream.session?.close()
  }
}
