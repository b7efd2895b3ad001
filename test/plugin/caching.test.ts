import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { isLive, scenario, until } from '../helpers/station.ts'

/** As session plugins do. */
const setCookie = async (app: FastifyInstance): Promise<void> => {
  app.addHook('onSend', async (request, reply) => { reply.header('set-cookie', 'session=s3cret') })
}

for (const [cacheControl, sent] of [
  ['public, max-age=1', 'private, max-age=1'],
  ['public, max-age=1, s-maxage=10', 'private, max-age=1'],
  ['max-age=1', 'private, max-age=1'],
  ['private, max-age=5', 'private, max-age=5'],
  ['no-store', 'no-store'],
  ['', 'private']
] as const) {
  test(`an answer with a cookie is sent with \`${sent}\` when \`route.cacheControl\` is '${cacheControl}'`, async (t) => {
    const { app, icecast, get } = await scenario(t, { before: setCookie, route: { cacheControl } })
    icecast.source('/a')
    await until(app, isLive)
    for (const path of ['/now-playing', '/now-playing/a', '/now-playing/a/history']) t.equal((await get(path)).headers.get('cache-control'), sent, path)
  })
}

test('an answer without a cookie is sent with `route.cacheControl`', async (t) => {
  const { get } = await scenario(t)
  t.equal((await get('/now-playing')).headers.get('cache-control'), 'public, max-age=1')
})

test('an answer with a cookie is private when a hook of the app has removed `Cache-Control`', async (t) => {
  const { get } = await scenario(t, {
    before: async (app) => {
      await setCookie(app)
      app.addHook('onSend', async (request, reply) => { reply.removeHeader('cache-control') })
    }
  })
  t.equal((await get('/now-playing')).headers.get('cache-control'), 'private')
})
