import { writeSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** What Node has inside a socket, and promises to nobody: without it all goes through the stream. */
interface Inside { readonly _handle?: unknown }

type Sink = Pick<ServerResponse, 'write' | 'writableLength'> & Inside

/**
 * Where a subscriber's bytes go. While nothing is queued they are written straight to the socket's descriptor: the stream's
 * own part is most of what an update costs besides the system call. What is not taken at once goes through the stream,
 * as does everything on TLS and HTTP/2. `socket.bytesWritten` knows only of the latter.
 */
export class SocketWriter {
  readonly #sink: Sink
  /** As long as the socket has it, the descriptor is the socket's. */
  readonly #handle: unknown
  /** -1: none to write to. */
  readonly #descriptor: number

  constructor (sink: Sink) {
    this.#sink = sink
    // A TLS socket is one too, and has a descriptor that must not be written to.
    this.#handle = Object.getPrototypeOf(sink) === Socket.prototype ? sink._handle : undefined
    this.#descriptor = descriptorOf(this.#handle)
  }

  /** Bytes that were written and wait for their turn. */
  get queued (): number { return this.#sink.writableLength }

  write (bytes: Buffer): void {
    const taken = this.#writeStraight(bytes)
    if (taken < bytes.length) this.#sink.write(taken === 0 ? bytes : bytes.subarray(taken))
  }

  /** Returns how many bytes were taken. */
  #writeStraight (bytes: Buffer): number {
    // Not `!==`, for which V8 looks into both, a trip to memory for each subscriber.
    if (this.#descriptor < 0 || !Object.is(this.#sink._handle, this.#handle) || this.#sink.writableLength > 0) return 0
    try {
      return writeSync(this.#descriptor, bytes)
    } catch {
      // It takes nothing more for now, or it is broken, which the stream will find out.
      return 0
    }
  }
}

function descriptorOf (handle: unknown): number {
  return typeof handle === 'object' && handle !== null && 'fd' in handle && typeof handle.fd === 'number' ? handle.fd : -1
}
