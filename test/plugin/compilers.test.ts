import { test } from 'tap'
import { isLive, scenario, until } from '../helpers/station.ts'

/** As Zod's, which know nothing of JSON Schema: one throws at each request, the other when the app starts. */
const compilers = {
  validator: () => () => { throw new Error('schema.safeParse is not a function') },
  serializer: () => { throw new Error('a schema that is not Zod\'s') }
}

test('the routes work in an app that sets its own validator and serializer compilers', async (t) => {
  const { app, icecast, get, page, stream } = await scenario(t, {
    before: (app) => { app.setValidatorCompiler(compilers.validator).setSerializerCompiler(compilers.serializer) },
    limits: { subscribers: 2 }
  })
  icecast.source('/a')
  await until(app, isLive)
  t.match((await get('/now-playing?history=0&station=a')).body, { stations: [{ id: 'a', history: [] }] })
  t.match((await get('/now-playing/a?history=0')).body, { id: 'a' })
  t.match((await get('/now-playing/a/history')).body, { station: 'a', history: [] })
  t.equal((await get('/now-playing/client.js?v=1')).status, 200)
  t.equal((await get('/now-playing?wait=1', { 'if-none-match': `"${app.nowPlaying.version}"` })).status, 304)
  await page('/now-playing?station=a').snapshot()
  await (await stream('/now-playing/a')).event('snapshot')

  t.same((await get('/now-playing?wait=x')).body, {
    statusCode: 400, code: 'FST_ERR_VALIDATION', error: 'Bad Request', message: 'querystring/wait must be an integer from 0 to 60'
  })
  t.same((await get('/now-playing/b/history')).body, {
    statusCode: 404, code: 'FST_ICECAST_UNKNOWN_STATION', error: 'Not Found', message: 'There is no station `b`. There are: `a`'
  })
  t.match((await get('/now-playing', { accept: 'text/event-stream' })).body, { statusCode: 503, code: 'FST_ICECAST_FULL', error: 'Service Unavailable' })
})

test('the routes work in an app whose Ajv does not coerce types', async (t) => {
  const { get } = await scenario(t, { fastify: { ajv: { customOptions: { coerceTypes: false } } } })
  t.equal((await get('/now-playing?wait=1', { 'if-none-match': '*' })).status, 304)
  t.equal((await get('/now-playing?history=0')).status, 200)
})

test('the routes answer a wrong query with 400 and the expected value', async (t) => {
  const { get } = await scenario(t)
  for (const [query, message] of [
    ['wait=-1', 'wait must be an integer from 0 to 60'],
    ['wait=61', 'wait must be an integer from 0 to 60'],
    ['wait=1.5', 'wait must be an integer from 0 to 60'],
    ['wait=', 'wait must be an integer from 0 to 60'],
    ['wait=1&wait=2', 'wait must be an integer from 0 to 60'],
    ['history=11', 'history must be an integer from 0 to 10'],
    ['history=no', 'history must be an integer from 0 to 10'],
    ['listeners=2', 'listeners must be an integer from 0 to 1'],
    ['listeners=true', 'listeners must be an integer from 0 to 1'],
    [Array.from({ length: 101 }, (_, i) => `station=${i}`).join('&'), 'station must NOT have more than 100 items'],
    [`station=${'a'.repeat(256)}`, 'station must NOT have more than 255 characters']
  ] as const) {
    for (const path of query.startsWith('station') ? ['/now-playing'] : ['/now-playing', '/now-playing/a']) {
      t.same((await get(`${path}?${query}`)).body, {
        statusCode: 400, code: 'FST_ERR_VALIDATION', error: 'Bad Request', message: `querystring/${message}`
      })
    }
  }
})

test('the routes answer 200 or 400, whatever the app\'s own query parser returns', async (t) => {
  let query: Record<string, unknown> = {}
  const { get } = await scenario(t, { fastify: { routerOptions: { querystringParser: () => ({ ...query }) } } })
  for (const [made, message] of [
    [{ wait: Object.create(null) }, 'wait must be an integer from 0 to 60'],
    [{ station: { a: 'b' } }, 'station must be string'],
    [{ station: [['a']] }, 'station must be string']
  ] as const) {
    query = made
    t.match((await get('/now-playing')).body, { statusCode: 400, message: `querystring/${message}` })
  }
  query = { wait: 0, history: 0 }
  t.equal((await get('/now-playing')).status, 200)
})
