import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type Test } from 'tap'
import { StatusReader } from '../../../lib/icecast/status-reader.ts'

interface Source {
  mount: string
  listenurl: string
  title?: string
  /** Default: live. */
  isGhost?: boolean
  start?: string
}

/** An icecast-kh that writes a `<listenurl>` for some mounts, read anonymously. */
async function setup (t: Test, wanted: string[] | null, sources: Source[]) {
  const asked: string[] = []
  const state = { sources, isQueryIgnored: false, cached: null as string | null, refused: [] as string[], refusedStatus: 500, isCut: false, start: '04/Jul/2024:08:57:00 +0200' }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    if (url.pathname !== '/status-json.xsl') return response.writeHead(404).end()
    const mount = state.cached ?? url.searchParams.get('mount')
    asked.push(mount ?? '*')
    if (mount !== null && state.isCut) return response.destroy()
    if (mount !== null && state.refused.includes(mount)) return response.writeHead(state.refusedStatus).end()
    const shown = state.sources.filter((source) => state.isQueryIgnored || mount === null || mount === source.mount)
    const source = shown.map(({ listenurl, title, isGhost, start }) => isGhost === true
      ? { listeners: 0, listenurl }
      : { listeners: 2, listenurl, title, server_type: 'audio/mpeg', stream_start: start ?? '04/Jul/2024:08:57:05 +0200' })
    response.end(JSON.stringify({
      icestats: { host: 'radio.example', server_id: 'Icecast 2.4.0-kh22', server_start: state.start, ...shown.length > 0 && { source: source.length === 1 ? source[0] : source } }
    }))
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const reader = new StatusReader({
    url: new URL(`http://127.0.0.1:${port}/`), authorization: null, maxBytes: 1_000_000, mounts: wanted === null ? null : new Set(wanted), onAccountRejected: () => {}
  })
  t.teardown(() => reader.close())
  return {
    state,
    async read () {
      const { mounts, unknownMounts } = await reader.read(AbortSignal.timeout(5000))
      return { live: mounts.filter(({ live }) => live).map(({ path, title }) => title === null ? path : `${path} ${title}`), unknownMounts }
    },
    /** The mounts that were asked for since the last call; `*` for all. */
    asked: () => asked.splice(0)
  }
}

const PROBE = '/fastify-icecast-no-such-mount'
const RADIO = { mount: '/radio.mp3', listenurl: 'https://radio.example/listen/niteradio/radio.mp3', title: 'A - B' }

test('the only live source in the answer to ?mount=X is X, whatever its listenurl says', async (t) => {
  const { read, asked } = await setup(t, ['/radio.mp3'], [RADIO])
  t.same((await read()).live, ['/radio.mp3 A - B'])
  t.same(asked(), ['/radio.mp3', PROBE])
  t.same((await read()).live, ['/radio.mp3 A - B'])
  t.same(asked(), ['/radio.mp3'], 'one request for each further read')
})

test('two named mounts behind a proxy are both found, and offline when their source is gone', async (t) => {
  const { state, read } = await setup(t, ['/radio.mp3', '/mobile.aac'], [RADIO, { mount: '/mobile.aac', listenurl: 'https://radio.example/m', title: 'C' }])
  t.same((await read()).live, ['/radio.mp3 A - B', '/mobile.aac C'])
  state.sources.shift()
  t.same((await read()).live, ['/mobile.aac C'])
})

test('a cache that ignores ?mount= does not make another mount live', async (t) => {
  const { state, read } = await setup(t, ['/other.mp3'], [RADIO])
  state.isQueryIgnored = true
  t.notOk((await read()).live.some((mount) => mount.startsWith('/other.mp3')))
})

test('an answer about another named mount, from a cache that ignores ?mount=, says nothing of this one', async (t) => {
  const own = (mount: string, title: string) => ({ mount, listenurl: `http://radio.example:8000${mount}`, title })
  const { state, read } = await setup(t, ['/a.mp3', '/b.mp3'], [own('/a.mp3', 'A'), own('/b.mp3', 'B')])
  state.cached = '/a.mp3'
  for (let times = 0; times < 2; times++) t.same(await read(), { live: ['/a.mp3 A'], unknownMounts: ['/b.mp3'] })
  state.cached = '/b.mp3'
  t.same(await read(), { live: ['/b.mp3 B'], unknownMounts: ['/a.mp3'] })
  state.cached = null
  t.same(await read(), { live: ['/a.mp3 A', '/b.mp3 B'], unknownMounts: undefined })
})

test('a mount that is only listed for its fallback is not live, whatever its listenurl says', async (t) => {
  const { read } = await setup(t, ['/radio.mp3'], [{ ...RADIO, isGhost: true }])
  t.same((await read()).live, [])
})

test('more named mounts are found by asking for those that are missing, once', async (t) => {
  const other = { mount: '/talk.mp3', listenurl: 'https://radio.example/t' }
  const { state, read, asked } = await setup(t, ['/a', '/b', '/c', '/radio.mp3'], [
    RADIO, other, { mount: '/b', listenurl: 'https://radio.example/other/name' }, { mount: '/c', listenurl: 'http://radio.example:8000/c' }
  ])
  const live = ['/radio.mp3 A - B', '/t', '/b', '/c']
  t.same((await read()).live, live)
  t.same(asked(), ['*', PROBE, '/a', '/b', '/radio.mp3'])
  t.same((await read()).live, live)
  t.same(asked(), ['*'], 'further reads take one request')

  state.sources.push({ mount: '/a', listenurl: 'https://radio.example/first' })
  t.same((await read()).live, [...live, '/a'])
  t.same(asked(), ['*', '/a'], 'a new source is looked up')
  state.sources = [other]
  t.same((await read()).live, ['/t'], 'all others are offline')
  t.same(asked(), ['*'])
  state.sources = [{ ...other, start: '04/Jul/2024:09:00:00 +0200' }]
  t.same((await read()).live, ['/t'])
  t.same(asked(), ['*', '/a', '/b', '/c', '/radio.mp3'], 'a source that reconnects may be another one')

  state.start = '04/Jul/2024:10:00:00 +0200'
  state.sources = [{ mount: '/c', listenurl: RADIO.listenurl }]
  t.same((await read()).live, ['/c'], 'another run may have another configuration')
})

test('a cache that ignores ?mount= leaves many named mounts as the document names them', async (t) => {
  const { state, read, asked } = await setup(t, ['/a', '/b', '/c'], [RADIO])
  state.isQueryIgnored = true
  for (const requests of [['*', PROBE], ['*']]) {
    t.same((await read()).live, ['/listen/niteradio/radio.mp3 A - B'])
    t.same(asked(), requests)
  }
})

test('with very many named mounts those that could not be asked for yet are unknown, not offline', async (t) => {
  const names = Array.from({ length: 40 }, (_, i) => `/${i}`)
  const { state, read, asked } = await setup(t, names, [{ mount: '/39', listenurl: 'https://radio.example/last' }])
  t.same(await read(), { live: ['/last'], unknownMounts: names.slice(32) })
  t.equal(asked().length, 1 + 1 + 32)
  state.sources.push({ mount: '/0', listenurl: 'https://radio.example/first' })
  t.same(await read(), { live: ['/39', '/first'], unknownMounts: undefined })
  t.equal(asked().length, 1 + 8)
  t.same(await read(), { live: ['/39', '/0'], unknownMounts: names.slice(32, 39) }, 'a source that came meanwhile is looked up next')
  await read()
  asked()
  await read()
  t.same(asked(), ['*'])
})

test('without named mounts the end of a proxied listenurl is tried as the mount', async (t) => {
  const { state, read, asked } = await setup(t, null, [
    RADIO, { mount: '/x', listenurl: 'https://radio.example/x' }, { mount: '/y', listenurl: 'https://radio.example/a/b/c/d/e/f' },
    { mount: '/sub/z', listenurl: 'http://radio.example:8000/sub/z' }
  ])
  const live = ['/radio.mp3 A - B', '/x', '/a/b/c/d/e/f', '/sub/z']
  t.same((await read()).live, live)
  t.same(asked(), ['*', PROBE, '/listen/niteradio/radio.mp3', '/niteradio/radio.mp3', '/radio.mp3', '/c/d/e/f', '/d/e/f', '/e/f', '/f'])
  t.same((await read()).live, live)
  t.same(asked(), ['*'])
  state.isQueryIgnored = true
  state.start = '04/Jul/2024:10:00:00 +0200'
  t.same((await read()).live, ['/listen/niteradio/radio.mp3 A - B', '/x', '/a/b/c/d/e/f', '/sub/z'], 'a cache that ignores ?mount= tells nothing')
})

test('a server that refuses requests for other mounts is read as its document says', async (t) => {
  for (const refused of [[PROBE], ['/radio.mp3', '/niteradio/radio.mp3', '/listen/niteradio/radio.mp3']]) {
    const { state, read, asked } = await setup(t, null, [RADIO])
    state.refused = refused
    for (let i = 0; i < 2; i++) t.same((await read()).live, ['/listen/niteradio/radio.mp3 A - B'])
    t.equal(asked().length, refused.length + 3, 'the probe is repeated until it is answered, shortened paths are tried once')
  }
  const missing = await setup(t, null, [RADIO])
  Object.assign(missing.state, { refused: [PROBE], refusedStatus: 404 })
  t.same((await missing.read()).live, ['/radio.mp3 A - B'], 'a 404 for a mount that does not exist is an answer')
  const { state, read } = await setup(t, null, [RADIO])
  state.isCut = true
  await t.rejects(read(), { code: 'FST_ICECAST_UNREACHABLE' }, 'a connection that breaks is a failed read')
})

for (const named of [['/radio.mp3'], ['/radio.mp3', '/a', '/b']]) {
  test(`${named.length} named mounts: a refused request leaves a mount unknown, and the next read finds it`, async (t) => {
    for (const refused of [PROBE, '/radio.mp3'].slice(0, named.length)) {
      const { state, read } = await setup(t, named, [RADIO])
      Object.assign(state, { refused: [refused], refusedStatus: 502 })
      t.ok((await read()).unknownMounts?.includes('/radio.mp3'), `${refused} is refused`)
      state.refused = []
      t.match(await read(), { live: ['/radio.mp3 A - B'], unknownMounts: undefined })
    }
  })
}
