import { getEventListeners, once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type Test } from 'tap'
import { WebSocket } from 'ws'
import { nowPlaying, type NowPlayingClient, type NowPlayingClientOptions, type NowPlayingEvents } from '../../lib/client/client.ts'
import type { Station } from '../../lib/schemas.ts'
import { becomes } from '../helpers/becomes.ts'
import { plays, scenario, until, type Scenario } from '../helpers/station.ts'
import { freePort } from '../helpers/ports.ts'
import { replace } from './helper.ts'
import { browser } from './network.ts'

interface Page {
  np: NowPlayingClient
  /** What its events said, in short. */
  seen: string[]
  /** Waits for an event that `isIt` says yes to. */
  event: <Type extends keyof NowPlayingEvents> (type: Type, isIt: (detail: NowPlayingEvents[Type]['detail']) => boolean) => Promise<NowPlayingEvents[Type]['detail']>
}

/** A page on Node, which has a WebSocket of its own from 22 on. */
function setup (t: Test, { address }: Pick<Scenario, 'address'>, options?: NowPlayingClientOptions): Page {
  const np = nowPlaying(`${address}/now-playing`, options)
  t.teardown(np.close)
  const seen: string[] = []
  np.addEventListener('track', ({ detail: { track, previous } }) => seen.push(`track ${track.text} after ${previous?.text}`))
  np.addEventListener('update', ({ detail: { station, previous } }) => seen.push(`update ${station.id} ${previous === undefined ? 'first' : 'next'}`))
  np.addEventListener('status', ({ detail: { station, previous } }) => seen.push(`status ${station.status} after ${previous?.status}`))
  np.addEventListener('connection', ({ detail: { state, transport } }) => seen.push(`connection ${state} by ${transport}`))
  return {
    np,
    seen,
    event: async (type, isIt) => await new Promise((resolve) => {
      np.addEventListener(type, (event) => { if (isIt(event.detail)) resolve(event.detail) })
    })
  }
}

async function onAir (t: Test, title: string, options: Parameters<typeof scenario>[1] = {}): Promise<Scenario> {
  const radio = await scenario(t, { stations: { main: { name: 'Radio Main', mounts: ['/main.mp3'] } }, ...options })
  radio.icecast.source('/main.mp3')
  radio.icecast.title('/main.mp3', title)
  await until(radio.app, plays(title))
  return radio
}

const isPlaying = (text: string | null) => ({ station }: { station: Station }): boolean => (station.track?.text ?? null) === text

test('a client receives the current state, and each change', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  const radio = await onAir(t, 'Björk - Jóga')
  const { np, seen, event } = setup(t, radio, { station: 'main' })
  t.equal(np.current, undefined)
  t.same(np.connection, { state: 'connecting', transport: null })
  await event('track', isPlaying('Björk - Jóga'))
  t.match(np.current, { id: 'main', name: 'Radio Main', track: { artist: 'Björk', title: 'Jóga' } })
  t.match(np.connection, { state: 'open', transport: 'websocket' })

  radio.icecast.title('/main.mp3', 'Portishead - Roads')
  await event('update', isPlaying('Portishead - Roads'))
  t.equal(np.stations.get('main'), np.current)
  radio.icecast.disconnect('/main.mp3')
  await event('update', ({ station }) => station.status === 'offline')
  t.same(seen, [
    'connection open by websocket',
    'track Björk - Jóga after undefined', 'status live after undefined', 'update main first',
    'track Portishead - Roads after Björk - Jóga', 'update main next',
    'status offline after live', 'update main next'
  ])
  np.close()
  t.equal(seen.at(-1), 'connection closed by null')
  await becomes(() => radio.app.nowPlaying.subscribers === 0)
})

test('a client may follow all stations, or some', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  const stations = { a: { mounts: ['/a'] }, b: { mounts: ['/b'] }, c: { mounts: ['/c'] } }
  const radio = await scenario(t, { stations })
  const all = setup(t, radio)
  const some = setup(t, radio, { station: ['c', 'b'] })
  await Promise.all([all, some].map(async ({ event }) => await event('update', ({ station }) => station.id === 'c')))
  t.same([...all.np.stations.keys()], ['a', 'b', 'c'])
  t.equal(all.np.current?.id, 'a')
  t.same([...some.np.stations.keys()].sort(), ['b', 'c'])
})

test('without WebSockets the client polls, and receives a change at once', async (t) => {
  replace(t, 'WebSocket', undefined)
  const radio = await onAir(t, 'Björk - Jóga')
  const { np, event } = setup(t, radio, { station: 'main' })
  await event('track', isPlaying('Björk - Jóga'))
  t.match(np.connection, { state: 'open', transport: 'polling' })
  await becomes(() => radio.app.nowPlaying.metrics.waiting > 0)
  radio.icecast.title('/main.mp3', 'Portishead - Roads')
  await event('track', isPlaying('Portishead - Roads'))
  np.close()
  await becomes(() => radio.app.nowPlaying.metrics.waiting === 0)
})

test('a client can be read with `for await`', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  const radio = await onAir(t, 'One', { stations: { main: { mounts: ['/main.mp3'] }, other: { mounts: ['/other'] } } })
  const { np, event } = setup(t, radio)
  const seen: Array<string | undefined> = []
  for await (const { id, track } of np) {
    seen.push(id === 'main' ? track?.text : id)
    if (track?.text === 'One') {
      // What comes while the reader is busy: only the last of it counts.
      for (const title of ['Two', 'Three']) {
        radio.icecast.title('/main.mp3', title)
        await event('update', isPlaying(title))
      }
    }
    if (track?.text === 'Three') radio.icecast.title('/main.mp3', 'Four')
    if (track?.text === 'Four') np.close()
  }
  t.same(seen, ['One', 'other', 'Three', 'Four'], 'one that has not changed comes once')
  for await (const { id, track } of np) seen.push(id === 'main' ? track?.text : id)
  t.same(seen.slice(4), ['Four', 'other'], 'of one that is closed: what it knew')
})

test('a reader that stops can be followed by another', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  const radio = await onAir(t, 'One')
  const { np, event } = setup(t, radio)
  const reader = np[Symbol.asyncIterator]()
  t.match(await reader.next(), { value: { track: { text: 'One' } } })
  await reader.return()
  radio.icecast.title('/main.mp3', 'Two')
  await event('update', isPlaying('Two'))
  t.match(await np[Symbol.asyncIterator]().next(), { value: { track: { text: 'Two' } } })
})

test('a signal closes the client, also if it was aborted before', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  const radio = await onAir(t, 'Björk - Jóga')
  const controller = new AbortController()
  const { np, event } = setup(t, radio, { signal: controller.signal })
  await event('track', () => true)
  controller.abort()
  t.equal(np.connection.state, 'closed')
  t.equal(setup(t, radio, { signal: AbortSignal.abort() }).np.connection.state, 'closed')
  await becomes(() => radio.app.nowPlaying.subscribers === 0)
})

test('a client that is closed during the handshake leaves no connection', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  for (const socket of [WebSocket, undefined]) {
    replace(t, 'WebSocket', socket)
    const { np } = setup(t, { address: `http://127.0.0.1:${port}` })
    const line = await new Promise<Socket>((resolve) => { server.once('connection', resolve) })
    await once(line, 'data')
    const end = once(line, 'close')
    np.close()
    await end
  }
})

test('a client with a station that does not exist is refused', async (t) => {
  for (const socket of [WebSocket, undefined]) {
    replace(t, 'WebSocket', socket)
    const radio = await onAir(t, 'Björk - Jóga')
    const { event } = setup(t, radio, { station: 'nope' })
    const { refusal } = await event('connection', ({ state }) => state === 'refused')
    t.match(refusal, { code: 'FST_ICECAST_UNKNOWN_STATION', message: /There are: `main`/ })
  }
})

test('a restart of the backend shows no older and no empty title', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  // At once, rather than at random within a second and more.
  t.intercept(Math, 'random', { value: () => 0 })
  const port = await freePort()
  const first = await onAir(t, 'Björk - Jóga', { port })
  const { np, seen, event } = setup(t, first, { station: 'main' })
  await event('track', isPlaying('Björk - Jóga'))
  await first.app.close()
  t.match(np.current, { track: { text: 'Björk - Jóga' } })

  const live = event('update', ({ station, previous }) => station.status === 'live' && previous?.status !== undefined)
  const second = await scenario(t, { icecast: first.icecast, stations: { main: { name: 'Radio Main', mounts: ['/main.mp3'] } }, port })
  await live
  second.icecast.title('/main.mp3', 'Portishead - Roads')
  await event('track', isPlaying('Portishead - Roads'))
  t.same(seen.filter((line) => line.startsWith('track')), ['track Björk - Jóga after undefined', 'track Portishead - Roads after Björk - Jóga'])
})

test('a restart of the backend without the first station makes the next one current', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  t.intercept(Math, 'random', { value: () => 0 })
  const port = await freePort()
  const [a, b] = [{ mounts: ['/a'] }, { mounts: ['/b'] }]
  const first = await scenario(t, { stations: { a, b }, port })
  const { np, event } = setup(t, first)
  await event('update', ({ station }) => station.id === 'b' && station.status === 'offline')
  t.equal(np.current?.id, 'a')
  await first.app.close()
  await scenario(t, { stations: { b }, port })
  await becomes(() => np.current?.id === 'b')
})

test('an address is resolved against the page', async (t) => {
  const urls: string[] = []
  replace(t, 'WebSocket', class extends EventTarget {
    constructor (url: string) {
      super()
      urls.push(url)
    }

    close () {}
  })
  replace(t, 'document', { baseURI: 'https://radio.example/listen/', hidden: false })
  for (const [url, station] of [['/now-playing', 'main'], ['../np?token=1', ['a b', 'ü']], ['http://other.example/np', undefined]] as const) {
    const { close } = nowPlaying(url, { station })
    await Promise.resolve()
    close()
  }
  t.same(urls, ['wss://radio.example/now-playing?station=main', 'wss://radio.example/np?token=1&station=a+b&station=%C3%BC', 'ws://other.example/np'])
  replace(t, 'document', undefined)
  t.throws(() => nowPlaying('/now-playing'), /Invalid URL/)
})

/** Counts the WebSockets that are opened. */
function countWebSockets (t: Test): string[] {
  const urls: string[] = []
  replace(t, 'WebSocket', class extends WebSocket {
    constructor (url: string) {
      super(url)
      urls.push(new URL(url).search)
    }
  })
  return urls
}

const AB = { stations: { a: { mounts: ['/a'] }, b: { mounts: ['/b'] } } }

test('the clients of a page share one connection, which requests the stations of all', async (t) => {
  const urls = countWebSockets(t)
  const radio = await scenario(t, AB)
  const clients = Array.from({ length: 300 }, (_, index) => setup(t, radio, { station: index % 2 === 0 ? 'a' : 'b' }))
  await Promise.all(clients.map(async ({ event }) => await event('update', () => true)))
  t.same(urls, ['?station=a&station=b'])
  t.equal(radio.app.nowPlaying.subscribers, 1)
  t.same(clients.slice(0, 2).map(({ np }) => [...np.stations.keys()]), [['a'], ['b']], 'each receives its own')
  for (const { np } of clients.slice(1)) np.close()
  t.equal(clients[0]?.np.connection.state, 'open')
  await becomes(() => urls.length === 2)
  t.equal(urls[1], '?station=a')
  await becomes(() => radio.app.nowPlaying.subscribers === 1)
  clients[0]?.np.close()
  await becomes(() => radio.app.nowPlaying.subscribers === 0)
})

test('a client that joins receives the state at once, and all stations if another wants them', async (t) => {
  const urls = countWebSockets(t)
  const radio = await scenario(t, AB)
  await until(radio.app, (stations) => stations.every(({ status }) => status === 'offline'))
  const first = setup(t, radio, { station: 'a' })
  await first.event('update', () => true)
  const same = setup(t, radio, { station: 'a' })
  await same.event('update', () => true)
  t.same(same.seen, ['connection open by websocket', 'status offline after undefined', 'update a first'])
  t.equal(urls.length, 1)
  const all = setup(t, radio)
  await all.event('update', ({ station }) => station.id === 'b')
  t.same(urls, ['?station=a', ''])
  t.notOk(first.seen.includes('connection connecting by null'), 'the others stay connected')
})

test('the clients of a page request the longest history and the listeners that one of them wants', async (t) => {
  const urls = countWebSockets(t)
  const radio = await onAir(t, 'One')
  for (const title of ['Two', 'Three', 'Four']) {
    radio.icecast.title('/main.mp3', title)
    await until(radio.app, plays(title))
  }
  const first = setup(t, radio, { history: 0, listeners: false })
  await first.event('update', () => true)
  t.equal(first.np.current?.history.length, 0)
  const second = setup(t, radio, { history: 2, listeners: false })
  await second.event('update', ({ station }) => station.history.length === 2)
  const third = setup(t, radio, { history: 1 })
  await becomes(() => urls.length === 3)
  await setup(t, radio).event('update', ({ station }) => station.history.length === 3)
  t.same(urls, ['?history=0&listeners=0', '?history=2&listeners=0', '?history=2', ''])
  t.equal(radio.app.nowPlaying.version.length > 0 && third.np.connection.state, 'open')
})

test('a client shows changes of listener numbers as the whole station', async (t) => {
  for (const socket of [WebSocket, undefined]) {
    replace(t, 'WebSocket', socket)
    const radio = await onAir(t, 'Björk - Jóga')
    const { np, event } = setup(t, radio)
    await event('update', () => true)
    radio.icecast.listeners('/main.mp3', 7)
    const { station, previous } = await event('update', ({ station }) => station.listeners.current === 7)
    t.match(station, { track: { text: 'Björk - Jóga' }, mounts: [{ listeners: 7 }] })
    t.match(previous, { listeners: { current: 0 } })
    t.equal(np.current, station)
    t.same(station, radio.app.nowPlaying.get('main'))
    np.close()
  }
})

test('a client that asks for more history than the server keeps receives all of it', async (t) => {
  const radio = await onAir(t, 'One', { history: 2 })
  const { np, seen, event } = setup(t, radio, { history: 50, listeners: false })
  await event('update', () => true)
  t.equal(np.current?.track?.text, 'One')
  t.notOk(seen.includes('connection refused by null'))
})

test('a client that replaces another in the same task keeps its connection', async (t) => {
  const urls = countWebSockets(t)
  const radio = await scenario(t, AB)
  const before = setup(t, radio)
  await before.event('update', () => true)
  before.np.close()
  await setup(t, radio).event('update', () => true)
  t.equal(urls.length, 1)
})

test('a client with a station that does not exist is refused, and the others on the page are not', async (t) => {
  for (const socket of [WebSocket, undefined]) {
    replace(t, 'WebSocket', socket)
    const radio = await onAir(t, 'Björk - Jóga')
    const good = setup(t, radio, { station: 'main' })
    const bad = setup(t, radio, { station: 'nope' })
    const { refusal } = await bad.event('connection', ({ state }) => state === 'refused')
    t.match(refusal, { code: 'FST_ICECAST_UNKNOWN_STATION' })
    await becomes(() => good.np.connection.state === 'open')
    t.equal(good.np.current?.track?.text, 'Björk - Jóga')
    t.notOk(good.seen.includes('connection refused by null'))
  }
})

test('a client that is closed by its own listener receives nothing more', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  const radio = await scenario(t, AB)
  const { np, seen } = setup(t, radio)
  const other = setup(t, radio)
  np.addEventListener('update', () => np.close())
  await other.event('update', ({ station }) => station.id === 'b')
  t.same(seen.slice(-2), ['update a first', 'connection closed by null'])
})

test('clients that are closed leave no listener on their signal', async (t) => {
  const { signal } = new AbortController()
  for (let count = 0; count < 20; count++) nowPlaying('http://127.0.0.1:1/now-playing', { signal }).close()
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

test('`retry` connects at once, for example after a login', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  t.intercept(Math, 'random', { value: () => 1 })
  let isAllowed = false
  const radio = await onAir(t, 'Björk - Jóga', { route: { options: { onRequest: async (request, reply) => { if (!isAllowed) await reply.code(401).send({ code: 'NO', message: 'Log in' }) } } } })
  const { np, seen, event } = setup(t, radio)
  await event('connection', ({ state }) => state === 'refused')
  isAllowed = true
  np.retry()
  await event('track', () => true)
  np.retry()
  t.equal(np.connection.state, 'open')
  t.equal(seen.filter((line) => line.startsWith('connection open')).length, 1)
  np.close()
  np.retry()
  t.equal(np.connection.state, 'closed')
  await becomes(() => radio.app.nowPlaying.subscribers === 0)
})

test('clients sleep while the page is hidden if all that share the connection may', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  const { tell } = browser(t)
  const radio = await scenario(t, AB)
  const sleeper = setup(t, radio, { sleep: true })
  await sleeper.event('update', () => true)
  tell('visibilitychange', true)
  t.equal(sleeper.np.connection.state, 'asleep')
  await becomes(() => radio.app.nowPlaying.subscribers === 0)
  const other = setup(t, radio)
  await becomes(() => radio.app.nowPlaying.subscribers === 1)
  await becomes(() => other.np.connection.state === 'open')
  t.equal(sleeper.np.connection.state, 'open')
})

test('a client that moves to a stale backend moves on to one that is not', async (t) => {
  replace(t, 'WebSocket', WebSocket)
  t.intercept(Math, 'random', { value: () => 0 })
  const options = { stations: { main: { name: 'Radio Main', mounts: ['/main.mp3'] } } }
  const fresh = await onAir(t, 'One', options)
  const behind = await onAir(t, 'One', { ...options, staleAfter: 200 })
  behind.icecast.fail('refused')
  await until(behind.app, ([station]) => station?.status === 'stale')
  fresh.icecast.title('/main.mp3', 'Two')
  await until(fresh.app, plays('Two'))

  // A load balancer: the stale backend is next whenever the client connects again, for two connections.
  const backends = [fresh, behind, behind]
  const balancer = createServer((socket) => {
    const { port } = new URL((backends.shift() ?? fresh).address)
    const upstream = connect(Number(port), '127.0.0.1')
    for (const [from, to] of [[socket, upstream], [upstream, socket]] as const) from.on('error', () => {}).on('close', () => to.destroy()).pipe(to)
    sockets.push(socket)
  }).listen(0, '127.0.0.1')
  const sockets: Socket[] = []
  await once(balancer, 'listening')
  t.teardown(() => balancer.close())
  const { port } = balancer.address() as AddressInfo
  const { np, seen, event } = setup(t, { address: `http://127.0.0.1:${port}` }, { station: 'main' })
  await event('track', isPlaying('Two'))
  sockets[0]?.destroy()
  await becomes(() => sockets.length === 4)
  await event('connection', ({ state }) => state === 'open')
  t.equal(np.current?.status, 'live')
  t.same(seen.filter((line) => /^(track|status)/.test(line)), ['track Two after undefined', 'status live after undefined'])
})
