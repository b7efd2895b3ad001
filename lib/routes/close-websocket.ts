import type { WebSocket } from 'ws'
import { NOT_FOUND } from '../push/close-codes.ts'

/** The time for the client's close frame. `ws` would wait for 30 s, and app.close() with it. */
const CLOSE_TIMEOUT_MS = 500

/** Closes a WebSocket that is not a subscriber: its address has no subscription, or a limit was reached. */
export function closeWithCode (webSocket: WebSocket, reason: string, code = NOT_FOUND): void {
  webSocket.close(code, reason)
  setTimeout(() => webSocket.terminate(), CLOSE_TIMEOUT_MS).unref()
}
