import swagger from '@fastify/swagger'
import type { FastifyReply } from 'fastify'
import { test } from 'tap'
import { Value } from 'typebox/value'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { trackSchemas } from '../../lib/schemas.ts'
import { becomes } from '../helpers/becomes.ts'
import { isLive, plays, scenario, until } from '../helpers/station.ts'

const schemas = trackSchemas()

test('GET answers with all stations or one, without a request to Icecast', async (t) => {
  const { app, icecast, get, address } = await scenario(t, { route: { cacheControl: 'public, max-age=5' } })
  icecast.source('/main.mp3', { name: 'Radio Main' })
  icecast.source('/dir/other.mp3')
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  await until(app, (stations) => stations.some(({ track }) => track?.title === 'Hyperballad'))

  const all = await get('/now-playing')
  t.equal(all.status, 200)
  t.equal(all.headers.get('content-type'), 'application/json; charset=utf-8')
  t.equal(all.headers.get('cache-control'), 'public, max-age=5')
  t.equal(all.headers.get('etag'), `"${app.nowPlaying.version}"`)
  t.same(all.body, { version: app.nowPlaying.version, stations: app.nowPlaying.list() })
  t.ok(Value.Check(schemas.nowPlaying, all.body))

  const one = await get('/now-playing/main.mp3')
  t.same(one.body, app.nowPlaying.get('main.mp3'))
  t.ok(Value.Check(schemas.station, one.body))
  t.same((await get('/now-playing/dir%2Fother.mp3')).body, app.nowPlaying.get('dir/other.mp3'))
  t.match((await get('/now-playing?station=main.mp3')).body, { version: app.nowPlaying.version, stations: [{ id: 'main.mp3' }] })
  const head = await fetch(`${address}/now-playing`, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } })
  t.equal(head.headers.get('etag'), all.headers.get('etag'))
  t.equal(head.headers.get('content-length'), String(Buffer.byteLength(all.text)))
})

test('an unchanged answer is a 304', async (t) => {
  const { app, icecast, get } = await scenario(t)
  icecast.source('/a')
  icecast.source('/b')
  await until(app, (stations) => stations.length === 2)
  for (const path of ['/now-playing', '/now-playing/a', '/now-playing?station=a']) {
    const etag = (await get(path)).headers.get('etag') ?? ''
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, { 'if-none-match': header })
      t.equal(again.status, 304, `${path} ${header}`)
      t.equal(again.text, '')
      t.equal(again.headers.get('etag'), etag)
      t.equal(again.headers.get('cache-control'), 'public, max-age=1')
    }
    t.equal((await get(path, { 'if-none-match': '"other"' })).status, 200)
  }
  const [all, a] = [await get('/now-playing'), await get('/now-playing/a')]
  icecast.title('/b', 'News')
  await until(app, (stations) => stations[1]?.track?.text === 'News')
  t.equal((await get('/now-playing', { 'if-none-match': String(all.headers.get('etag')) })).status, 200)
  t.equal((await get('/now-playing/a', { 'if-none-match': String(a.headers.get('etag')) })).status, 304, 'nothing changed for a')
})

test('an unknown station is a 404 that names the known stations', async (t) => {
  const { app, icecast, get } = await scenario(t)
  t.match((await get('/now-playing/x')).body, { statusCode: 404, message: /There is no station `x`\. (There are none|Icecast has not been read yet)/ })
  icecast.source('/main.mp3')
  await until(app, isLive)
  for (const path of ['/now-playing/nope', '/now-playing?station=nope']) {
    t.same((await get(path)).body, {
      statusCode: 404,
      code: 'FST_ICECAST_UNKNOWN_STATION',
      error: 'Not Found',
      message: 'There is no station `nope`. There are: `main.mp3`'
    })
  }
  for (let i = 0; i < 30; i++) icecast.source(`/m${i}`)
  await until(app, (stations) => stations.length === 31)
  t.match((await get('/now-playing/nope')).body, { message: /`m26` and 11 more$/ })
})

test('an unknown station before the first read is a 404 that says so', async (t) => {
  const icecast = await fakeIcecast()
  await icecast.fail('refused')
  const { app, get } = await scenario(t, { icecast })
  t.match((await get('/now-playing/x')).body, { statusCode: 404, message: 'There is no station `x`. Icecast has not been read yet' })
  await icecast.recover()
  await app.nowPlaying.refresh()
  t.match((await get('/now-playing/x')).body, { statusCode: 404, message: 'There is no station `x`. There are none' })
})

test('the routes are at the address that `route` and `prefix` name', async (t) => {
  const places = [
    [{ route: '/on-air' }, '/on-air'],
    [{ route: { url: '/on-air/' } }, '/on-air'],
    [{ prefix: '/radio' }, '/radio/now-playing'],
    [{ prefix: '/radio', route: '/' }, '/radio'],
    [{ route: '/' }, '/']
  ] as const
  for (const [options, path] of places) {
    const { app, icecast, get, page } = await scenario(t, options)
    icecast.source('/main.mp3')
    await until(app, isLive)
    t.equal((await get(path)).status, 200, path)
    t.equal((await get(`${path}/main.mp3`.replace('//', '/'))).status, 200, path)
    await page(path).snapshot()
  }
})

test('`route: false` declares no routes and no WebSocket server', async (t) => {
  const { app, icecast, get } = await scenario(t, { route: false })
  icecast.source('/main.mp3')
  await until(app, isLive)
  t.equal((await get('/now-playing')).status, 404)
  t.notOk(app.hasDecorator('websocketServer'))
})

test('@fastify/swagger shows both routes with a schema for each answer', async (t) => {
  const { app } = await scenario(t, { before: async (app) => { await app.register(swagger, { openapi: {} }) } })
  const { paths = {} } = app.swagger() as { paths?: Record<string, { get?: { responses: object, summary?: string } }> }
  for (const path of ['/now-playing', '/now-playing/{station}']) {
    t.match(Object.keys(paths[path]?.get?.responses ?? {}), ['200', '304', '404'])
    t.ok(paths[path]?.get?.summary)
  }
  t.match(JSON.stringify(paths), /"statusSince"/)
})

test('a station of each status is served', async (t) => {
  const { app, icecast, get } = await scenario(t, { stations: { main: { mounts: ['/main.mp3', '/main.opus'] } }, staleAfter: 100, timeout: 100 })
  const check = async (kind: string) => {
    const { body, status } = await get('/now-playing')
    t.equal(status, 200)
    t.ok(Value.Check(schemas.nowPlaying, body), kind)
    t.match(body, { stations: [{ status: kind }] })
  }
  await until(app, ([main]) => main?.status === 'offline')
  await check('offline')
  icecast.source('/main.opus')
  icecast.title('/main.opus', '')
  await until(app, isLive)
  await check('live')
  icecast.title('/main.opus', 'x')
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'x')
  await until(app, plays('x'))
  await check('live')
  await icecast.fail('refused')
  await until(app, ([main]) => main?.status === 'stale')
  await check('stale')
})

test('?wait holds the answer until something changes', async (t) => {
  const { app, icecast, get } = await scenario(t)
  icecast.source('/a')
  icecast.source('/b')
  await until(app, (stations) => stations.length === 2)
  const ask = async (path: string) => await get(`${path}wait=60`, { 'if-none-match': String((await get(path)).headers.get('etag')) })
  const waiting = (count: number) => becomes(() => app.nowPlaying.metrics.waiting === count)
  const [all, some, a, b] = [ask('/now-playing?'), ask('/now-playing?station=a&'), ask('/now-playing/a?'), ask('/now-playing/b?')]
  await waiting(4)
  icecast.title('/b', 'News')
  const isCurrent = (answer: Awaited<typeof all>) => {
    t.match(answer, { status: 200, body: { version: app.nowPlaying.version } })
    t.equal(answer.headers.get('etag'), `"${app.nowPlaying.version}"`)
  }
  isCurrent(await all)
  t.match(await b, { status: 200, body: { track: { text: 'News' } } })
  await waiting(2)
  icecast.title('/a', 'Old')
  t.match(await a, { status: 200, body: { track: { text: 'Old' } } })
  isCurrent(await some)
  t.equal((await get('/now-playing?wait=60')).status, 200, 'who names no version has it at once')
  t.equal((await get('/now-playing?wait=60', { 'if-none-match': '"other"' })).status, 200)
})

test('?wait ends with a 304 when its time is over or the app closes, and when the client disconnects', async (t) => {
  const { app, get, address } = await scenario(t)
  const headers = { 'if-none-match': '*' }
  const waiting = (count: number) => becomes(() => app.nowPlaying.metrics.waiting === count)
  t.equal((await get('/now-playing?wait=1', headers)).status, 304)
  t.equal((await get('/now-playing?wait=0', headers)).status, 304)

  const going = new AbortController()
  const gone = fetch(`${address}/now-playing?wait=60`, { headers, signal: going.signal })
  await waiting(1)
  going.abort()
  await t.rejects(gone)
  await waiting(0)

  const held = get('/now-playing?wait=60', headers)
  await waiting(1)
  const [answer] = await Promise.all([held, app.close()])
  t.equal(answer.status, 304)
})

test('?wait that ends as the app closes closes its connection despite slow hooks of the app', async (t) => {
  const { app, get } = await scenario(t, {
    before: (app) => { app.addHook('onSend', async () => { await becomes(() => !app.server.listening) }) }
  })
  const held = get('/now-playing?wait=60', { 'if-none-match': '*' })
  await becomes(() => app.nowPlaying.metrics.waiting > 0)
  const [answer] = await Promise.all([held, app.close()])
  t.equal(answer.status, 304)
  t.equal(answer.headers.get('connection'), 'close')
})

test('?wait is answered before Fastify\'s `handlerTimeout`', async (t) => {
  const { get, logs } = await scenario(t, { fastify: { handlerTimeout: 200 } })
  t.equal((await get('/now-playing?wait=60', { 'if-none-match': '*' })).status, 304)
  t.same(logs.filter(({ level }) => level >= 40), [])
})

test('a held ?wait that a hook of the app answers is answered once', async (t) => {
  const replies: FastifyReply[] = []
  const { app, get, logs } = await scenario(t, {
    before: (app) => { app.addHook('onRequest', async (_, reply) => { replies.push(reply) }) }
  })
  const held = get('/now-playing?wait=60', { 'if-none-match': '*' })
  await becomes(() => app.nowPlaying.metrics.waiting > 0)
  for (const reply of replies) await reply.send('That will do')
  t.equal((await held).text, 'That will do')
  await becomes(() => app.nowPlaying.metrics.waiting === 0)
  await app.close()
  t.same(logs.filter(({ level }) => level >= 40), [])
})

test('?wait is limited to 60 s and to `limits.waiting` requests', async (t) => {
  const { app, get } = await scenario(t, { limits: { waiting: 1 } })
  const headers = { 'if-none-match': '*' }
  for (const wait of ['-1', '61', '1.5', 'x']) t.equal((await get(`/now-playing?wait=${wait}`)).status, 400, wait)
  const held = get('/now-playing?wait=60', headers)
  await becomes(() => app.nowPlaying.metrics.waiting > 0)
  const over = await get('/now-playing?wait=60', headers)
  t.equal(over.status, 304, 'at once')
  t.equal(over.headers.get('retry-after'), '5')
  await app.close()
  t.equal((await held).status, 304)
})

test('Accept: text/plain is answered with the title alone, for OBS, RDS and shell scripts', async (t) => {
  const { app, icecast, get } = await scenario(t)
  for (const mount of ['/a', '/b', '/c']) icecast.source(mount)
  icecast.title('/a', 'Björk - Hyperballad')
  icecast.title('/c', 'The news')
  await until(app, (stations) => stations.length === 3 && stations.every(({ id, track }) => id === 'b' || track !== null))
  const accept = { accept: 'text/plain' }
  for (const [path, text] of [
    ['/now-playing/a', 'Björk - Hyperballad\n'],
    ['/now-playing/b', '\n'],
    ['/now-playing', 'Björk - Hyperballad\n\nThe news\n'],
    ['/now-playing?station=c&station=a', 'The news\nBjörk - Hyperballad\n']
  ] as const) {
    const answer = await get(path, accept)
    t.equal(answer.text, text)
    t.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
    const json = await get(path)
    const etag = String(answer.headers.get('etag'))
    t.not(etag, json.headers.get('etag'), 'caches tell them apart')
    t.equal((await get(path, { ...accept, 'if-none-match': etag })).status, 304)
    t.equal((await get(path, { 'if-none-match': etag })).status, 200)
    t.equal(json.headers.get('vary'), 'Accept, Accept-Encoding')
    t.equal(answer.headers.get('vary'), 'Accept, Accept-Encoding')
  }
})

test('a slash at the end of the address of the list makes no difference', async (t) => {
  const { get, page } = await scenario(t, { stations: { a: { mounts: ['/a'] }, b: { mounts: ['/b'] } } })
  t.strictSame((await get('/now-playing/')).body, (await get('/now-playing')).body)
  t.match(await get('/now-playing/?station=b'), { body: { stations: [{ id: 'b' }] } })
  t.match(await page('/now-playing/').snapshot(), { stations: [{ id: 'a' }, { id: 'b' }] })
})

test('every answer names in `Vary` the headers that it depends on', async (t) => {
  const { app, get } = await scenario(t, { stations: { main: { mounts: ['/main.mp3'] } } })
  const VARY = 'Accept, Accept-Encoding'
  const { etag } = (await app.inject('/now-playing')).headers
  t.match(await app.inject({ url: '/now-playing', headers: { 'if-none-match': String(etag) } }), { statusCode: 304, headers: { vary: VARY } })
  for (const path of ['/now-playing', '/now-playing/main', '/now-playing/main.txt', '/now-playing/main/history']) {
    t.equal((await get(path)).headers.get('vary'), VARY, path)
    t.equal((await app.inject({ method: 'HEAD', url: path })).headers.vary, VARY, `HEAD ${path}`)
  }
})

test('?history=0 leaves the earlier tracks out', async (t) => {
  const { app, icecast, get } = await scenario(t)
  icecast.source('/a')
  for (const title of ['One', 'Two']) {
    icecast.title('/a', title)
    await until(app, plays(title))
  }
  t.match((await get('/now-playing/a')).body, { history: [{ text: 'One' }] })
  const { body } = await get('/now-playing?history=0')
  t.match(body, { stations: [{ track: { text: 'Two' }, history: [] }] })
  t.ok(Value.Check(schemas.nowPlaying, body))
  t.match((await get('/now-playing/a?history=0')).body, { track: { text: 'Two' }, history: [] })
  t.equal((await get('/now-playing?history=11')).status, 400)
})

test('errors of the app\'s own hooks are sent unchanged', async (t) => {
  const { get } = await scenario(t, { before: (app) => { app.setErrorHandler(async (_, request, reply) => await reply.code(404).send({ mine: true })) } })
  t.same((await get('/now-playing/nope?wait=x')).body, { mine: true })
})

test('the ETag of plain text changes with the title and not with the listeners', async (t) => {
  const { app, icecast, get } = await scenario(t)
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'A - One')
  await until(app, plays('A - One'))
  const text = { accept: 'text/plain' }
  const tag = String((await get('/now-playing/main.mp3', text)).headers.get('etag'))
  t.match(tag, /^"[\w-]+\.txt"$/)
  icecast.listeners('/main.mp3', 7)
  await until(app, ([station]) => station?.listeners.current === 7)
  t.equal((await get('/now-playing/main.mp3', { ...text, 'if-none-match': tag })).status, 304)
  icecast.title('/main.mp3', 'B - Two')
  await until(app, plays('B - Two'))
  t.match(await get('/now-playing/main.mp3', { ...text, 'if-none-match': tag }), { status: 200, text: 'B - Two\n' })
})

test('?wait for plain text is not ended by a change of listeners', async (t) => {
  const { app, icecast, get } = await scenario(t)
  icecast.source('/a')
  icecast.source('/b')
  icecast.title('/a', 'One')
  await until(app, ([a, b]) => a?.track?.text === 'One' && b !== undefined)
  const text = { accept: 'text/plain' }
  const held = ['/now-playing/a', '/now-playing?station=a'].map(async (path) => {
    const etag = String((await get(path, text)).headers.get('etag'))
    return await get(`${path}${path.includes('?') ? '&' : '?'}wait=60`, { ...text, 'if-none-match': etag })
  })
  await becomes(() => app.nowPlaying.metrics.waiting === 2)
  icecast.title('/b', 'News')
  icecast.listeners('/a', 7)
  await until(app, ([a, b]) => a?.listeners.current === 7 && b?.track?.text === 'News')
  t.equal(app.nowPlaying.metrics.waiting, 2)
  icecast.title('/a', 'Two')
  for (const answer of held) t.match(await answer, { status: 200, text: 'Two\n' })
  await becomes(() => app.nowPlaying.metrics.waiting === 0)
})
