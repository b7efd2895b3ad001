import Fastify from 'fastify'
import fastifyIcecast from '../../index.ts'
import { pages } from './pages.ts'

// A backend of its own process, which can be killed: says where it listens.

const [, , url = '', port = '0'] = process.argv
const app = Fastify()
await app.register(fastifyIcecast, { url, interval: 50, heartbeat: 1000 })
pages(app)
process.stdout.write(await app.listen({ port: Number(port), host: '127.0.0.1' }))
