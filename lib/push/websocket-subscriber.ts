import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { StationFilterGroup } from './station-filter-group.ts'
import { SocketWriter } from './socket-writer.ts'
import type { SubscriberOwner, Subscriber } from './subscriber.ts'

/** RFC 6455 registry: the service restarts, come back. */
const SERVICE_RESTART = 1012
const TOO_BIG = 1009
const OPEN = 1
/** Bytes from one heartbeat to the next: a page has nothing to say, and a pong is 6. */
const MOST_HEARD = 4096

/**
 * A subscriber over WebSocket. Frames are written to its TCP or TLS socket: `ws`, which answers pings and closes, writes
 * whole frames too, so that they never mix. An uncompressed frame is right also where compression was agreed upon.
 */
export class WebSocketSubscriber implements Subscriber {
  readonly group: StationFilterGroup
  readonly limitKey: string
  slice = 0
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  readonly #line: SocketWriter
  /** Bytes that it has said since the last heartbeat. */
  #heard = 0
  #isPinged = false

  constructor (webSocket: WebSocket, socket: Duplex, group: StationFilterGroup, network: string, keeper: SubscriberOwner) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#line = new SocketWriter(socket)
    this.group = group
    this.limitKey = network
    // Closures are what a subscriber weighs: as few as can be.
    webSocket.on('close', () => keeper.delete(this))
    webSocket.on('error', () => keeper.leave(this))
    // Beside the listener of `ws`, which would first gather a message of up to the app's own `maxPayload`.
    socket.on('data', ({ length }: Buffer) => { if (this.#talks(length)) keeper.drop(this) })
  }

  get transport () { return 'webSocket' as const }

  get queued (): number { return this.#line.queued }

  get isFree (): boolean { return this.#webSocket.readyState === OPEN && this.#line.queued === 0 }

  write (bytes: Buffer): void {
    if (this.#webSocket.readyState === OPEN) this.#line.write(bytes)
  }

  beat (heartbeat: Buffer): boolean {
    if (this.#isPinged && this.#heard === 0) return false
    this.#isPinged = true
    this.#heard = 0
    this.write(heartbeat)
    return true
  }

  /** The close reason carries the delay, in ms: `retry=1234`. */
  close (retry: number): void {
    this.#webSocket.close(SERVICE_RESTART, `retry=${retry}`)
  }

  terminate (): void {
    this.#webSocket.terminate()
  }

  /** Whether it says more than a subscriber has to say; then it is being closed. */
  #talks (bytes: number): boolean {
    this.#heard += bytes
    if (this.#heard <= MOST_HEARD || this.#webSocket.readyState !== OPEN) return false
    this.#webSocket.close(TOO_BIG, 'A subscriber has nothing to say')
    // Whatever else comes is thrown away.
    this.#socket.removeAllListeners('data').resume().end()
    return true
  }
}
