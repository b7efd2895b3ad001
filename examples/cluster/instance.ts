// One instance of the app. start.ts starts three of them: instance ICECAST_URL REDIS_PORT
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import fastifyIcecast from '../../index.ts'
import { redisBackplane } from '../../lib/backplane/redis-backplane.ts'
import type { News } from './processes.ts'

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Now playing</title>
<script type="module" src="now-playing/client.js"></script>
<now-playing></now-playing>
<p>This page came from the instance with the process id ${process.pid}.</p>
`

const [, , url = '', redisPort = ''] = process.argv
const app = Fastify({ forceCloseConnections: true, logger: { level: 'warn' } })
const client = new Redis({ host: '127.0.0.1', port: Number(redisPort) })
client.on('error', (err) => app.log.warn({ err }, 'Redis'))
await app.register(fastifyIcecast, { url, backplane: redisBackplane({ client, name: 'cluster' }) })
app.addHook('onClose', async () => { client.disconnect() })
// Shows which instance answers.
app.addHook('onRequest', async (request, reply) => { reply.header('x-instance', process.pid) })
app.get('/', (request, reply) => { reply.type('text/html; charset=utf-8').send(PAGE) })
await app.listen({ host: '127.0.0.1', port: 0 })

const tell = (news: News): void => { process.send?.(news) }
tell({ port: (app.server.address() as AddressInfo).port })
let leads = false
setInterval(() => {
  if (app.nowPlaying.leads === leads) return
  leads = app.nowPlaying.leads
  tell({ leads })
}, 100).unref()

// Ctrl+C reaches each process of the terminal; start.ts decides about the end.
process.on('SIGINT', () => {})
process.once('SIGTERM', () => { app.close().then(() => process.exit(0), () => process.exit(1)) })
// start.ts has ended.
process.once('disconnect', () => process.exit(1))
