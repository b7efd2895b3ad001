import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { MESSAGE_TOO_BIG, NOT_FOUND, SERVICE_RESTART } from './close-codes.ts'
import { EncodedMessage } from './encoded-message.ts'
import { discardIncomingData, removeErrorListeners } from './internals.ts'
import type { Subscriber, SubscriberOwner, SubscriberState } from './subscriber.ts'
import type { SubscriberGroup } from './subscriber-group.ts'

/** `WebSocket.OPEN` */
const OPEN = 1
/** Added to the delay that `SubscriberList` chooses. */
const MIN_RETRY_MS = 1000
/** The most that a client may send between two heartbeats. Clients have nothing to send but pongs, of 6 bytes each. */
const MAX_RECEIVED_BYTES = 4096

/**
 * A subscriber over WebSocket. Encoded frames are written to its socket directly. `ws`, which answers pings and closes, writes
 * whole frames too, so that frames never mix. An uncompressed frame is valid even if compression was negotiated.
 */
export class WebSocketSubscriber implements Subscriber {
  readonly group: SubscriberGroup
  readonly limitKey: string
  state: SubscriberState = 'open'
  slice = 0
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  /** Bytes received since the last heartbeat. */
  #receivedBytes = 0
  #isPinged = false

  constructor (webSocket: WebSocket, socket: Duplex, group: SubscriberGroup, limitKey: string, owner: SubscriberOwner) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.group = group
    this.limitKey = limitKey
    removeErrorListeners(webSocket)
    // Few closures: they are most of what a subscriber costs in memory.
    webSocket.on('close', () => owner.remove(this))
    webSocket.on('error', () => owner.evict(this))
    // Beside the listener of `ws`, which would first collect a message of up to the app's own `maxPayload`.
    socket.on('data', ({ length }: Buffer) => { if (this.#closeIfTooMuch(length)) owner.drop(this, 'sending') })
  }

  get transport () { return 'webSocket' as const }

  get queuedBytes (): number { return this.#socket.writableLength }

  write (bytes: Buffer): void {
    if (this.#webSocket.readyState === OPEN) this.#socket.write(bytes)
  }

  beat (heartbeat: Buffer): boolean {
    if (this.#isPinged && this.#receivedBytes === 0) return false
    this.#isPinged = true
    this.#receivedBytes = 0
    this.write(heartbeat)
    return true
  }

  /** The close reason carries the reconnection delay in ms: `retry=1234`. */
  close (delay: number): void {
    this.#webSocket.close(SERVICE_RESTART, `retry=${MIN_RETRY_MS + delay}`)
  }

  reject (code: string, message: string): void {
    this.write(new EncodedMessage({ type: 'error', code, message }).for('webSocket'))
    this.#webSocket.close(NOT_FOUND, code)
  }

  terminate (): void {
    this.#webSocket.terminate()
  }

  /** Returns whether the client has sent too much; then the connection is being closed. */
  #closeIfTooMuch (bytes: number): boolean {
    this.#receivedBytes += bytes
    if (this.#receivedBytes <= MAX_RECEIVED_BYTES || this.#webSocket.readyState !== OPEN) return false
    this.#webSocket.close(MESSAGE_TOO_BIG, 'Subscribers must not send data')
    discardIncomingData(this.#socket)
    return true
  }
}
