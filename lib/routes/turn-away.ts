import type { WebSocket } from 'ws'
import { NOT_FOUND } from './subscribe.ts'

/** ms for its goodbye: `ws` would wait for 30 s, and so would the server's end. */
const GRACE = 500

/** Closes a WebSocket that asked for what isn't for one. */
export function turnAway (webSocket: WebSocket, reason: string): void {
  webSocket.close(NOT_FOUND, reason)
  setTimeout(() => webSocket.terminate(), GRACE).unref()
}
