import { executionAsyncResource } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { test, type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { detachUpgradeResponse, discardIncomingData, keepNextTickFast, keptTicks, removeErrorListeners, removeFromClients, responseOnSocket, secondaryServers, serverWithoutUpgrades } from '../../lib/push/internals.ts'
import { collectGarbage } from '../helpers/collect-garbage.ts'

// Each test fails when a new version of Node, `ws` or @fastify/websocket no longer does what the function relies on.

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

async function listen (t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function client (t: Test, port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  return socket
}

/** An app with a WebSocket route, and the server's side of a connection to it. */
async function openWebSocket (t: Test, register: (app: FastifyInstance) => Promise<void> = async (app) => { await app.register(websocket) }) {
  const app = Fastify()
  t.teardown(() => app.close())
  await register(app)
  const replies: FastifyReply[] = []
  app.addHook('preHandler', async (_, reply) => { replies.push(reply) })
  const opened = new Promise<WebSocket>((resolve) => { app.get('/', { websocket: true }, resolve) })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const page = new WebSocket(address.replace('http', 'ws'))
  t.teardown(() => page.terminate())
  const [webSocket] = await Promise.all([opened, once(page, 'open')])
  return { app, page, webSocket, response: replies[0]?.raw }
}

test('the kept object of `process.nextTick` has the shape of later ones, also after full garbage collections', async (t) => {
  setFlagsFromString('--allow-natives-syntax')
  const haveSameShape = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean
  keepNextTickFast()
  for (let times = 0; times < 6; times++) await collectGarbage()
  const [kept] = keptTicks
  const later = await new Promise<object[]>((resolve) => process.nextTick(() => resolve([executionAsyncResource()])))
  t.match(kept, { callback: Function })
  t.ok(later.every((tick) => kept !== undefined && kept !== tick && haveSameShape(kept, tick)))
})

test('Node shows on a socket the response that an upgrade request was pipelined behind', async (t) => {
  const server = createServer(() => {})
  const port = await listen(t, server)
  const upgraded = once(server, 'upgrade')
  client(t, port).write(`GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`)
  const [, socket]: [IncomingMessage, Duplex] = await upgraded as [IncomingMessage, Duplex]
  t.ok(responseOnSocket(socket) instanceof ServerResponse)
})

test('Node shows no response on a socket whose answers are finished', async (t) => {
  const server = createServer()
  const port = await listen(t, server)
  const upgraded = once(server, 'upgrade')
  client(t, port).write(`GET / HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`)
  const [, socket]: [IncomingMessage, Duplex] = await upgraded as [IncomingMessage, Duplex]
  t.equal(responseOnSocket(socket), null)
})

test('@fastify/websocket attaches a response to the socket of a WebSocket, and Node detaches it', async (t) => {
  const { response } = await openWebSocket(t)
  const socket = response?.socket
  if (response === undefined || !socket) return t.fail('there is no response, or it has no socket')
  t.equal(responseOnSocket(socket), response)
  detachUpgradeResponse(response)
  t.equal(responseOnSocket(socket), response, 'in this tick it is still attached')
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(responseOnSocket(socket), null)
  t.equal(response.socket, null)
  detachUpgradeResponse(response)
})

test('@fastify/websocket adds an `error` listener to a WebSocket, and nothing else does', async (t) => {
  const { webSocket } = await openWebSocket(t)
  t.equal(webSocket.listenerCount('error'), 1)
  removeErrorListeners(webSocket)
  t.equal(webSocket.listenerCount('error'), 0)
})

test('a WebSocket that was removed from `clients` stays open at shutdown, and works', async (t) => {
  const { app, webSocket, page } = await openWebSocket(t)
  t.ok(app.websocketServer.clients.has(webSocket))
  removeFromClients(app, webSocket)
  t.equal(app.websocketServer.clients.size, 0)
  const closing = app.close()
  await once(app.server, 'removeListener')
  webSocket.send('still here')
  const [data] = await once(page, 'message')
  t.equal(String(data), 'still here')
  webSocket.close(1012)
  t.same((await once(page, 'close'))[0], 1012)
  await closing
})

test('a server without a list of clients has nothing to remove from', async (t) => {
  const { app, webSocket } = await openWebSocket(t, async (app) => { await app.register(websocket, { options: { clientTracking: false } }) })
  removeFromClients(app, webSocket)
  t.equal(app.websocketServer.clients, undefined)
})

test('`ws` reads by a `data` listener: without it a message is discarded, and the connection ends', async (t) => {
  const server = createServer()
  const webSockets = new WebSocketServer({ server })
  const port = await listen(t, server)
  const page = new WebSocket(`ws://127.0.0.1:${port}`)
  page.on('error', () => {})
  const [webSocket, { socket }]: [WebSocket, IncomingMessage] = await once(webSockets, 'connection') as [WebSocket, IncomingMessage]
  webSocket.on('message', () => t.fail('the message was read'))
  await once(page, 'open')
  t.equal(socket.listenerCount('data'), 1)
  discardIncomingData(socket)
  page.send('x'.repeat(1024 * 1024))
  await once(page, 'close')
})

test('a second @fastify/websocket with a server of its own leaves upgrades to the first', async (t) => {
  const server = serverWithoutUpgrades()
  t.equal(server.listening, false)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (scope) => {
    await scope.register(websocket)
    scope.get('/first', { websocket: true }, (socket) => { socket.send('first') })
  })
  await app.register(async (scope) => {
    await scope.register(websocket, { options: { server } })
    scope.get('/second', { websocket: true }, (socket) => { socket.send('second') })
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal(app.server.listenerCount('upgrade'), 1)
  for (const name of ['first', 'second']) {
    const page = new WebSocket(`${address.replace('http', 'ws')}/${name}`)
    t.teardown(() => page.terminate())
    const [data] = await once(page, 'message')
    t.equal(String(data), name)
  }
})

test('Fastify keeps a list of its further servers, also for the scopes of plugins', async (t) => {
  const app = Fastify()
  await app.register(async (scope) => {
    t.same(secondaryServers(scope), [])
    t.equal(secondaryServers(scope), secondaryServers(app))
  })
  await app.ready()
  t.not(secondaryServers(app), secondaryServers(Object.create(null)), 'not for lack of a list')
})
