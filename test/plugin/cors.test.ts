import cors from '@fastify/cors'
import { test } from 'tap'
import { isLive, scenario, until } from '../helpers/station.ts'

const ORIGIN = 'https://radio.example'
const ALLOWED = { 'access-control-allow-origin': ORIGIN }

for (const [what, origin] of [['one', ORIGIN], ['a list', [ORIGIN, 'https://other.example']], ['a function', async () => ORIGIN]] as const) {
  test(`a page of another site reads everything with @fastify/cors as the README shows it: ${what}`, async (t) => {
    const { app, icecast, get, stream, page } = await scenario(t, {
      before: async (app) => { await app.register(cors, { origin: typeof origin === 'object' ? [...origin] : origin }) },
      origins: [ORIGIN]
    })
    icecast.source('/main.mp3')
    await until(app, isLive)
    const headers = { origin: ORIGIN }

    for (const path of ['/now-playing', '/now-playing/main.mp3']) {
      const json = await get(path, headers)
      t.match(json, { status: 200 })
      t.equal(json.headers.get('access-control-allow-origin'), ORIGIN)
      t.match(json.headers.get('vary'), /^(Origin, )?Accept, Accept-Encoding$/)
      const unchanged = await get(path, { ...headers, 'if-none-match': json.headers.get('etag') ?? '' })
      t.equal(unchanged.status, 304)
      t.equal(unchanged.headers.get('access-control-allow-origin'), ORIGIN)

      const events = await stream(path, headers)
      t.match(events.response.headers, { ...ALLOWED, 'content-type': 'text/event-stream; charset=utf-8' })
      t.equal(events.response.headers.vary, json.headers.get('vary'))
      await events.event('snapshot')
    }
    const unknown = await get('/now-playing/nope', { ...headers, accept: 'text/event-stream' })
    t.equal(unknown.status, 404)
    t.equal(unknown.headers.get('access-control-allow-origin'), ORIGIN, 'a page may know why not')
    await page('/now-playing', { origin: ORIGIN }).snapshot()

    const asked = await app.inject({ method: 'OPTIONS', url: '/now-playing', headers: { ...headers, 'access-control-request-method': 'GET' } })
    t.equal(asked.statusCode, 204)
    t.match(asked.headers, ALLOWED)
  })
}
