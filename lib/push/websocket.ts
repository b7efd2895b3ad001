import type { WebSocket } from 'ws'
import type { Subscriber } from './hub.ts'

/** RFC 6455 registry: the service restarts, come back. */
const SERVICE_RESTART = 1012
/** Bytes that may wait for a subscriber that doesn't read them, before it is dropped: it then comes back to a snapshot. */
const MOST_WAITING = 1024 * 1024
const TEXT = { binary: false }

/** A subscriber over WebSocket. */
export class WebSocketSubscriber implements Subscriber {
  readonly wants: ReadonlySet<string> | null
  readonly #socket: WebSocket
  #isAlive = true

  constructor (socket: WebSocket, wants: ReadonlySet<string> | null) {
    this.#socket = socket
    this.wants = wants
    socket.on('pong', () => { this.#isAlive = true })
  }

  send (message: Buffer): void {
    if (this.#socket.bufferedAmount > MOST_WAITING) this.#socket.terminate()
    else this.#socket.send(message, TEXT)
  }

  beat (message: Buffer): void {
    if (!this.#isAlive) return this.#socket.terminate()
    this.#isAlive = false
    this.#socket.ping()
    this.send(message)
  }

  /** The close reason carries the delay, in ms: `retry=1234`. */
  close (retry: number): void {
    this.#socket.close(SERVICE_RESTART, `retry=${retry}`)
  }

  terminate (): void {
    this.#socket.terminate()
  }
}
