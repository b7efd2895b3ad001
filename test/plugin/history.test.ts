import { join } from 'node:path'
import swagger from '@fastify/swagger'
import { test } from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { trackSchemas } from '../../lib/schemas.ts'
import { fileStore } from '../../lib/store/file-store.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { isLive, plays, scenario, until } from '../helpers/station.ts'

test('GET /:station/history answers with the earlier tracks, newest first', async (t) => {
  const { app, icecast, get, address } = await scenario(t, { route: { cacheControl: 'public, max-age=5' } })
  icecast.source('/dir/main.mp3')
  await until(app, isLive)
  const path = '/now-playing/dir%2Fmain.mp3/history'
  t.same((await get(path)).body, { station: 'dir/main.mp3', history: [] })
  for (const title of ['Björk - Hyperballad', 'Björk - Jóga', 'Björk - Hunter']) {
    icecast.title('/dir/main.mp3', title)
    await until(app, plays(title))
  }
  const answer = await get(path)
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
  t.equal(answer.headers.get('cache-control'), 'public, max-age=5')
  t.match(answer.body, { history: [{ text: 'Björk - Jóga', endedAt: String }, { text: 'Björk - Hyperballad' }] })
  t.same(answer.body, { station: 'dir/main.mp3', history: app.nowPlaying.get('dir/main.mp3')?.history })
  t.ok(Value.Check(trackSchemas().history, answer.body))
  const head = await fetch(address + path, { method: 'HEAD' })
  t.equal(head.headers.get('etag'), answer.headers.get('etag'))
  t.equal(head.headers.get('content-length'), String(Buffer.byteLength(answer.text)))
})

test('an unchanged history is answered with 304 when the station has changed', async (t) => {
  const { app, icecast, get } = await scenario(t)
  icecast.source('/main')
  icecast.title('/main', 'A')
  await until(app, plays('A'))
  icecast.title('/main', 'B')
  await until(app, plays('B'))
  const etag = (await get('/now-playing/main/history')).headers.get('etag') ?? ''
  icecast.source('/main', { name: 'Radio Main' })
  await until(app, ([station]) => station?.name === 'Radio Main')
  for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await get('/now-playing/main/history', { 'if-none-match': header })
    t.match(again, { status: 304, text: '' }, header)
    t.equal(again.headers.get('etag'), etag)
    t.equal(again.headers.get('cache-control'), 'public, max-age=1')
  }
  icecast.title('/main', 'C')
  await until(app, plays('C'))
  const next = await get('/now-playing/main/history', { 'if-none-match': etag })
  t.match(next, { status: 200, body: { history: [{ text: 'B' }, { text: 'A' }] } })
})

test('`?history=N` limits the earlier tracks of the route, and must be from 0 to the option `history`', async (t) => {
  const { app, icecast, get } = await scenario(t, { history: 3 })
  icecast.source('/main')
  for (const title of ['A', 'B', 'C']) {
    icecast.title('/main', title)
    await until(app, plays(title))
  }
  const path = '/now-playing/main/history'
  const whole = await get(path)
  t.match(whole.body, { history: [{ text: 'B' }, { text: 'A' }] })
  const one = await get(`${path}?history=1`)
  t.strictSame(one.body, { station: 'main', history: app.nowPlaying.get('main')?.history.slice(0, 1) })
  t.not(one.headers.get('etag'), whole.headers.get('etag'))
  t.equal((await get(`${path}?history=1`, { 'if-none-match': one.headers.get('etag') ?? '' })).status, 304)
  t.strictSame((await get(`${path}?history=0`)).body, { station: 'main', history: [] })
  t.equal((await get(`${path}?history=3`)).text, whole.text)
  for (const wrong of ['4', '-1', '1.5', 'all', '']) {
    t.match(await get(`${path}?history=${wrong}`), { status: 400, body: { message: 'querystring/history must be an integer from 0 to 3' } }, wrong)
  }
})

test('`?history=N` limits the earlier tracks of a station whose id is longer than `maxParamLength`', async (t) => {
  const id = 'x'.repeat(120)
  const { app, icecast, get } = await scenario(t)
  icecast.source(`/${id}`)
  for (const title of ['A', 'B', 'C']) {
    icecast.title(`/${id}`, title)
    await until(app, plays(title))
  }
  t.match((await get(`/now-playing/${id}/history?history=1`)).body, { station: id, history: { 0: { text: 'B' }, length: 1 } })
})

test('the history of an unknown station is a 404, and a WebSocket to a history is closed', async (t) => {
  const { app, icecast, get, page } = await scenario(t)
  icecast.source('/main')
  await until(app, isLive)
  t.match((await get('/now-playing/x/history')).body, { statusCode: 404, code: 'FST_ICECAST_UNKNOWN_STATION', message: 'There is no station `x`. There are: `main`' })
  t.match(await page('/now-playing/main/history').closed, { code: 4404, reason: 'Subscribe to the station: it brings its history' })
})

test('the OpenAPI document describes the history, with the fields of `enrich`', async (t) => {
  const { app } = await scenario(t, {
    before: (app) => { app.register(swagger, { openapi: {} }) },
    route: '/radio',
    prefix: '/api',
    enrich: { handler: () => null, schema: Type.Object({ artwork: Type.String({ description: 'Where the cover is.' }) }) }
  })
  const { paths = {} } = JSON.parse(JSON.stringify(app.swagger()))
  t.match(paths['/api/radio/{station}/history'].get.parameters, [{ name: 'history', in: 'query', schema: { type: 'integer', minimum: 0, maximum: 10 } }, {}, {}])
  t.match(paths['/api/radio/{station}/history'].get.responses['200'].content['application/json'].schema, {
    properties: { station: {}, history: { items: { properties: { artwork: { type: 'string', description: 'Where the cover is.' }, endedAt: {} } } } }
  })
})

test('a restarted app restores the current track and the history from the file', async (t) => {
  const path = join(t.testdir(), 'history.json')
  const icecast = await fakeIcecast()
  icecast.source('/main')
  const before = await scenario(t, { icecast, store: fileStore(path) })
  for (const title of ['A', 'B', 'C']) {
    icecast.title('/main', title)
    await until(before.app, plays(title))
  }
  const [station] = before.app.nowPlaying.list()
  await before.app.close()

  const after = await scenario(t, { icecast, store: fileStore(path) })
  await until(after.app, isLive)
  t.match(after.app.nowPlaying.get('main'), { track: station?.track, history: station?.history })
  t.equal(after.app.nowPlaying.get('main')?.history.length, 2)
  t.strictSame(after.logs.filter(({ level }) => level > 30), [])
})

test('an app that is restarted twice while Icecast is down keeps its history', async (t) => {
  const path = join(t.testdir(), 'history.json')
  const icecast = await fakeIcecast()
  const stations = { main: { mounts: ['/main'] } }
  icecast.source('/main')
  const first = await scenario(t, { icecast, stations, store: fileStore(path) })
  for (const title of ['A', 'B']) {
    icecast.title('/main', title)
    await until(first.app, plays(title))
  }
  const station = first.app.nowPlaying.get('main')
  await first.app.close()
  await icecast.fail('refused')
  for (let restart = 0; restart < 2; restart++) {
    const { app, get } = await scenario(t, { icecast, stations, store: fileStore(path) })
    t.match((await get('/now-playing/main/history')).body, { history: [{ text: 'B' }, { text: 'A' }] })
    await app.close()
  }
  await icecast.recover()
  const { app } = await scenario(t, { icecast, stations, store: fileStore(path) })
  await until(app, isLive)
  t.match(app.nowPlaying.get('main'), { track: station?.track, history: station?.history })
})
