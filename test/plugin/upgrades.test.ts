import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import proxy from '@fastify/http-proxy'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import mercurius from 'mercurius'
import { Server as SocketIo } from 'socket.io'
import { test, type Test } from 'tap'
import { createServer } from 'vite'
import { WebSocket } from 'ws'
import fastifyIcecast from '../../index.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { certificate } from '../helpers/certificate.ts'
import { isLive, scenario, until, type ScenarioOptions } from '../helpers/station.ts'

// Plugins and libraries that listen for upgrades on the app's server as well, registered before this plugin or after it.

interface Other {
  register: (app: FastifyInstance, t: Test) => Promise<void>
  /** Opens a WebSocket that only this one serves; resolves to the first message. */
  use: (address: string, t: Test) => Promise<string>
}

async function firstMessage (t: Test, url: string, protocol: string[] = [], send?: string): Promise<string> {
  const socket = new WebSocket(url, protocol)
  t.teardown(() => socket.terminate())
  const message = once(socket, 'message')
  await once(socket, 'open')
  if (send !== undefined) socket.send(send)
  return String((await message)[0])
}

const chat = async (app: FastifyInstance): Promise<void> => {
  app.get('/chat', { websocket: true }, (socket) => { socket.send('hello') })
}

let viteToken = ''

const OTHERS: Record<string, Other> = {
  '@fastify/http-proxy': {
    register: async (app, t) => {
      const upstream = Fastify()
      t.teardown(() => upstream.close())
      await upstream.register(websocket)
      await upstream.register(chat)
      await app.register(proxy, { upstream: await upstream.listen({ port: 0, host: '127.0.0.1' }), prefix: '/upstream', websocket: true })
    },
    use: async (address, t) => await firstMessage(t, `${address}/upstream/chat`)
  },
  '@fastify/websocket': {
    register: async (app) => {
      await app.register(websocket)
      await app.register(chat)
    },
    use: async (address, t) => await firstMessage(t, `${address}/chat`)
  },
  '@fastify/websocket in a scope beside': {
    register: async (app) => {
      await app.register(async (scope) => {
        await scope.register(websocket)
        await scope.register(chat)
      })
    },
    use: async (address, t) => await firstMessage(t, `${address}/chat`)
  },
  'socket.io': {
    register: async (app) => {
      const io = new SocketIo(app.server)
      app.addHook('preClose', async () => { io.engine.close() })
    },
    use: async (address, t) => await firstMessage(t, `${address}/socket.io/?EIO=4&transport=websocket`)
  },
  mercurius: {
    register: async (app) => {
      await app.register(mercurius, { schema: 'type Query { on: Boolean } type Subscription { on: Boolean }', subscription: true })
    },
    use: async (address, t) => await firstMessage(t, `${address}/graphql`, ['graphql-transport-ws'], '{"type":"connection_init"}')
  },
  'Vite\'s dev server': {
    register: async (app, t) => {
      const vite = await createServer({ configFile: false, root: import.meta.dirname, logLevel: 'silent', server: { middlewareMode: true, hmr: { server: app.server }, watch: null }, optimizeDeps: { noDiscovery: true } })
      t.teardown(() => vite.close())
      viteToken = vite.config.webSocketToken
      app.addHook('preClose', async () => { await vite.close() })
    },
    use: async (address, t) => await firstMessage(t, `${address}/?token=${viteToken}`, ['vite-hmr'])
  }
}

for (const [name, { register, use }] of Object.entries(OTHERS)) {
  for (const order of ['before', 'after'] as const) {
    test(`${name}, registered ${order} this plugin, and subscribers receive only their own upgrades`, { timeout: 20_000 }, async (t) => {
      const options: ScenarioOptions = { [order]: async (app: FastifyInstance) => { await register(app, t) } }
      const { app, icecast, page, address, logs } = await scenario(t, options)
      const ws = address.replace('http', 'ws')
      const listener = page()
      await listener.snapshot()
      t.match(await use(ws, t), /./)
      icecast.source('/main.mp3')
      await until(app, isLive)
      await listener.update(({ status }) => status === 'live')
      const station = page('/now-playing/main.mp3')
      t.match(await station.snapshot(), { stations: [{ id: 'main.mp3' }] })
      await app.close()
      t.equal((await listener.closed).code, 1012)
      t.same(logs.filter(({ level }) => level >= 40), [])
    })
  }
}

for (const [prefix, route, path] of [
  ['/', '/now-playing', '/now-playing'],
  ['/radio/', '/now-playing', '/radio/now-playing'],
  ['/:lang', '/now-playing', '/en/now-playing'],
  ['/', '/jetzt läuft', '/jetzt%20l%C3%A4uft']
] as const) {
  test(`beside socket.io a page subscribes to \`${route}\` below \`${prefix}\`, also to a station with a long id`, async (t) => {
    const icecast = await fakeIcecast()
    t.teardown(() => icecast.close())
    const long = 'x'.repeat(150)
    icecast.source(`/${long}`)
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(async (scope) => { await scope.register(fastifyIcecast, { url: icecast.url, interval: 50, route }) }, { prefix })
    await OTHERS['socket.io']?.register(app, t)
    const address = (await app.listen({ port: 0, host: '127.0.0.1' })).replace('http', 'ws')
    t.match(await firstMessage(t, `${address}${path}`), /^\{"type":"snapshot"/)
    t.match(await firstMessage(t, `${address}${path}/${long}`), /^\{"type":"snapshot"/)
    t.match(await OTHERS['socket.io']?.use(address, t), /^0\{/)
  })
}

test('with `route: \'/\'` upgrades for stations are the plugin\'s own, and those for socket.io are not', async (t) => {
  const { icecast, app } = await scenario(t, { route: '/', before: (app) => OTHERS['socket.io']?.register(app, t) })
  icecast.source('/main.mp3')
  await until(app, isLive)
  const { port } = app.server.address() as AddressInfo
  for (const path of ['/', '/main.mp3']) t.match(await firstMessage(t, `ws://127.0.0.1:${port}${path}`), /^\{"type":"snapshot"/)
  t.match(await OTHERS['socket.io']?.use(`ws://127.0.0.1:${port}`, t), /^0\{/)
})

test('an upgrade that neither this plugin nor another serves is answered with 404', async (t) => {
  const { app } = await scenario(t)
  const { port } = app.server.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}/nothing`)
  const [, response] = await once(socket, 'unexpected-response')
  t.equal(response.statusCode, 404)
  response.destroy()
})

// curl and Java offer HTTP/2 in this way with each request, of any method, to an address that begins with `http:`.
const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n'

/** Returns a function that resolves to the next answer on a connection, which has a `Content-Length`. */
function answers (socket: Socket): () => Promise<string> {
  let received = ''
  socket.setEncoding('utf8').on('data', (text: string) => { received += text })
  return async () => {
    for (;;) {
      const [whole, head = '', length] = /^([^]*?\r\ncontent-length: (\d+)[^]*?\r\n\r\n)/i.exec(received) ?? []
      const end = head.length + Number(length)
      if (whole !== undefined && received.length >= end) {
        const answer = received.slice(0, end)
        received = received.slice(end)
        return answer
      }
      await once(socket, 'data')
    }
  }
}

for (const [name, others, fastify] of [
  ['HTTP', [], {}],
  ['HTTPS', [], { https: certificate }],
  ['HTTP with socket.io', ['socket.io'], {}]
] as const) {
  test(`an offer of another protocol is ignored, over ${name}`, async (t) => {
    const listeners: number[] = []
    const { app } = await scenario(t, {
      fastify,
      before: async (app) => {
        app.addHook('onRequest', async ({ raw: { socket } }) => { listeners.push(socket.listenerCount('close')) })
        for (const other of others) await OTHERS[other]?.register(app, t)
        app.post('/hook', async ({ body }) => ({ received: body }))
      }
    })
    const { port } = app.server.address() as AddressInfo
    const socket = name === 'HTTPS' ? connectTls({ port, host: '127.0.0.1', ca: certificate.cert, servername: 'localhost' }) : connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    const answer = answers(socket)
    for (let times = 0; times < 3; times++) {
      socket.write(`GET /now-playing HTTP/1.1\r\nHost: a\r\n${OFFER}\r\n`)
      t.match(await answer(), /^HTTP\/1.1 200 OK\r\n[^]*"stations":\[/)
    }
    t.equal(listeners[2], listeners[1], 'no listener is left for each request')
    if (others.length === 0) {
      socket.write(`POST /hook HTTP/1.1\r\nHost: a\r\n${OFFER}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"`)
      await new Promise(setImmediate)
      socket.write(':"b"}')
      t.match(await answer(), /^HTTP\/1.1 200 OK\r\n[^]*\{"received":\{"a":"b"\}\}$/)
    }
    socket.write(`GET /now-playing HTTP/1.1\r\nHost: a\r\n${OFFER.replace('Upgrade,', 'close, Upgrade,')}\r\n`)
    const closed = once(socket, 'close')
    t.match(await answer(), /^HTTP\/1.1 200 OK\r\n[^]*"stations":\[/)
    await closed
  })
}
