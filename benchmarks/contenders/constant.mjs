// A Fastify route that returns a constant string, the first argument. With headers as the second argument it also sends
// these, in an app with @fastify/websocket.
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { obey } from './commands.mjs'

const [body, headers] = process.argv.slice(2)
const app = Fastify()
if (headers === undefined) {
  app.get('/now-playing', () => body)
} else {
  const pairs = Object.entries(JSON.parse(headers))
  await app.register(websocket)
  app.get('/now-playing', (request, reply) => {
    for (const [name, value] of pairs) reply.header(name, value)
    reply.send(body)
  })
}
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await obey(app.server.address().port)
