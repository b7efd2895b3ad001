import { test } from 'tap'
import { isLive, plays, scenario, until } from '../helpers/station.ts'

// Fastify matches no parameter of more than `maxParamLength` characters, 100 by default.

const ID = `${'long'.repeat(40)}/ü.mp3`
const PATH = `/api/now-playing/${encodeURIComponent(ID)}`
const OTHER = `/api/now-playing/${'x'.repeat(101)}`

test('a station whose id is longer than `maxParamLength` is served like any other', async (t) => {
  const { app, icecast, get, page, stream } = await scenario(t, { prefix: '/api' })
  icecast.source(`/${ID}`)
  icecast.title(`/${ID}`, 'One')
  await until(app, plays('One'))
  t.match(await get(PATH), { status: 200, body: { id: ID } })
  t.match(await get(`${PATH}?history=0`, { accept: 'text/plain' }), { status: 200, text: 'One\n' })
  t.match(await get(`${PATH}/history`), { status: 200, body: { station: ID, history: [] } })
  await page(PATH).sees('One')
  await (await stream(PATH)).sees('One')
  t.match(await page(`${PATH}/history`).closed, { code: 4404 })
})

test('an unknown station whose id is longer than `maxParamLength` is answered with 404 and the known stations', async (t) => {
  const { app, icecast, get, page } = await scenario(t, { prefix: '/api' })
  icecast.source('/a')
  await until(app, isLive)
  const unknown = { statusCode: 404, code: 'FST_ICECAST_UNKNOWN_STATION', message: /There are: `a`/ }
  t.match((await get(OTHER)).body, unknown)
  t.match((await get(`${OTHER}/history`)).body, unknown)
  t.match(await page(OTHER).closed, { code: 4404, reason: 'FST_ICECAST_UNKNOWN_STATION' })
})

test('other paths below the routes are answered by the app\'s own 404', async (t) => {
  const { get, page } = await scenario(t, { after: (app) => { app.setNotFoundHandler((request, reply) => { reply.code(404).send('the app\'s own') }) } })
  for (const path of ['/now-playing/a/b', '/now-playing/a/history/c']) t.match(await get(path), { status: 404, text: 'the app\'s own' }, path)
  t.match(await page('/now-playing/a/b').closed, { code: 4404 })
})

test('with `route: \'/\'` the other paths stay the app\'s own', async (t) => {
  const { app, icecast, get } = await scenario(t, { route: '/', after: (app) => { app.get('/*', async () => 'a file') } })
  icecast.source('/a')
  await until(app, isLive)
  t.match(await get('/a'), { status: 200, body: { id: 'a' } })
  t.match(await get('/assets/page.css'), { status: 200, text: 'a file' })
})
