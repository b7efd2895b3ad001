// @fastify/websocket alone. With a first argument, each connection is sent that.
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
