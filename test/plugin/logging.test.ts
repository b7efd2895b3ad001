import { once } from 'node:events'
import Fastify from 'fastify'
import { test } from 'tap'
import fastifyIcecast from '../../index.ts'
import { scenario } from '../helpers/station.ts'

test('`logLevel` and `logSerializers` of register() apply to the routes of the plugin and to no others', async (t) => {
  const logs: Array<{ msg: string, req?: unknown }> = []
  const app = Fastify({ logger: { stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } } })
  t.teardown(() => app.close())
  app.get('/other', async () => 'other')
  await app.register(async (scope) => {
    await scope.register(fastifyIcecast, { url: 'http://127.0.0.1:1', live: false, route: '/quiet', logLevel: 'silent' })
  })
  await app.register(async (scope) => {
    await scope.register(fastifyIcecast, { url: 'http://127.0.0.1:1', live: false, route: '/short', logSerializers: { req: () => 'short' } })
  })
  for (const path of ['/quiet', '/quiet/client.js', '/short', '/other']) await app.inject(path)
  t.match(logs.filter(({ msg }) => msg === 'incoming request').map(({ req }) => req), ['short', { url: '/other' }])
})

test('a rejected origin is logged once, with the name of the option, and at most ten origins are', async (t) => {
  const { page, logs } = await scenario(t, { origins: ['https://radio.example'] })
  for (const origin of ['https://www.radio.example', 'https://www.radio.example', ...Array.from({ length: 11 }, (_, i) => `https://evil${i}.example`)]) {
    const { socket, closed } = page('/now-playing', { origin })
    socket.on('error', () => {})
    closed.catch(() => {})
    const [, response] = await once(socket, 'unexpected-response')
    response.destroy()
  }
  const rejected = logs.filter(({ msg }) => /origins/.test(msg))
  t.match(rejected[0], { level: 40, origin: 'https://www.radio.example', msg: 'A WebSocket was rejected with 403: its origin `https://www.radio.example` is not listed in the option `origins`' })
  t.equal(rejected.length, 10)
})
