import { becomes } from '../helpers/becomes.ts'
import { once } from 'node:events'
import { connect } from 'node:net'
import { mock } from 'node:test'
import { test } from 'tap'
import { fakeIcecast, type FakeIcecast, type Version } from '../../lib/testing/index.ts'
import { admin, answer, type Ask } from './recordings.ts'
import { FeedReader } from './transcripts.ts'

const json = '/status-json.xsl'
const body = async (icecast: FakeIcecast, path = json): Promise<string> => Buffer.from((await answer(icecast, { path })).split('\r\n\r\n')[1] ?? '', 'latin1').toString()

/** The one source of 2.4's document. */
const source = async (icecast: FakeIcecast): Promise<Record<string, unknown>> => JSON.parse(await body(icecast)).icestats.source

test('a new title is in the status document at once', async t => {
  await using icecast = await fakeIcecast()
  icecast.source('/live.mp3')
  icecast.title('/live.mp3', 'A - B')
  const response = await fetch(`${icecast.url}${json}`)
  t.match(await response.json(), {
    icestats: { source: { title: 'A - B', listenurl: `http://localhost:${new URL(icecast.url).port}/live.mp3` } }
  })
})

test('a source that reconnects has a new start and no title', async t => {
  await using icecast = await fakeIcecast()
  icecast.source('/live.mp3')
  icecast.title('/live.mp3', 'A - B')
  icecast.listeners('/live.mp3', 3)
  const before = await source(icecast)
  icecast.source('/live.mp3')
  const after = await source(icecast)
  t.match(before, { title: 'A - B', listeners: 3 })
  t.not(after.stream_start_iso8601, before.stream_start_iso8601)
  t.notOk('title' in after)
  t.equal(after.listeners, 0)
})

test('listeners move to the fallback, and back when the source returns', async t => {
  await using icecast = await fakeIcecast()
  icecast.fallback('/main', '/backup')
  icecast.source('/main')
  icecast.source('/backup')
  icecast.listeners('/main', 12)
  icecast.listeners('/main', 12)
  icecast.disconnect('/main')
  t.match(JSON.parse(await body(icecast)).icestats.source, [{ listeners: 12, listener_peak: 12 }, { listeners: 0, stream_start: undefined }])
  icecast.source('/main')
  t.match(JSON.parse(await body(icecast)).icestats.source, [{ listeners: 0, listener_peak: 12 }, { listeners: 12 }])
})

test('a call for a mount without a source throws an error that names the mount', async t => {
  await using icecast = await fakeIcecast()
  for (const act of [
    () => icecast.title('/nope', 'A'),
    () => icecast.disconnect('/nope'),
    () => icecast.listeners('/nope', 1)
  ]) t.throws(act, { code: 'FST_ICECAST_FAKE', message: /no source is connected to \/nope/ })
})

test('documents lag behind the feed by `lag`', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const icecast = await fakeIcecast({ version: '2.5', lag: 200 })
  t.teardown(() => icecast.close())
  icecast.source('/live.mp3')
  const feed = new FeedReader(icecast, 'GET /admin/eventfeed HTTP/1.1', admin)
  await feed.until('\r\n\r\n')
  icecast.title('/live.mp3', 'A - B')
  await feed.until('"X_ICY_TITLE":["A - B"]')
  const shown = async (): Promise<unknown> => JSON.parse(await body(icecast, '/admin/publicstats.json'))[1].source['/live.mp3']
  t.match(await shown(), { 'display-title': undefined, metadata: { x_icy_title: 'A - B' } }, 'but for what 2.5 knows at once')
  mock.timers.tick(200)
  t.match(await shown(), { 'display-title': 'A - B' })
  icecast.title('/live.mp3', 'C - D')
  await icecast.close()
  mock.timers.tick(200)
})

test('an unknown version or fault is rejected', async t => {
  await using icecast = await fakeIcecast()
  const fail: unknown = Reflect.apply(icecast.fail, icecast, ['nonsense'])
  await t.rejects(Promise.resolve(fail), { code: 'FST_ICECAST_FAKE', message: /no fault 'nonsense'. There are refused, 404, 500, hang, / })
  await t.rejects(Promise.resolve(Reflect.apply(fakeIcecast, undefined, [{ version: '3' }])), { code: 'FST_ICECAST_FAKE', message: "fakeIcecast: there is no version '3'. There are 2.4, 2.5, kh" })
  await t.rejects(Promise.resolve(Reflect.apply(fakeIcecast, undefined, [{ versoin: '2.5' }])), { code: 'FST_ICECAST_FAKE', message: /^fakeIcecast: there is no option `versoin`. There are admin, auth, / })
  t.throws(() => icecast.source('main.mp3'), { code: 'FST_ICECAST_FAKE', message: /a mount has a leading slash: `source\('\/main.mp3'\)`/ })
  t.throws(() => Reflect.apply(icecast.restart, icecast, [{ version: '__proto__' }]), { code: 'FST_ICECAST_FAKE' })
})

test('requests are logged without credentials and can be awaited', async t => {
  await using icecast = await fakeIcecast()
  const first = icecast.requested()
  const third = icecast.requested(3)
  const stats = icecast.requested(({ path }) => path === '/admin/stats')
  await answer(icecast, { path: json, headers: 'X-Test: 1\r\n' })
  t.match(await first, { method: 'GET', path: json, authorization: false, headers: { 'x-test': '1' } })
  await answer(icecast, { path: '/admin/stats', auth: admin })
  t.match(await stats, { authorization: true, headers: { authorization: undefined } })
  await answer(icecast, { path: '/a' })
  t.match(await third, { path: '/a' })
  t.same(icecast.requests.map(({ path }) => path), [json, '/admin/stats', '/a'])
  t.ok(icecast.requests.every(({ at }) => Math.abs(at - Date.now()) < 60_000))
})

test('a pending `requested()` rejects when the fake is closed', async t => {
  const icecast = await fakeIcecast()
  const request = icecast.requested()
  const forgotten = icecast.requested(5)
  await icecast.close()
  await t.rejects(request, { code: 'FST_ICECAST_FAKE' })
  t.type(forgotten, Promise)
})

test('`close()` destroys open connections and may be called twice', async t => {
  const icecast = await fakeIcecast()
  const socket = connect(Number(new URL(icecast.url).port), '127.0.0.1')
  socket.on('error', () => {})
  const closed = new Promise(resolve => socket.once('close', resolve))
  await once(socket, 'connect')
  await icecast.fail('hang')
  socket.write(`GET ${json} HTTP/1.1\r\n\r\n`)
  await icecast.requested()
  await Promise.all([icecast.close(), closed])
  await icecast.close()
  await t.rejects(fetch(icecast.url), 'nobody listens')
})

test('the fake listens on the given `port`', async t => {
  const first = await fakeIcecast()
  const port = Number(new URL(first.url).port)
  await first.close()
  await using second = await fakeIcecast({ port })
  t.equal(second.url, `http://127.0.0.1:${port}`)
})

test('documents use the given clock `now`', async t => {
  await using icecast = await fakeIcecast({ now: () => Date.UTC(2026, 10, 22, 5, 3, 19) })
  const text = await answer(icecast, { path: json })
  t.match(text, 'Date: Sun, 22 Nov 2026 05:03:19 GMT')
  t.match(text, '"server_start":"Sun, 22 Nov 2026 05:03:19 +0000"')
})

test('a restart keeps only the address', async t => {
  await using icecast = await fakeIcecast()
  icecast.source('/live.mp3')
  const feed = new FeedReader(icecast, 'STATS / HTTP/1.0', admin)
  await feed.until('EVENT global stats 1')
  const { server_start_iso8601: before } = JSON.parse(await body(icecast)).icestats
  const closed = new Promise(resolve => feed.socket.once('close', resolve))
  icecast.restart()
  await closed
  const { source, server_start_iso8601: after } = JSON.parse(await body(icecast)).icestats
  t.equal(source, undefined)
  t.not(after, before)
  icecast.source('/live.mp3')
  icecast.restart({ version: '2.5' })
  t.match(await answer(icecast, { path: '/admin/publicstats.json' }), 'Server: Icecast 2.4.999.2')
})

test('`cutFeeds()` closes the feeds only', async t => {
  await using icecast = await fakeIcecast()
  const feed = new FeedReader(icecast, 'STATS / HTTP/1.0', admin)
  await feed.until('EVENT global stats 1')
  const closed = new Promise(resolve => feed.socket.once('close', resolve))
  icecast.cutFeeds()
  await closed
  t.match(await body(icecast), '{"icestats":')
  const again = new FeedReader(icecast, 'STATS / HTTP/1.0', admin)
  t.match(await again.until('EVENT global stats 1'), 'EVENT global clients 1', 'the one before is not counted any more')
})

test('2.5: a connection is kept alive on request', async t => {
  await using icecast = await fakeIcecast({ version: '2.5' })
  const socket = connect(Number(new URL(icecast.url).port), '127.0.0.1')
  const request = (connection: string): string => `GET ${json} HTTP/1.1\r\nConnection: ${connection}\r\n\r\n`
  // All at once, and cut in the middle.
  socket.write(request('keep-alive') + request('keep-alive').slice(0, 20))
  let received = ''
  socket.on('data', chunk => {
    if (received === '') socket.write(request('keep-alive').slice(20) + request('close') + request('never read'))
    received += String(chunk)
  })
  await once(socket, 'close')
  t.equal(received.match(/HTTP\/1.1 200 OK/g)?.length, 3)
  t.equal(icecast.requests.length, 3)
})

test('invalid requests get no response', async t => {
  await using icecast = await fakeIcecast()
  for (const text of ['GARBAGE\r\n\r\n', 'GET //a HTTP/1.1\r\n\r\n', 'GET * HTTP/1.0\r\n\r\n', 'GET /a\r\n\r\n', `GET /${'a'.repeat(5000)}`, `GET /${'a'.repeat(5000)} HTTP/1.1\r\n\r\n`]) {
    const socket = connect(Number(new URL(icecast.url).port), '127.0.0.1')
    socket.on('error', () => {})
    let received = ''
    socket.on('data', chunk => { received += String(chunk) })
    socket.write(text)
    await new Promise(resolve => socket.once('close', resolve))
    t.equal(received, '', text.slice(0, 20))
  }
  t.same(icecast.requests, [])
})

test('the limited account may read feeds and public documents, and on 2.4 nothing', async t => {
  const may = async (version: Version, path: string, method = 'GET'): Promise<string> => {
    await using icecast = await fakeIcecast({ version, limited: { username: 'np', password: 'secret' } })
    const text = new FeedReader(icecast, `${method} ${path} HTTP/1.1`, 'np:secret')
    return await text.until('\r\n')
  }
  for (const [version, path, method, status] of [
    ['2.4', '/', 'STATS', '401'],
    ['2.4', '/admin/stats', 'GET', '401'],
    ['2.5', '/', 'STATS', '200'],
    ['2.5', '/admin/eventfeed', 'GET', '200'],
    ['2.5', '/admin/eventfeed?mount=', 'GET', '200'],
    ['2.5', '/admin/publicstats.json', 'GET', '200'],
    ['2.5', json, 'GET', '200'],
    ['2.5', '/admin/stats', 'GET', '401'],
    ['kh', '/admin/streams', 'STATS', '200'],
    ['kh', '/', 'STATS', '404'],
    ['kh', '/admin/streams', 'GET', '200'],
    ['kh', '/admin/streamlist.txt', 'GET', '200'],
    ['kh', '/admin/stats', 'GET', '401']
  ] as const) t.match(await may(version, path, method), ` ${status} `, `${version}: ${method} ${path}`)
})

test('2.5: an event feed that reconnects with Last-Event-ID receives the missed events', async t => {
  await using icecast = await fakeIcecast({ version: '2.5' })
  icecast.source('/a.mp3')
  icecast.source('/b.mp3')
  const first = new FeedReader(icecast, 'GET /admin/eventfeed HTTP/1.1', admin)
  await first.until('\r\n\r\n')
  icecast.title('/a.mp3', 'Before')
  const id = (/id: (\S+)\r\n(?=data: .*"Before")/.exec(await first.until('"display-title":"Before"')) ?? [])[1]
  icecast.cutFeeds()
  icecast.title('/a.mp3', 'Missed')
  icecast.title('/b.mp3', 'Of another mount')
  const again = new FeedReader(icecast, `GET /admin/eventfeed?mount=/a.mp3 HTTP/1.1\r\nLast-Event-ID: ${id}`, admin)
  t.equal((await again.until('"display-title":"Missed"')).match(/data:/g)?.length, 2)
  icecast.title('/b.mp3', 'Of another mount')
  icecast.title('/a.mp3', 'Now')
  t.notMatch(await again.until('"display-title":"Now"'), '/b.mp3')
  for (let i = 0; i < 16; i++) icecast.title('/a.mp3', `${i}`)
  const late = new FeedReader(icecast, `GET /admin/eventfeed HTTP/1.1\r\nLast-Event-ID: ${id}`, admin)
  await late.until('\r\n\r\n')
  icecast.title('/a.mp3', 'From now on')
  t.notMatch(await late.until('"From now on"'), '"15"', 'but only of the last 32 events')
})

test('titles are decoded with the charset of the source or of the request', async t => {
  await using icecast = await fakeIcecast()
  const titles: [charset: string, title: Parameters<typeof icecast.title>[1], shown: string][] = [
    ['windows-1251', Buffer.from('cff0e8e2e5f2', 'hex'), 'Привет'],
    ['windows-1251', { song: 'Привет', charset: 'utf-8' }, 'Привет'],
    ['windows-1251', { song: 'Привет ♥', charset: 'UTF-8' }, 'Привет &#9829;'],
    ['x-nobody-knows', 'Привет', 'Привет']
  ]
  for (const [charset, title, shown] of titles) {
    icecast.source('/live.mp3', { charset })
    icecast.title('/live.mp3', title)
    t.match(await source(icecast), { title: shown })
  }
})

test('other requests get the response of each version', async t => {
  const table: Record<Version, [Ask, string | RegExp][]> = {
    2.4: [
      [{ path: json, method: 'DELETE' }, /^$/],
      [{ path: json, headers: 'garbage\r\n' }, ' 200 OK'],
      [{ path: '/admin/stats', headers: 'Authorization: Digest x\r\n' }, ' 401 '],
      [{ path: '/admin/stats', headers: 'Authorization: Basic bm9jb2xvbg==\r\n' }, ' 401 '],
      [{ path: '/admin/stats?mount=/ghost', auth: admin }, '<source mount="/ghost"><listeners>0</listeners>']
    ],
    2.5: [
      [{ path: json, method: 'FOO' }, /^$/],
      [{ path: '/nope' }, ' 404 '],
      [{ path: '/', method: 'STATS' }, ' 401 '],
      [{ path: '/admin/streams', method: 'STATS', auth: admin }, ' 400 '],
      [{ path: json, method: 'DELETE', auth: admin }, ' 401 '],
      [{ path: json }, '"source":[{"listeners":0,"listenurl":"http://127.0.0.1:'],
      [{ path: '/admin/publicstats.json?mount=/ghost' }, /"source":{"\/ghost":{"listeners":0,"listenurl":"[^"]*"}}/]
    ],
    kh: [
      [{ path: json, method: 'OPTIONS' }, ' 204 '],
      [{ path: json, method: 'POST' }, ' 501 '],
      [{ path: json, method: 'DELETE' }, /^$/],
      [{ path: '/nope', method: 'HEAD' }, ' 404 '],
      [{ path: '/admin/streams', method: 'STATS', auth: 'admin:no' }, ' 401 '],
      [{ path: '/admin/anything?mount=/ghost', auth: admin }, /<source mount="\/ghost">\s*<listeners>0<\/listeners>/]
    ]
  }
  for (const version of ['2.4', '2.5', 'kh'] as const) {
    await using icecast = await fakeIcecast({ version })
    icecast.fallback('/ghost', '/live.mp3')
    icecast.source('/live.mp3')
    for (const [ask, says] of table[version]) {
      t.match(await answer(icecast, ask), says, `${version}: ${ask.method ?? 'GET'} ${ask.path}`)
    }
  }
})

test('2.5: `listenurl` has the server\'s address for requests without a Host header', async t => {
  await using icecast = await fakeIcecast({ version: '2.5' })
  icecast.source('/live.mp3')
  const text = new FeedReader(icecast, `GET ${json} HTTP/1.0`, admin)
  await text.until('"listenurl":"http://127.0.0.1:')
})

test('an Ogg stream may have an artist without a title, or no tags', async t => {
  const ogg = { contentType: 'audio/ogg', subtype: 'Vorbis' }
  for (const version of ['2.4', '2.5', 'kh'] as const) {
    await using icecast = await fakeIcecast({ version })
    icecast.source('/live.ogg', ogg)
    icecast.title('/live.ogg', { artist: 'A', title: 'T' })
    icecast.title('/live.ogg', { artist: 'B' })
    // 2.5 has the track before in its playlist.
    const xml = (await answer(icecast, { path: '/admin/stats', auth: admin })).replace(/<playlist.*<\/playlist>/, '')
    t.match(xml, '<artist>B</artist>')
    t.notMatch(xml, '<title>')
    icecast.title('/live.ogg', {})
    t.notMatch(await answer(icecast, { path: '/admin/stats', auth: admin }), '<artist>')
  }
})

test('kh: only the administrator\'s feed contains hidden mounts', async t => {
  await using icecast = await fakeIcecast({ version: 'kh' })
  icecast.source('/hidden.mp3', { hidden: true })
  icecast.source('/live.mp3')
  for (const [auth, sees] of [[admin, true], ['relay:hackme', false]] as const) {
    const feed = new FeedReader(icecast, 'STATS /admin/streams HTTP/1.1', auth)
    await feed.until('INFO full list end')
    icecast.title('/hidden.mp3', 'Secret')
    icecast.title('/live.mp3', 'A - B')
    const said = await feed.until('EVENT /live.mp3 title A - B')
    t.equal(said.includes('/hidden.mp3'), sees)
  }
})

for (const [version, status] of [['2.4', '403'], ['2.5', '503'], ['kh', '403']] as const) {
  test(`${version}: without a free client slot, requests get ${status} and sources are rejected`, async t => {
    await using icecast = await fakeIcecast({ version, clients: 2 })
    icecast.source('/a')
    t.equal((await fetch(`${icecast.url}/x`)).status, 404)
    icecast.listeners('/a', 1)
    t.equal(icecast.usedSlots, 2)
    t.equal(String(await fetch(`${icecast.url}/x`).then(({ status }) => status, () => 'reset')).replace('reset', status), status)
    t.throws(() => icecast.source('/b'), { code: 'FST_ICECAST_FAKE' })
    icecast.listeners('/a', 0)
    icecast.source('/b')
  })
}

test('2.5: a closed event feed occupies its client slot until the next event, unlike a STATS feed', async t => {
  await using icecast = await fakeIcecast({ version: '2.5' })
  icecast.source('/a')
  const headers = { authorization: `Basic ${btoa('admin:hackme')}` }
  const open = async (method: string, path: string) => {
    const abort = new AbortController()
    await fetch(icecast.url + path, { method, headers, signal: abort.signal })
    return () => abort.abort()
  }
  const [stats, events] = [await open('STATS', '/'), await open('GET', '/admin/eventfeed')]
  t.equal(icecast.usedSlots, 3)
  stats()
  await becomes(() => icecast.usedSlots === 2)
  events()
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  t.equal(icecast.usedSlots, 2)
  icecast.title('/a', 'A')
  t.equal(icecast.usedSlots, 1)
  const again = await open('GET', '/admin/eventfeed')
  again()
  await becomes(() => icecast.requests.length === 3)
  icecast.restart()
  t.equal(icecast.usedSlots, 0)
})

test('kh: only the first title of a new source is delayed by `firstTitleLag`', async t => {
  await using icecast = await fakeIcecast({ version: 'kh', firstTitleLag: 80 })
  const document = async () => await (await fetch(`${icecast.url}/admin/stats`, { headers: { authorization: `Basic ${btoa('admin:hackme')}` } })).text()
  icecast.source('/a')
  icecast.source('/b')
  const began = performance.now()
  icecast.title('/a', 'First')
  icecast.title('/b', 'Lost')
  icecast.source('/b')
  while (!(await document()).includes('First')) t.ok(performance.now() - began < 5000)
  t.ok(performance.now() - began >= 75)
  icecast.title('/a', 'Second')
  const shown = await document()
  t.match(shown, 'Second')
  t.notMatch(shown, 'Lost')
})

test('a negative listener count is reported as 2^64 minus its amount', async t => {
  await using icecast = await fakeIcecast({ version: '2.5' })
  icecast.source('/a')
  icecast.listeners('/a', -3)
  t.match(await (await fetch(`${icecast.url}/admin/publicstats.json`)).text(), '"listeners":18446744073709551613')
})

test('a wait for a request that begins after the close is rejected', async (t) => {
  const icecast = await fakeIcecast()
  await icecast.close()
  await t.rejects(icecast.requested(), { code: 'FST_ICECAST_FAKE', message: /it was closed before the request arrived/ })
})

test('an option that is undefined has its default', async (t) => {
  const options: object = { version: undefined, auth: undefined }
  const icecast = await fakeIcecast(options)
  t.teardown(() => icecast.close())
  const { status, headers } = await fetch(`${icecast.url}/admin/stats`, { headers: { authorization: `Basic ${btoa('admin:hackme')}` } })
  t.equal(status, 200)
  t.equal(headers.get('server'), 'Icecast 2.4.4')
})

test('an interval between blocks of ICY metadata has to be at least 1 byte', async (t) => {
  for (const metadataInterval of [0, -1, NaN]) await t.rejects(fakeIcecast({ metadataInterval }), { code: 'FST_ICECAST_FAKE', message: /`metadataInterval` is/ })
})
