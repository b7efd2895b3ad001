import type { Duplex } from 'node:stream'

/** What is written to a socket in this tick is sent with one system call. */
export function sendTogether (socket: Duplex): void {
  socket.cork()
  process.nextTick(() => socket.uncork())
}
