import type { ServerResponse } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import type { StationFilterGroup } from './station-filter-group.ts'
import { SocketWriter } from './socket-writer.ts'
import type { SubscriberOwner, Subscriber } from './subscriber.ts'

/** A subscriber over server-sent events; the head of its response has been sent. */
export class EventStreamSubscriber implements Subscriber {
  readonly group: StationFilterGroup
  readonly limitKey: string
  slice = 0
  readonly #response: ServerResponse | Http2ServerResponse
  readonly #line: SocketWriter

  constructor (response: ServerResponse | Http2ServerResponse, group: StationFilterGroup, network: string, keeper: SubscriberOwner) {
    this.#response = response
    // Its body ends with the connection, so it can go straight there; not on HTTP/2, nor in `inject()`.
    this.#line = new SocketWriter(!(response instanceof Http2ServerResponse) && response.socket instanceof Socket ? response.socket : response)
    this.group = group
    this.limitKey = network
    response.on('close', () => keeper.delete(this))
    response.on('error', () => keeper.leave(this))
    // Node leaves a stream that is reset at once half open, without a `close`.
    if (response instanceof Http2ServerResponse) response.stream.once('aborted', () => response.stream.destroy())
  }

  get transport () { return 'eventStream' as const }

  get queued (): number { return this.#line.queued }

  get isFree (): boolean { return !this.#response.writableEnded && this.#line.queued === 0 }

  write (bytes: Buffer): void {
    if (!this.#response.writableEnded) this.#line.write(bytes)
  }

  /** Nobody answers here: a line that is dead is one that takes nothing more. */
  beat (heartbeat: Buffer): true {
    this.write(heartbeat)
    return true
  }

  close (retry: number): void {
    this.write(Buffer.from(`retry: ${retry}\n\n`))
    this.#response.end()
    // Without this a page's HTTP/2 connection would keep the server open: it is used for whatever comes next.
    if (this.#response instanceof Http2ServerResponse) this.#response.stream.session?.close()
  }

  terminate (): void {
    this.#response.destroy()
  }
}
