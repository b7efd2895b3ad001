import { once } from 'node:events'
import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { WebSocket } from 'ws'
import { becomes } from '../helpers/becomes.ts'
import { awaitCollection } from '../helpers/collect-garbage.ts'
import { isLive, Page, plays, scenario, until } from '../helpers/station.ts'
import { certificate } from '../helpers/certificate.ts'

test('a WebSocket receives a snapshot and then each change', async (t) => {
  const { app, icecast, page } = await scenario(t)
  icecast.source('/main.mp3', { name: 'Radio Main' })
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  await until(app, plays('Björk - Hyperballad'))

  const listener = page()
  const snapshot = await listener.snapshot()
  t.match(snapshot, { type: 'snapshot', version: app.nowPlaying.version, serverTime: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ })
  t.same(snapshot, { ...snapshot, stations: app.nowPlaying.list() }, 'it is what the backend sees')
  t.equal(app.nowPlaying.subscribers, 1)

  icecast.title('/main.mp3', 'Portishead - Roads')
  const station = await listener.update(({ track }) => track?.title === 'Roads')
  t.match(station, { id: 'main.mp3', name: 'Radio Main', status: 'live', track: { artist: 'Portishead', text: 'Portishead - Roads' } })
  t.match(station.history, [{ text: 'Björk - Hyperballad', endedAt: /Z$/ }])
  t.equal(listener.updates.at(-1)?.version, app.nowPlaying.version)

  listener.socket.close()
  await listener.closed
  await becomes(() => app.nowPlaying.subscribers === 0)
})

test('a WebSocket for some stations receives no others', async (t) => {
  const { app, icecast, page } = await scenario(t)
  for (const mount of ['/a', '/b', '/c']) icecast.source(mount)
  await until(app, (stations) => stations.length === 3)
  const pages = [page('/now-playing?station=a&station=b'), page('/now-playing?station=c'), page('/now-playing/b')]
  const ids = await Promise.all(pages.map(async (one) => {
    const message = await one.snapshot()
    return message.type === 'snapshot' && message.stations.map(({ id }) => id)
  }))
  t.same(ids, [['a', 'b'], ['c'], ['b']])

  for (const mount of ['/a', '/b', '/c']) icecast.title(mount, `on ${mount}`)
  await Promise.all(pages.map(async (one, i) => await one.sees(['on /b', 'on /c', 'on /b'][i] ?? '')))
  t.same(pages.map(({ updates }) => updates.map(({ station }) => station.id)), [['a', 'b'], ['c'], ['b']])
})

test('a WebSocket for an unknown station receives the known stations and is closed', async (t) => {
  const { app, icecast, page } = await scenario(t)
  icecast.source('/main.mp3')
  await until(app, isLive)
  for (const path of ['/now-playing/nope', '/now-playing?station=main.mp3&station=nope']) {
    const lost = page(path)
    t.same(await lost.message(), {
      type: 'error',
      code: 'FST_ICECAST_UNKNOWN_STATION',
      message: 'There is no station `nope`. There are: `main.mp3`'
    })
    t.same(await lost.closed, { code: 4404, reason: 'FST_ICECAST_UNKNOWN_STATION' })
  }
  t.equal(app.nowPlaying.subscribers, 0)
})

test('a WebSocket for any station is accepted before the first read', async (t) => {
  const { icecast, page } = await scenario(t, { timeout: 100 })
  await icecast.fail('refused')
  icecast.source('/main.mp3')
  const listener = page('/now-playing/main.mp3')
  await listener.snapshot()
  await icecast.recover()
  await listener.update(({ status }) => status === 'live')
})

test('heartbeats reach a live WebSocket and close a dead one', async (t) => {
  const { app, page } = await scenario(t, { heartbeat: 60 })
  const alive = page()
  const dead = page()
  await Promise.all([alive.snapshot(), dead.snapshot()])
  // Nothing that it is sent is read any more, so it doesn't answer pings.
  dead.socket.pause()
  const beats = () => alive.messages.filter(({ type }) => type === 'heartbeat').length
  while (app.nowPlaying.subscribers > 1 || beats() < 3) await once(alive.socket, 'message')
  t.equal(alive.socket.readyState, WebSocket.OPEN)
  t.equal(app.nowPlaying.subscribers, 1)
})

test('messages of a client are ignored, and too many of them close the WebSocket', async (t) => {
  const { icecast, page } = await scenario(t)
  icecast.source('/main.mp3')
  const talker = page()
  await talker.snapshot()
  talker.socket.send('hello?')
  talker.socket.send(Buffer.from([1, 2, 3]))
  icecast.title('/main.mp3', 'Still here')
  await talker.sees('Still here')
  talker.socket.send('x'.repeat(2 * 1024 * 1024))
  t.equal((await talker.closed).code, 1009)
})

test('a WebSocket works over TLS', async (t) => {
  const { icecast, page, address } = await scenario(t, { fastify: { https: certificate } })
  t.match(address, /^https:/)
  icecast.source('/main.mp3')
  const listener = page()
  icecast.title('/main.mp3', 'Safe and sound')
  await listener.sees('Safe and sound')
})

test('injectWS() of an app that registers @fastify/websocket subscribes', async (t) => {
  const { app, icecast } = await scenario(t, { after: async (app) => { await app.register(websocket) } })
  icecast.source('/main.mp3')
  await until(app, isLive)
  const messages: unknown[] = []
  const socket = await app.injectWS('/now-playing', {}, { onInit: (socket) => { socket.on('message', (data) => { messages.push(JSON.parse(String(data))) }) } })
  while (messages.length === 0) await once(socket, 'message')
  t.match(messages[0], { type: 'snapshot', stations: [{ id: 'main.mp3' }] })
  socket.terminate()
})

test('a subscriber does not keep its request and reply in memory', async (t) => {
  const kept: Array<WeakRef<object>> = []
  const { page } = await scenario(t, {
    before: (app) => {
      app.addHook('onRequest', async (request, reply) => { for (const one of [request, reply, request.raw, reply.raw]) kept.push(new WeakRef(one)) })
    }
  })
  await page().snapshot()
  await awaitCollection(kept)
  t.same(kept.map((one) => one.deref()?.constructor.name), [undefined, undefined, undefined, undefined])
})

const routesOfOthers = async (app: Parameters<typeof websocket>[0]) => {
  app.get('/chat', { websocket: true }, (socket) => {
    socket.on('message', () => { for (const client of app.websocketServer.clients) client.send('to all of the chat') })
  })
}

for (const order of ['before', 'after'] as const) {
  test(`a subscriber hears nothing of the app's own WebSockets, registered ${order} this plugin`, async (t) => {
    const { app, icecast, page, address } = await scenario(t, {
      [order]: async (app: FastifyInstance) => {
        await app.register(websocket)
        await app.register(routesOfOthers)
      }
    })
    const listener = page()
    await listener.snapshot()
    const chat = new Page(address.replace('http', 'ws') + '/chat')
    t.teardown(() => chat.socket.terminate())
    const said: string[] = []
    chat.socket.removeAllListeners('message').on('message', (data) => { said.push(String(data)) })
    await once(chat.socket, 'open')

    chat.socket.send('hi')
    while (said.length < 1) await once(chat.socket, 'message')
    icecast.source('/main.mp3')
    icecast.title('/main.mp3', 'A title')
    await listener.sees('A title')
    chat.socket.send('hi again')
    while (said.length < 2) await once(chat.socket, 'message')
    t.same(said, ['to all of the chat', 'to all of the chat'], 'the chat hears of no titles')
    t.same(new Set(listener.messages.map(({ type }) => type)), new Set(['snapshot', 'update']), 'nor do pages hear the chat')

    await app.close()
    t.match(await listener.closed, { code: 1012, reason: /^retry=[12]\d{3}$/ }, 'pages are told when to reconnect, after 1 s or more')
    t.equal((await chat.closed).code, 1005, 'the chat is closed as ever')
  })
}
