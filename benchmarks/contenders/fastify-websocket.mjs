// @fastify/websocket alone. The first argument, if given, is sent to each new connection.
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { obey } from './commands.mjs'

const [snapshot] = process.argv.slice(2)
const app = Fastify()
await app.register(websocket)
app.get('/now-playing', { websocket: true }, (socket) => {
  if (snapshot !== undefined) socket.send(snapshot)
})
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await obey(app.server.address().port)
