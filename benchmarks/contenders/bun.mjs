// Bun's own server and its `publish`. The message is the first argument.
import { obey } from './commands.mjs'

const { Bun } = globalThis
const [message] = process.argv.slice(2)
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response(null, { status: 400 }),
  websocket: {
    idleTimeout: 0,
    sendPings: false,
    open: (socket) => { socket.subscribe('all') },
    message: () => {}
  }
})
await obey(server.port, {
  publish: () => { server.publish('all', message) }
})
