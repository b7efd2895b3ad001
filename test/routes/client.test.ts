import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import { test } from 'tap'
import { clientRoute } from '../../lib/routes/client.ts'
import { bundle } from '../helpers/bundle.ts'
import { isLive, scenario, until } from '../helpers/station.ts'

declare module 'fastify' {
  interface FastifyContextConfig { isPublic?: boolean }
}

const MAY_CHANGE = 'public, max-age=300'
const NEVER_CHANGES = 'public, max-age=31536000, immutable'

test('GET client.js answers with the module and allows caching', async (t) => {
  const { get, address } = await scenario(t)
  const { status, headers, text } = await get('/now-playing/client.js', { 'accept-encoding': 'identity' })
  t.equal(status, 200)
  t.match(Object.fromEntries(headers), {
    'content-type': 'text/javascript; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': MAY_CHANGE,
    'x-content-type-options': 'nosniff',
    'access-control-allow-origin': '*',
    etag: /^"[\w-]{16}"$/
  })
  t.equal(headers.get('vary'), 'Accept-Encoding')
  t.equal((await get('/now-playing/client.js', { 'accept-encoding': 'gzip' })).headers.get('content-encoding'), 'gzip')
  t.equal(text, Buffer.from(bundle('element.ts')).toString(), 'else it is an old one: `npm run build:client`')

  const etag = String(headers.get('etag'))
  const hash = JSON.parse(etag)
  const again = await get('/now-playing/client.js', { 'if-none-match': etag })
  t.match([again.status, again.text, again.headers.get('etag')], [304, '', etag])
  const versioned = await get(`/now-playing/client.js?v=${hash}`)
  t.match([versioned.headers.get('cache-control'), versioned.text], [NEVER_CHANGES, text])
  for (const query of ['v=other', 'v=', `v=${hash}&v=${hash}`]) t.equal((await get(`/now-playing/client.js?${query}`)).headers.get('cache-control'), MAY_CHANGE, query)

  const head = await fetch(`${address}/now-playing/client.js`, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } })
  t.match([head.status, head.headers.get('content-length'), await head.text()], [200, headers.get('content-length'), ''])
})

test('client.js is below the address of the routes, also beside a mount of this name', async (t) => {
  const { app, icecast, get } = await scenario(t, { route: '/', prefix: '/radio' })
  icecast.source('/client.js')
  await until(app, isLive)
  t.equal((await get('/radio/client.js')).headers.get('content-type'), 'text/javascript; charset=utf-8')
  t.match((await get('/radio/?station=client.js')).body, { stations: [{ id: 'client.js' }] })
})

test('`client: false` leaves client.js out', async (t) => {
  const { get } = await scenario(t, { route: { client: false } })
  t.match((await get('/now-playing/client.js')).body, { code: 'FST_ICECAST_UNKNOWN_STATION' })
})

test('client.js ignores the hooks of `route.options` and uses its other options', async (t) => {
  const seen: unknown[] = []
  const { app } = await scenario(t, {
    before: (app) => {
      app.addHook('onRequest', async ({ routeOptions: { config } }, reply) => {
        seen.push(config)
        reply.header('access-control-allow-origin', 'https://radio.example')
      })
    },
    route: { options: { preValidation: async (request, reply) => await reply.code(401).send(), config: { isPublic: true }, constraints: { host: 'radio.example' } } }
  })
  const get = async (url: string, host = 'radio.example') => await app.inject({ url, headers: { host } })
  t.equal((await get('/now-playing')).statusCode, 401)
  t.match(await get('/now-playing/client.js'), { statusCode: 200, headers: { 'access-control-allow-origin': 'https://radio.example' } })
  t.match(seen, [{ isPublic: true }, { isPublic: true }])
  t.equal((await get('/now-playing/client.js', 'other.example')).statusCode, 404)
})

test('client.js is a 500 that names the build command until the module is built', async (t) => {
  const app = Fastify()
  const file = pathToFileURL(`${t.testdir({})}/element.js`)
  clientRoute(app, { url: '/now-playing', cacheControl: '', client: true, schema: true, options: {} }, file)
  t.match(await app.inject('/now-playing/client.js'), { statusCode: 500, body: /FST_ICECAST_NOT_BUILT.*npm run build:client/ })
  writeFileSync(file, 'export {}')
  t.match(await app.inject('/now-playing/client.js'), { statusCode: 200, body: 'export {}' })
})
