import type { WebSocket } from 'ws'
import { NOT_FOUND } from '../push/close-codes.ts'

/** ms for its goodbye: `ws` would wait for 30 s, and so would the server's end. */
const GRACE = 500

/** Closes a WebSocket that asked for what isn't for one, or came too late. */
export function closeWithCode (webSocket: WebSocket, reason: string, code = NOT_FOUND): void {
  webSocket.close(code, reason)
  setTimeout(() => webSocket.terminate(), GRACE).unref()
}
