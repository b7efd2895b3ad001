import type { WebSocket } from 'ws'

/** The time for the client's close frame. `ws` would wait for 30 s, and app.close() with it. */
const CLOSE_TIMEOUT_MS = 500

/** Closes a WebSocket that is not a subscriber: its address has no subscription, or a limit was reached. */
export function closeWebSocket (webSocket: WebSocket, code: number, reason: string): void {
  webSocket.close(code, reason)
  setTimeout(() => webSocket.terminate(), CLOSE_TIMEOUT_MS).unref()
}
