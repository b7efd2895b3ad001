import type { Socket } from 'node:net'
import { readRequest, type FakeRequest } from './request.ts'

/** Icecast reads a head of up to 4 kB and resets the connection of a client that sends more. */
const LONGEST_HEAD = 4096

/**
 * Calls `onRequest` for each request on a connection, in order, as long as it returns that more may follow. Input that is not
 * a request ends the connection without an answer.
 */
export function readRequests (socket: Socket, onRequest: (request: FakeRequest) => 'more' | 'done'): void {
  let received = ''
  let isDone = false
  const read = (chunk: Buffer): void => {
    received += chunk.toString('latin1')
    for (let end = received.indexOf('\r\n\r\n'); !isDone && end !== -1; end = received.indexOf('\r\n\r\n')) {
      if (end >= LONGEST_HEAD) break
      const request = readRequest(received.slice(0, end), Date.now())
      received = received.slice(end + 4)
      isDone = request === null || onRequest(request) === 'done'
      if (request === null) socket.end()
    }
    // Input after the last request is ignored.
    if (isDone) socket.off('data', read).resume()
    else if (received.length >= LONGEST_HEAD) socket.resetAndDestroy()
  }
  socket.on('data', read)
}
