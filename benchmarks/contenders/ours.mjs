// Fastify with the plugin. Arguments: the URL of Icecast, and the options. The command `publish` makes it read Icecast.
import Fastify from 'fastify'
import fastifyIcecast from 'fastify-icecast'
import { obey } from './commands.mjs'

const [url, options = '{}'] = process.argv.slice(2)
const app = Fastify()
await app.register(fastifyIcecast, { url, ...JSON.parse(options) })
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
await app.nowPlaying.refresh()
await obey(app.server.address().port, {
  publish: async () => { await app.nowPlaying.refresh() }
})
