import fc from 'fast-check'
import { test } from 'tap'
import { Type } from 'typebox'
import { FST_ICECAST_INVALID_OPTION } from '../../lib/errors.ts'
import type { FastifyIcecastOptions, Settings } from '../../lib/options/options.ts'
import { readOptions } from '../../lib/options/read.ts'

const url = 'http://localhost:8000'

const OPTIONS = ['url', 'auth', 'stations', 'interval', 'live', 'reconcileInterval', 'inBand', 'parseTrack', 'timeout', 'maxBytes',
  'staleAfter', 'hold', 'history', 'heartbeat', 'servers', 'staleTrackAfter', 'delay', 'store', 'kinds', 'hide', 'enrich',
  'ca', 'publicUrl', 'route', 'limits', 'origins', 'prefix']

/** Calls it as JavaScript does, where nothing keeps the types. */
function read (options: unknown): Settings {
  return Reflect.apply(readOptions, undefined, [options])
}

function refusal (options: unknown): string {
  try {
    read(options)
  } catch (error) {
    if (error instanceof FST_ICECAST_INVALID_OPTION) return error.message
    throw error
  }
  throw new Error('accepted')
}

test('only `url` is required', async (t) => {
  t.strictSame(readOptions({ url }), {
    servers: [{ url: new URL('http://localhost:8000/'), authorization: null, ca: undefined, publicUrl: null }],
    timeout: 5000,
    maxBytes: 4_194_304,
    staleTrackAfter: 43_200_000,
    delay: 0,
    store: null,
    backplane: null,
    rebalance: true,
    kinds: [],
    hide: new Set(),
    enrich: null,
    interval: 1000,
    live: true,
    reconcileInterval: 15_000,
    inBand: 'auto',
    parseTrack: undefined,
    mounts: null,
    stations: null,
    staleAfter: 10_000,
    hold: 10_000,
    history: 10,
    heartbeat: 25_000,
    route: { url: '/now-playing', cacheControl: 'public, max-age=1', client: true, schema: true, options: {} },
    limits: { subscribers: 20_000, perAddress: null, waiting: 5000, slowAfter: 30_000 },
    origins: null,
    prefix: ''
  })
})

test('`inBand` is one of its three values', async (t) => {
  for (const inBand of ['auto', 'always', false] as const) t.equal(readOptions({ url, inBand }).inBand, inBand)
})

const schema = Type.Object({ artwork: Type.String() })

test('options about tracks are read', async (t) => {
  const handler = () => ({ artwork: 'https://radio.example/a.jpg' })
  const byText = () => 'talk' as const
  const settings = readOptions({
    servers: [{ url }, { url: 'http://relay:8000', auth: { username: 'relay', password: 'x' } }],
    stations: { main: { mounts: ['/a'], delay: 20_000 } },
    kinds: [{ match: /^ad/gi, kind: 'ad' }, byText],
    hide: ['ad', 'jingle'],
    staleTrackAfter: false,
    delay: 3000,
    enrich: { handler, schema, wait: 100 }
  })
  t.strictSame(settings.servers.map(({ url, authorization }) => [url.href, authorization]), [
    ['http://localhost:8000/', null], ['http://relay:8000/', basic('relay:x')]
  ])
  t.match(settings, { hide: new Set(['ad', 'jingle']), staleTrackAfter: null, delay: 3000 })
  t.equal(settings.stations?.get('main')?.delay, 20_000)
  t.strictSame(settings.enrich, { handler, schema, timeout: 5000, wait: 100, perStation: false })
  t.strictSame(settings.kinds, [{ match: /^ad/i, kind: 'ad' }, byText], 'the flag `g`, which would match every other time, is dropped')
  t.strictSame(readOptions({ url, kinds: byText }).kinds, [byText])
})

test('numbers are accepted up to their limits', async (t) => {
  const least = { timeout: 50, maxBytes: 1024, interval: 50, reconcileInterval: 50, staleAfter: 0, hold: 0, history: 0, heartbeat: 50 }
  const most = {
    timeout: 120_000,
    maxBytes: 67_108_864,
    interval: 3_600_000,
    reconcileInterval: 3_600_000,
    staleAfter: 86_400_000,
    hold: 86_400_000,
    history: 100,
    heartbeat: 3_600_000
  }
  for (const numbers of [least, most]) {
    t.match(readOptions({ url, ...numbers }), numbers)
  }
})

test('an option that is undefined counts as left out', async (t) => {
  const names = OPTIONS.filter((name) => name !== 'url')
  t.strictSame(read({ url, ...Object.fromEntries(names.map((name) => [name, undefined])) }), readOptions({ url }))
})

test('Fastify\'s own register options are accepted', async (t) => {
  t.equal(read({ url, prefix: '/radio', logLevel: 'warn', logSerializers: {} }).prefix, '/radio')
})

const basic = (account: string) => `Basic ${Buffer.from(account).toString('base64')}`

const addresses: Array<[given: string, address: string, account?: string]> = [
  ['http://localhost:8000', 'http://localhost:8000/'],
  ['http://localhost:8000/', 'http://localhost:8000/'],
  ['https://radio.example', 'https://radio.example/'],
  ['http://[::1]:8000', 'http://[::1]:8000/'],
  ['http://localhost/icecast', 'http://localhost/icecast/'],
  ['http://localhost/icecast/', 'http://localhost/icecast/'],
  ['http://localhost/a/b%20c', 'http://localhost/a/b%20c/'],
  ['http://admin:hackme@localhost:8000/x', 'http://localhost:8000/x/', 'admin:hackme'],
  ['http://admin@localhost', 'http://localhost/', 'admin:'],
  ['http://admin:a%2Fb%40c%3Ad%25@localhost', 'http://localhost/', 'admin:a/b@c:d%'],
  ['http://admin:a@b@localhost', 'http://localhost/', 'admin:a@b'],
  ['http://admin:100%@localhost', 'http://localhost/', 'admin:100%'],
  ['http://admin:5%|ü@localhost', 'http://localhost/', 'admin:5%|ü'],
  ['http://admin:%E9@localhost', 'http://localhost/', 'admin:%E9'],
  ['http://bj%C3%B6rk:h a c k@localhost', 'http://localhost/', 'björk:h a c k']
]

for (const [given, address, account] of addresses) {
  test(`the server at ${given}`, async (t) => {
    const object = new URL(given)
    const { href } = object
    for (const value of [given, object]) {
      const [server] = readOptions({ url: value }).servers
      t.equal(server?.url.href, address)
      t.equal(server?.authorization, account === undefined ? null : basic(account))
    }
    t.equal(object.href, href, 'the caller\'s URL stays as it is')
  })
}

test('`auth` gives the account of the server', async (t) => {
  const auth = { username: 'admin', password: 'a:b/@%' }
  t.equal(readOptions({ url, auth }).servers[0]?.authorization, basic('admin:a:b/@%'))
  t.equal(readOptions({ url, auth: { username: 'björk', password: '' } }).servers[0]?.authorization, basic('björk:'))
})

test('stations keep their order and may have any id', async (t) => {
  const ids = ['main', '__proto__', 'constructor', 'toString', 'a/b', 'ü', 'x'.repeat(100)]
  const given: unknown = JSON.parse(`{${ids.map((id) => `"${id}":{"name":"N","mounts":["/${id}","/b"]}`).join()}}`)
  const { stations } = read({ url, stations: given })
  t.strictSame([...stations?.keys() ?? []], ids)
  for (const id of ids) t.strictSame(stations?.get(id), { name: 'N', mounts: [`/${id}`, '/b'] })
  t.strictSame(readOptions({ url, stations: { main: { mounts: ['/m'] } } }).stations?.get('main'), { mounts: ['/m'] })
})

test('stations may have a charset, and all their mounts are read, each once', async (t) => {
  const a = { mounts: ['/a', '/b'], charset: 'windows-1251' }
  const { stations, mounts } = readOptions({ url, stations: { a, b: { mounts: ['/b', '/c'], fallbacks: ['/d'] } } })
  t.strictSame(stations?.get('a'), a)
  t.strictSame(stations?.get('b'), { mounts: ['/b', '/c'], fallbacks: ['/d'] })
  t.strictSame(mounts, new Set(['/a', '/b', '/c', '/d']))
})

test('`parseTrack` is passed on, and `live` can be turned off', async (t) => {
  const parseTrack = () => null
  t.equal(readOptions({ url, parseTrack }).parseTrack, parseTrack)
  t.equal(readOptions({ url, live: false }).live, false)
})

const routes: Array<[given: FastifyIcecastOptions['route'], settings: Settings['route']]> = [
  [false, null],
  ['/np', { url: '/np', cacheControl: 'public, max-age=1', client: true, schema: true, options: {} }],
  ['/np/', { url: '/np', cacheControl: 'public, max-age=1', client: true, schema: true, options: {} }],
  ['/', { url: '', cacheControl: 'public, max-age=1', client: true, schema: true, options: {} }],
  [{}, { url: '/now-playing', cacheControl: 'public, max-age=1', client: true, schema: true, options: {} }],
  [{ url: '/a/b' }, { url: '/a/b', cacheControl: 'public, max-age=1', client: true, schema: true, options: {} }],
  [{ client: false }, { url: '/now-playing', cacheControl: 'public, max-age=1', client: false, schema: true, options: {} }],
  [{ cacheControl: 'no-cache' }, { url: '/now-playing', cacheControl: 'no-cache', client: true, schema: true, options: {} }],
  [{ options: { logLevel: 'warn' } }, { url: '/now-playing', cacheControl: 'public, max-age=1', client: true, schema: true, options: { logLevel: 'warn' } }]
]

for (const [given, settings] of routes) {
  test(`the route ${JSON.stringify(given)}`, async (t) => { t.strictSame(read({ url, route: given }).route, settings) })
}

test('`ca` and `publicUrl` belong to a server', async (t) => {
  const ca = '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----'
  const [first, second] = readOptions({ servers: [{ url, ca, publicUrl: 'https://stream.radio.example/a' }, { url: 'https://relay.example', ca: [ca, Buffer.from(ca)] }] }).servers
  t.match(first, { ca: [ca], publicUrl: new URL('https://stream.radio.example/a/') })
  t.match(second, { ca: [ca, Buffer.from(ca)], publicUrl: null })
})

test('`limits` and `origins` are read', async (t) => {
  const limits = { subscribers: 1, perAddress: 2, waiting: 3, slowAfter: 400 }
  t.same(readOptions({ url, limits }).limits, limits)
  t.same(readOptions({ url, limits: { waiting: 0 } }).limits, { subscribers: 20_000, perAddress: null, waiting: 0, slowAfter: 30_000 })
  const origins = ['https://radio.example', 'http://localhost:3000', 'capacitor://localhost', 'chrome-extension://abcdef', 'tauri://localhost:1420', 'null']
  t.same([...readOptions({ url, origins }).origins ?? []], origins)
  t.equal(readOptions({ url, origins: [] }).origins?.size, 0)
})

test('the given options are neither changed nor kept', async (t) => {
  const options = {
    url: new URL('http://admin:hackme@localhost/x'),
    stations: { main: { name: 'Main', mounts: ['/a', '/b'] } },
    route: { url: '/np/' }
  }
  const settings = readOptions(options)
  t.strictSame(options, {
    url: new URL('http://admin:hackme@localhost/x'),
    stations: { main: { name: 'Main', mounts: ['/a', '/b'] } },
    route: { url: '/np/' }
  })
  options.stations.main.mounts.push('/c')
  options.url.hostname = 'elsewhere'
  t.strictSame(settings.stations?.get('main')?.mounts, ['/a', '/b'])
  t.equal(settings.servers[0]?.url.hostname, 'localhost')
})

/** What each wrong option is told: its name, its value, what would be right. */
const refused: Array<[options: unknown, option: string, shown: string, right: string]> = [
  [undefined, 'options', 'missing', 'an object with at least a `url`'],
  [null, 'options', 'null', 'an object with at least a `url`'],
  [[url], 'options', '[…]', 'an object with at least a `url`'],
  [{}, 'url', 'missing', 'such as `http://localhost:8000`'],
  [{ url: null }, 'url', 'null', 'such as `http://localhost:8000`'],
  [{ url: '' }, 'url', '""', 'such as `http://localhost:8000`'],
  [{ url: 'localhost' }, 'url', '"localhost"', 'such as `http://localhost:8000`'],
  [{ url: 'localhost:8000' }, 'url', '"localhost:8000"', 'such as `http://localhost:8000`'],
  [{ url: 'ftp://localhost' }, 'url', '"ftp://localhost"', 'such as `http://localhost:8000`'],
  [{ url: new URL('ws://localhost') }, 'url', '"ws://localhost/"', 'such as `http://localhost:8000`'],
  [{ url: 8000 }, 'url', '8000', 'such as `http://localhost:8000`'],
  [{ url: 10n }, 'url', '10', 'such as `http://localhost:8000`'],
  [{ url: Symbol('x') }, 'url', 'Symbol(x)', 'such as `http://localhost:8000`'],
  [{ url: () => url }, 'url', 'a function', 'such as `http://localhost:8000`'],
  [{ url: { host: 'localhost', port: 8000 } }, 'url', '{ host, port }', 'such as `http://localhost:8000`'],
  [{ url: [] }, 'url', '[]', 'such as `http://localhost:8000`'],
  [{ url: `http://localhost/${'x'.repeat(1000)}#` + 'y' }, 'url', `"http://localhost/${'x'.repeat(102)}…`, 'without `?` and `#`'],
  [{ url: 'http://localhost/status-json.xsl?mount=/a' }, 'url', '"http://localhost/status-json.xsl?…"', 'without `?` and `#`'],
  [{ url: 'http://localhost/status-json.xsl' }, 'url', '"http://localhost/status-json.xsl"', 'not the address of a document or a mount'],
  [{ url: 'http://localhost/radio/main.MP3' }, 'url', '"http://localhost/radio/main.MP3"', 'not the address of a document or a mount'],
  [{ url: 'http://localhost/#a' }, 'url', '"http://localhost/?…"', 'without `?` and `#`'],
  [{ url, auth: null }, 'auth', 'given', 'username'],
  [{ url, auth: 'admin' }, 'auth', 'given', '{ username: string, password: string }'],
  [{ url, auth: {} }, 'auth.username', 'missing', 'a string (an environment variable'],
  [{ url, auth: { user: 'admin', password: 'hackme' } }, 'auth.user', 'given', 'The known options are username, password'],
  [{ url, auth: { username: 'admin', pasword: 'hackme' } }, 'auth.pasword', 'given', 'Did you mean `password`?'],
  [{ url, auth: { username: 'admin' } }, 'auth.password', 'missing', 'a string (an environment variable'],
  [{ url, auth: { username: 'admin', password: 1 } }, 'auth', 'given', '{ username: string, password: string }'],
  [{ url, auth: { username: '', password: '' } }, 'auth', 'given', '{ username: string, password: string }'],
  [{ url, auth: { username: 'a:b', password: '' } }, 'auth', 'given', 'and without a colon'],
  [{ url: 'http://a%3Ab:c@localhost' }, 'url', '"…@localhost"', 'without a colon'],
  [{ url: 'http://:c@localhost' }, 'url', '"…@localhost"', 'its username not empty'],
  [{ url: 'http://a:b@localhost', auth: { username: 'a', password: 'b' } }, 'auth', 'given', 'give them once'],
  [{ url, stations: null }, 'stations', 'null', 'such as `{ main:'],
  [{ url, stations: ['/main.mp3'] }, 'stations', '[…]', 'such as `{ main:'],
  [{ url, stations: {} }, 'stations', '{}', 'leave it out to have each mount as a station'],
  [{ url, stations: { '': { mounts: ['/a'] } } }, 'stations.', '""', '1 to 100 characters'],
  [{ url, stations: { ['x'.repeat(101)]: { mounts: ['/a'] } } }, `stations.${'x'.repeat(101)}`, `"${'x'.repeat(101)}"`, '1 to 100 characters'],
  [{ url, stations: { 'client.js': { mounts: ['/a'] } } }, 'stations.client.js', '"client.js"', 'another id'],
  [{ url, stations: { main: '/main.mp3' } }, 'stations.main', '"/main.mp3"', '{ name?: string, mounts: string[], fallbacks?: string[], charset?: string, delay?: number }'],
  [{ url, stations: { main: {} } }, 'stations.main.mounts', 'missing', '[\'/main.mp3\', \'/my radio.mp3\']'],
  [{ url, stations: { main: { mounts: '/a' } } }, 'stations.main.mounts', '"/a"', '[\'/main.mp3\', \'/my radio.mp3\']'],
  [{ url, stations: { main: { mounts: [] } } }, 'stations.main.mounts', '[]', '[\'/main.mp3\', \'/my radio.mp3\']'],
  [{ url, stations: { main: { mounts: ['/a', 'b'] } } }, 'stations.main.mounts.1', '"b"', 'with its leading slash'],
  [{ url, stations: { main: { mounts: ['/a', 7] } } }, 'stations.main.mounts.1', '7', 'with its leading slash'],
  [{ url, stations: { main: { mounts: ['/my%20radio.mp3'] } } }, 'stations.main.mounts.0', '"/my%20radio.mp3"', 'not percent-encoded'],
  [{ url, stations: { main: { mounts: ['/\ud800'] } } }, 'stations.main.mounts.0', '"/\\ud800"', 'a mount with its leading slash'],
  [{ url, stations: { main: { mounts: ['http://localhost:8000/a'] } } }, 'stations.main.mounts.0', '"http://localhost:8000/a"', 'without the address of the server'],
  [{ url, stations: { main: { mounts: ['/a'], fallbacks: '/b' } } }, 'stations.main.fallbacks', '"/b"', '[\'/main.mp3\', \'/my radio.mp3\']'],
  [{ url, stations: { main: { mounts: ['/a'], fallbacks: ['/b', '/b'] } } }, 'stations.main.fallbacks.1', '"/b"', 'the list has this mount already'],
  [{ url, stations: { main: { mounts: ['/a'], fallbacks: ['b'] } } }, 'stations.main.fallbacks.0', '"b"', 'with its leading slash'],
  [{ url, stations: { main: { mounts: ['/a'], fallbacks: ['/b', '/a'] } } }, 'stations.main.fallbacks.1', '"/a"', '`mounts` has it already'],
  [{ url, stations: { main: { mounts: ['/a', '/a'] } } }, 'stations.main.mounts.1', '"/a"', 'left out: the list has this mount already'],
  [{ url, stations: { main: { name: 7, mounts: ['/a'] } } }, 'stations.main.name', '7', 'a text to show'],
  [{ url, stations: { main: { mount: '/a', mounts: ['/a'] } } }, 'stations.main.mount', 'given', 'The known options are name, mounts, fallbacks, charset, delay'],
  ...['', 'klingon', 'utf16', 'base64', '__proto__'].map((charset): typeof refused[number] =>
    [{ url, stations: { main: { mounts: ['/a'], charset } } }, 'stations.main.charset', `"${charset}"`, '`windows-1251`']),
  [{ url, stations: { main: { mounts: ['/a'], charset: 1251 } } }, 'stations.main.charset', '1251', '`windows-1251`'],
  [{ url, live: 'yes' }, 'live', '"yes"', '`true` or `false`'],
  [{ url, live: null }, 'live', 'null', '`true` or `false`'],
  [{ url, parseTrack: true }, 'parseTrack', 'true', 'a function `(raw, { mount, station })'],
  [{ url, parseTrack: null }, 'parseTrack', 'null', 'a function'],
  [{ url, route: null }, 'route', 'null', '`/now-playing`'],
  [{ url, route: true }, 'route', 'true', '`false`'],
  [{ url, route: '' }, 'route', '""', '`/now-playing`'],
  [{ url, route: 'np' }, 'route', '"np"', '`/now-playing`'],
  [{ url, route: '/:id' }, 'route', '"/:id"', '`/now-playing`'],
  [{ url, route: '/*' }, 'route', '"/*"', '`/now-playing`'],
  [{ url, route: { url: 7 } }, 'route', '7', '`/now-playing`'],
  [{ url, route: { path: '/a' } }, 'route.path', 'given', 'The known options are url, cacheControl, client, schema, options'],
  [{ url, route: { cacheControl: 60 } }, 'route.cacheControl', '60', '`no-cache`'],
  [{ url, route: { cacheControl: 'a\r\nb' } }, 'route.cacheControl', '"a\\r\\nb"', '`no-cache`'],
  [{ url, route: { client: 'yes' } }, 'route.client', '"yes"', '`true` or `false`'],
  [{ url, route: { options: 'x' } }, 'route.options', '"x"', 'route options'],
  [{ url, route: { options: { preSerialization: () => {} } } }, 'route.options.preSerialization', 'given', 'it would never run, since answers are serialized already; use `onSend`'],
  [{ url, route: { schema: 1 } }, 'route.schema', '1', 'true'],
  [{ url, route: { options: { url: '/x' } } }, 'route.options.url', 'given', 'The known options are onRequest, '],
  [{ url, route: { options: { schema: {} } } }, 'route.options.schema', 'given', 'The known options are onRequest, '],
  [{ url, limits: 100 }, 'limits', '100', '`{ subscribers?: number'],
  [{ url, limits: null }, 'limits', 'null', '`{ subscribers?: number'],
  [{ url, limits: { subscriber: 1 } }, 'limits.subscriber', 'given', 'Did you mean `subscribers`?'],
  [{ url, origins: 'https://radio.example' }, 'origins', '"https://radio.example"', 'a list'],
  [{ url, origins: ['radio.example'] }, 'origins', '"radio.example"', '[\'https://radio.example\']'],
  [{ url, origins: ['https://radio.example/'] }, 'origins', '"https://radio.example/"', '[\'https://radio.example\']'],
  [{ url, origins: ['https://*.radio.example'] }, 'origins', '"https://*.radio.example"', 'a list of whole origins'],
  [{ url, origins: ['capacitor://localhost/'] }, 'origins', '"capacitor://localhost/"', 'a list of whole origins'],
  [{ url, origins: ['capacitor://*'] }, 'origins', '"capacitor://*"', 'a list of whole origins'],
  [{ url, origins: [7] }, 'origins', '7', '[\'https://radio.example\']'],
  [{ url, prefix: 7 }, 'prefix', '7', '`/radio`'],
  [{ url, servers: [{ url }] }, 'url', 'given', 'each entry of `servers` has its own'],
  [{ servers: [{ url }], auth: { username: 'a', password: 'b' } }, 'auth', 'given', 'each entry of `servers` has its own'],
  [{ servers: { url } }, 'servers', '{ url }', 'a list of servers'],
  [{ servers: [] }, 'servers', '[]', 'a list of servers'],
  [{ servers: [url] }, 'servers.0', `"${url}"`, '{ url: string, auth?: object'],
  [{ servers: [{ url }, { url: 'localhost' }] }, 'servers.1.url', '"localhost"', 'such as `http://localhost:8000`'],
  [{ servers: [{ url, auth: 'x' }] }, 'servers.0.auth', 'given', '{ username: string, password: string }'],
  [{ servers: [{ url, name: 'x' }] }, 'servers.0.name', 'given', 'The known options are url, auth, ca, publicUrl'],
  [{ servers: [{ url }, { url: `${url}/` }] }, 'servers.1.url', '"http://localhost:8000/"', 'another server than those before it'],
  [{ url, kinds: { match: /a/, kind: 'ad' } }, 'kinds', '{ match, kind }', 'a list of rules'],
  [{ url, kinds: ['ad'] }, 'kinds.0', '"ad"', '{ match: /^Advert/, kind: \'ad\' }'],
  [{ url, kinds: [{ match: 'a', kind: 'ad' }] }, 'kinds.0.match', '"a"', 'a regular expression'],
  [{ url, kinds: [{ match: /a/, kind: 'advert' }] }, 'kinds.0.kind', '"advert"', 'one of `song`, `jingle`, `ad`, `talk`, `unknown`'],
  [{ url, kinds: [{ match: /a/, kind: 'ad', station: 'x' }] }, 'kinds.0.station', 'given', 'The known options are match, kind'],
  [{ url, hide: 'ad' }, 'hide', '"ad"', '[\'jingle\', \'ad\']'],
  [{ url, hide: ['ad', 'jingles'] }, 'hide.1', '"jingles"', 'one of `song`'],
  [{ url, staleTrackAfter: true }, 'staleTrackAfter', 'true', 'or `false` for never'],
  [{ url, stations: { main: { mounts: ['/a'], delay: 300_001 } } }, 'stations.main.delay', '300001', 'from 0 to 300000'],
  [{ url, enrich: true }, 'enrich', 'true', 'an object such as `{ handler:'],
  [{ url, enrich: () => null }, 'enrich', 'a function', 'an object such as `{ handler:'],
  [{ url, enrich: { schema } }, 'enrich.handler', 'missing', 'a function `(track,'],
  [{ url, enrich: { handler: () => null } }, 'enrich.schema', 'missing', 'a TypeBox schema'],
  [{ url, enrich: { handler: () => null, schema: { artwork: 'string' } } }, 'enrich.schema', '{ artwork }', 'a TypeBox schema'],
  [{ url, enrich: { handler: () => null, schema: { type: 'object', properties: { artwork: 'string' } } } }, 'enrich.schema', '{ type, properties }', 'a TypeBox schema'],
  [{ url, enrich: { handler: () => null, schema: { type: 'object', properties: { id: {} } } } }, 'enrich.schema.id', 'given', 'Reserved names are id, text, '],
  [{ url, enrich: { handler: () => null, schema, wait: -1 } }, 'enrich.wait', '-1', 'a whole number of ms from 0 to 60000'],
  [{ url, enrich: { handler: () => null, schema, perStation: 1 } }, 'enrich.perStation', '1', '`true` or `false`'],
  [{ url, enrich: { handler: () => null, schema, timeOut: 100 } }, 'enrich.timeOut', 'given', 'Did you mean `timeout`?'],
  [{ url, ca: 5 }, 'ca', '5', 'CA certificates in PEM format'],
  [{ url, ca: [] }, 'ca', '[]', 'CA certificates in PEM format'],
  [{ url, ca: 'ca.pem' }, 'ca', '"ca.pem"', 'such as `readFileSync(\'ca.pem\')`'],
  [{ url, publicUrl: 'stream.radio.example' }, 'publicUrl', '"stream.radio.example"', 'such as `https://stream.radio.example`'],
  [{ url, publicUrl: 'https://user:secret@stream.radio.example' }, 'publicUrl', '"…@stream.radio.example"', 'without credentials'],
  [{ url: 'http://admin:s3cret' }, 'url', '"http://admin:…"', 'the address of an Icecast server'],
  [{ url: 'admin:s3cret' }, 'url', '"admin:…"', 'the address of an Icecast server'],
  [{ url, interval: 1 }, 'interval', '1', 'a whole number of ms from 50 to 3600000'],
  [{ url, inBand: true }, 'inBand', 'true', '`\'auto\'`, `\'always\'` or `false`'],
  [{ url, inBand: 'never' }, 'inBand', '"never"', '`\'auto\'`, `\'always\'` or `false`'],
  [{ url, intervall: 1000 }, 'intervall', 'given', 'there is no such option. Did you mean `interval`?'],
  [{ url, zzzzzzzzz: 1000 }, 'zzzzzzzzz', 'given', 'there is no such option. The known options are url, ']
]

for (const [option, least, most] of [
  ['interval', 50, 3_600_000], ['reconcileInterval', 50, 3_600_000], ['timeout', 50, 120_000], ['maxBytes', 1024, 67_108_864], ['staleAfter', 0, 86_400_000],
  ['hold', 0, 86_400_000], ['staleTrackAfter', 1000, 2_678_400_000], ['delay', 0, 300_000], ['history', 0, 100], ['heartbeat', 50, 3_600_000], ['limits.subscribers', 0, 1_000_000],
  ['limits.perAddress', 1, 1_000_000], ['limits.waiting', 0, 1_000_000], ['limits.slowAfter', 100, 3_600_000]
] as const) {
  for (const value of [least - 1, most + 1, least + 0.5, NaN, Infinity, '1000', null, {}, [1000], true, 1000n]) {
    const shown = typeof value === 'string' ? `"${value}"` : Array.isArray(value) ? '[…]' : typeof value === 'object' && value ? '{}' : String(value)
    const [name = '', inner] = option.split('.')
    refused.push([{ url, [name]: inner === undefined ? value : { [inner]: value } }, option, shown, `from ${least} to ${most}`])
  }
}

test('an invalid option is refused with its name, its value and what would be right', async (t) => {
  for (const [options, option, shown, right] of refused) {
    const message = refusal(options)
    t.ok(message.startsWith(`fastify-icecast: option \`${option}\` is ${shown}; it should be `), message)
    t.ok(message.includes(right), `${message}: ${right}`)
  }
})

const SECRET = 'geheim'
const addressesWithSecret = [
  'ftp://admin:geheim@host', 'ftp://admin:gehe/geheim@host', 'ftp://admin:x@geheim@host', 'ftp://admin:100%geheim@host',
  'ftp://admin:an geheim@host', 'http://admin:geheim/x@host', 'http://admin:12/geheim@host', 'http://admin:12?geheim@host',
  'http://admin:12#geheim@host', 'http://admin:geheim@host/?a', 'http://host/?token=geheim', 'http:admin:geheim@host/?a',
  'http:\\\\admin:geheim@host?a', 'admin:geheim@host:8000', 'ws://admin:geheim@host',
  ' \n://a:geheim\n@host', 'http://ad%3Amin:geheim@host', 'http://:geheim@host'
]
const secretive: unknown[] = [
  ...addressesWithSecret.flatMap((wrong) => [
    { url: wrong },
    { url: [wrong] },
    { url: { href: wrong } },
    { url, stations: { main: { mounts: wrong } } },
    { url, stations: { main: { mounts: [wrong] } } },
    { url, route: wrong }
  ]),
  ...addressesWithSecret.filter((wrong) => URL.canParse(wrong)).map((wrong) => ({ url: new URL(wrong) })),
  { url: '//admin:geheim@host' },
  { url: ['admin', SECRET] },
  { url: { username: 'admin', password: SECRET } },
  { url: () => 'geheim' },
  { url, auth: SECRET },
  { url, auth: [SECRET] },
  { url, auth: { username: SECRET } },
  { url, auth: { username: 'a:b', password: SECRET } },
  { url: 'http://a:geheim@host', auth: { username: 'a', password: SECRET } },
  { url, password: SECRET },
  { url, Auth: { password: SECRET } },
  { url, stations: { main: { mounts: ['/a'], password: SECRET } } },
  { url, route: { url: '/a', token: SECRET } }
]

test('no error message shows a credential', async (t) => {
  for (const options of secretive) t.notMatch(refusal(options), SECRET, 'secret')
})

test('any value for any option is accepted or refused, never a crash', async (t) => {
  const value = fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
  const nested = fc.oneof(
    value,
    fc.record({ username: value, password: value }),
    fc.record({ url: value, cacheControl: value, options: value }, { requiredKeys: [] }),
    fc.record({ subscribers: value, perAddress: value, waiting: value, slowAfter: value }, { requiredKeys: [] }),
    fc.dictionary(fc.string(), fc.record({ name: value, mounts: fc.oneof(value, fc.array(value)), charset: value }, { requiredKeys: [] })),
    fc.webUrl({ withQueryParameters: true }))
  const options = fc.oneof(value, fc.tuple(fc.constantFrom(...OPTIONS, '__proto__', 'x'), nested)
    .map(([name, any]) => Object.fromEntries([['url', url], [name, any]])))
  fc.assert(fc.property(options, (given) => {
    try {
      read(given)
    } catch (error) {
      if (!(error instanceof FST_ICECAST_INVALID_OPTION)) throw error
    }
  }), { numRuns: 2000 })
})

test('any account can be given in the URL', async (t) => {
  const text = fc.string({ unit: 'grapheme' })
  fc.assert(fc.property(text.filter((name) => name !== '' && !name.includes(':')), text, (username, password) => {
    const encoded = `http://${encodeURIComponent(username)}:${encodeURIComponent(password)}@localhost`
    return readOptions({ url: encoded }).servers[0]?.authorization === basic(`${username}:${password}`)
  }))
})
