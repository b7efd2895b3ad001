import type { WebSocket } from 'ws'
import { encode, type Hub } from '../push/hub.ts'
import { WebSocketSubscriber } from '../push/websocket.ts'
import type { Board } from '../stations/board.ts'
import { unknownStation } from './unknown-station.ts'

/** HTTP's 404, in the range that RFC 6455 leaves to applications. */
const NOT_FOUND = 4404

/** Makes a WebSocket a subscriber; `wants` null: of all stations. One that asks for a station that isn't there is told so. */
export function subscribe (socket: WebSocket, wants: ReadonlySet<string> | null, hub: Hub, board: Board): void {
  const missing = [...wants ?? []].find((id) => board.get(id) === undefined)
  // Before the first read any name may be right: pages that come back first after a restart wait for it.
  if (missing !== undefined && !board.isOpen) {
    const { code, message } = unknownStation(board, missing)
    socket.send(encode({ type: 'error', code, message }), { binary: false })
    socket.close(NOT_FOUND, code)
    return
  }
  const subscriber = new WebSocketSubscriber(socket, wants)
  socket.on('close', () => hub.delete(subscriber))
  hub.add(subscriber)
}
