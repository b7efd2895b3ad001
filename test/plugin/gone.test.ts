import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get as getHttp } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import fastifyIcecast from '../../index.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { becomes } from '../helpers/becomes.ts'
import { scenario } from '../helpers/station.ts'

// Clients that leave at the wrong moment, or ask for what no browser asks for. Each test ends with the app, which has to end.

const SUBSCRIBE = 'GET /now-playing HTTP/1.1\r\nHost: radio\r\nAccept: text/event-stream\r\n\r\n'
const upgrade = (path: string) => `GET ${path} HTTP/1.1\r\nHost: radio\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

async function line (t: Test, app: FastifyInstance): Promise<Socket> {
  const { port } = app.server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1' })
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** A hook that takes its time with those who have an `x-slow` header: until they have gone. */
async function slow (app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', async (request) => {
    if (request.headers['x-slow'] !== undefined) await once(request.raw.socket, 'close')
  })
}

test('a client that disconnects during a slow hook does not become a subscriber', async (t) => {
  const { app, get } = await scenario(t, { before: slow })
  const etag = String((await get('/now-playing')).headers.get('etag'))
  for (const request of [SUBSCRIBE, `GET /now-playing?wait=60 HTTP/1.1\r\nHost: radio\r\nIf-None-Match: ${etag}\r\n\r\n`]) {
    const arrived = once(app.server, 'request')
    const client = await line(t, app)
    client.write(request.replace('\r\n\r\n', '\r\nX-Slow: 1\r\n\r\n'))
    const [{ socket }] = await arrived
    client.destroy()
    await once(socket, 'close')
  }
  t.equal((await get('/now-playing')).status, 200)
  t.match(app.nowPlaying.metrics, { eventStreams: 0, waiting: 0 })
  await app.close()
})

test('an HTTP/2 client that resets its stream during a slow hook does not become a subscriber', async (t) => {
  const { app, address } = await scenario(t, {
    http2: true,
    before: (app) => {
      app.addHook('onRequest', async (request) => {
        if (request.headers['x-slow'] !== undefined && 'stream' in request.raw) await once(request.raw, 'aborted')
      })
    }
  })
  const client = connectHttp2(address)
  t.teardown(() => client.destroy())
  for (const headers of [{ 'x-slow': '1' }, {}]) {
    const arrived = once(app.server, 'stream')
    const request = client.request({ ':path': '/now-playing', accept: 'text/event-stream', ...headers })
    request.on('error', () => {})
    await arrived
    request.close(0)
    await once(request, 'close')
  }
  const answer = client.request({ ':path': '/now-playing' })
  const [head] = await once(answer, 'response')
  t.equal(head[':status'], 200)
  answer.resume()
  await once(answer, 'end')
  await becomes(() => app.nowPlaying.metrics.eventStreams === 0)
  client.destroy()
  await app.close()
})

test('only the first of several pipelined event streams becomes a subscriber', async (t) => {
  const { app } = await scenario(t)
  const client = await line(t, app)
  client.write(SUBSCRIBE.repeat(5))
  await once(client, 'data')
  t.equal(app.nowPlaying.metrics.eventStreams, 1)
  client.destroy()
  await becomes(() => app.nowPlaying.metrics.eventStreams === 0)
  await app.close()
})

test('a pipelined ?wait is not held behind an unfinished answer', async (t) => {
  const { app, get } = await scenario(t)
  const etag = String((await get('/now-playing')).headers.get('etag'))
  const client = await line(t, app)
  client.write(SUBSCRIBE + `GET /now-playing?wait=60 HTTP/1.1\r\nHost: radio\r\nIf-None-Match: ${etag}\r\n\r\n`)
  await once(client, 'data')
  t.match(app.nowPlaying.metrics, { eventStreams: 1, waiting: 0 })
  await app.close()
})

test('a pipelined upgrade closes the connection', async (t) => {
  const { app, get } = await scenario(t)
  const etag = String((await get('/now-playing')).headers.get('etag'))
  const client = await line(t, app)
  client.write(`GET /now-playing?wait=60 HTTP/1.1\r\nHost: radio\r\nIf-None-Match: ${etag}\r\n\r\n${upgrade('/now-playing')}`)
  await once(client, 'close')
  await becomes(() => app.nowPlaying.metrics.waiting === 0)
  await app.close()
})

for (const [what, before] of [
  ['the plugin\'s own', undefined],
  ['one that the app has registered', async (app: FastifyInstance) => { await app.register(websocket) }]
] as const) {
  test(`an upgrade while the app closes is answered with 503: @fastify/websocket is ${what}`, async (t) => {
    const { app, page } = await scenario(t, {
      before: async (app) => {
        app.addHook('preClose', async () => { await comesLate(await line(t, app)) })
        await before?.(app)
      },
      // Hooks of a scope that comes later run when @fastify/websocket no longer listens for upgrades.
      after: async (app) => {
        await app.register(async (scope) => { scope.addHook('preClose', async () => { await comesLate(await line(t, app)) }) })
      }
    })
    async function comesLate (client: Socket): Promise<void> {
      client.write(upgrade('/now-playing'))
      const [answer] = await once(client, 'data')
      t.match(String(answer), /^HTTP\/1.1 503/)
      await once(client.resume(), 'close')
    }
    await page().snapshot()
    await app.close()
  })
}

test('a WebSocket to an address without a subscription is closed, even if it never answers', async (t) => {
  const { app } = await scenario(t)
  for (const path of ['/now-playing/a/history', '/now-playing/client.js']) {
    const client = await line(t, app)
    client.write(upgrade(path))
    const [answer] = await once(client, 'data')
    t.match(String(answer), /^HTTP\/1.1 101/, path)
    await once(client.resume(), 'close')
  }
  await app.close()
})

test('app.close() does not wait for a WebSocket that no longer answers', async (t) => {
  const { app } = await scenario(t)
  const client = await line(t, app)
  client.write(upgrade('/now-playing'))
  await once(client, 'data')
  t.equal(app.nowPlaying.metrics.webSockets, 1)
  await Promise.all([app.close(), once(client.resume(), 'close')])
})

test('`limits.subscribers` holds while the app\'s own checks are slow', async (t) => {
  const arrived: Array<() => void> = []
  const { app, page } = await scenario(t, {
    limits: { subscribers: 2 },
    route: {
      options: {
        preHandler: async () => {
          const all = new Promise<void>((resolve) => { arrived.push(resolve) })
          if (arrived.length === 5) for (const go of arrived) go()
          await all
        }
      }
    }
  })
  const pages = Array.from({ length: 5 }, () => page())
  const outcomes = await Promise.allSettled(pages.map(async (page) => await page.snapshot()))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
  t.match(app.nowPlaying.metrics, { webSockets: 2, refused: 3 })
})

test('a WebSocket over the limit after a slow `verifyClient` is closed with 1013', async (t) => {
  const arrived: Array<() => void> = []
  const { app, page } = await scenario(t, {
    limits: { subscribers: 2 },
    before: async (app) => {
      await app.register(websocket, {
        options: {
          verifyClient: (info, done) => {
            arrived.push(() => { done(true) })
            if (arrived.length === 5) for (const go of arrived) go()
          }
        }
      })
    }
  })
  const pages = Array.from({ length: 5 }, () => page())
  const outcomes = await Promise.allSettled(pages.map(async (page) => await page.snapshot()))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
  for (const { messages, closed } of pages) {
    if (messages.length > 0) continue
    t.same(await closed, { code: 1013, reason: 'FST_ICECAST_FULL' })
  }
  t.match(app.nowPlaying.metrics, { webSockets: 2, refused: 3 })
})

test('a subscriber connects when the app\'s WebSocket server has `clientTracking: false`', async (t) => {
  const { page } = await scenario(t, { before: async (app) => { await app.register(websocket, { options: { clientTracking: false } }) } })
  await page().snapshot()
})

test('`limits.perAddress` does not apply to clients of a Unix socket', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'radio-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'app')
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyIcecast, { url: icecast.url, limits: { perAddress: 1 } })
  await app.listen({ path })
  for (const page of ['one', 'another']) {
    const [response] = await once(getHttp({ socketPath: path, path: '/now-playing', headers: { accept: 'text/event-stream' } }), 'response')
    t.teardown(() => response.destroy())
    t.equal(response.statusCode, 200, page)
  }
})
