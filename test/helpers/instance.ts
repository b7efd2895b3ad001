// One instance of an app, which tells its parent whether it leads and what it announces.
// instance ICECAST REDIS_PORT OPTIONS PORT
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import fastifyIcecast from '../../index.ts'
import { redisBackplane } from '../../lib/backplane/redis-backplane.ts'

const [, , url = '', redisPort = '', options = '{}', port = '0'] = process.argv
const tell = (news: object): void => { process.send?.({ ...news, at: Date.now() }) }

const app = Fastify({
  forceCloseConnections: true,
  logger: { level: 'warn', stream: { write (line: string) { tell({ line }) } } }
})
// 0: an instance of its own, without a backplane.
const client = redisPort === '0' ? null : new Redis({ port: Number(redisPort), retryStrategy: (attempts) => Math.min(attempts * 50, 500) })
client?.on('error', () => {})
await app.register(fastifyIcecast, { url, ...JSON.parse(options), ...client && { backplane: redisBackplane({ client }) } })
app.addHook('onClose', async () => { client?.disconnect() })
app.nowPlaying.on('track', ({ id, text }) => tell({ track: { id, text } }))

let leads = false
setInterval(() => {
  if (app.nowPlaying.leads === leads) return
  leads = app.nowPlaying.leads
  tell({ leads, version: app.nowPlaying.version })
}, 5).unref()

await app.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
tell({ port: (app.server.address() as AddressInfo).port })

process.on('message', (message: { blocks?: number, asks?: boolean }) => {
  if (message.blocks !== undefined) {
    const end = performance.now() + message.blocks
    while (performance.now() < end);
  }
  if (message.asks) {
    const { rss } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    tell({ rss, cpu: (user + system) / 1000 })
  }
})
// The parent has gone.
process.once('disconnect', () => process.exit(1))
process.once('SIGTERM', () => {
  app.close().then(() => process.exit(0), () => process.exit(1))
})
