// socket.io over WebSocket. The message is the first argument.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { obey } from './commands.mjs'

const { Server } = createRequire(new URL('../peers/package.json', import.meta.url))('socket.io')
const update = JSON.parse(process.argv[2])
const server = createServer()
// Without pings, which would use CPU during another contender's turn.
const io = new Server(server, { transports: ['websocket'], pingInterval: 3_600_000 })
server.listen(0, '127.0.0.1', () => obey(server.address().port, {
  publish: () => { io.emit('update', update) }
}))
