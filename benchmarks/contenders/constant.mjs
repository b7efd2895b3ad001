// A bare Fastify route that returns a constant string: the first argument.
import Fastify from 'fastify'
import { obey } from './commands.mjs'

const [body] = process.argv.slice(2)
const app = Fastify()
app.get('/now-playing', () => body)
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await obey(app.server.address().port)
