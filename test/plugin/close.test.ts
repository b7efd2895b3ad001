import dns from 'node:dns'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import { WebSocket } from 'ws'
import { certificate } from '../helpers/certificate.ts'
import { becomes } from '../helpers/becomes.ts'
import { scenario } from '../helpers/station.ts'

/** The two ends of a connection. */
async function openConnection (t: Test, app: FastifyInstance, isTls = false): Promise<{ client: Socket, accepted: Socket }> {
  const { port } = app.server.address() as AddressInfo
  const accepting = once(app.server, isTls ? 'secureConnection' : 'connection')
  const client = isTls ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }) : connect({ port, host: '127.0.0.1' })
  t.teardown(() => client.destroy())
  client.on('error', () => {})
  const [accepted] = await accepting
  return { client, accepted }
}

/** Half of a request. */
async function sendPart (t: Test, app: FastifyInstance): Promise<Socket> {
  const { client, accepted } = await openConnection(t, app)
  client.write('GET /now-playing HTTP/1.1\r\n')
  await becomes(() => accepted.bytesRead > 0)
  return client
}

for (const isTls of [false, true]) {
  test(`app.close() does not wait for a spare ${isTls ? 'TLS' : 'TCP'} connection on which nothing was sent`, { timeout: 10_000 }, async (t) => {
    const { app, page } = await scenario(t, isTls ? { fastify: { https: certificate } } : {})
    const listener = page()
    await listener.snapshot()
    const { client: spare } = await openConnection(t, app, isTls)
    await Promise.all([app.close(), once(spare.resume(), 'close')])
    t.equal((await listener.closed).code, 1012)
  })
}

for (const http2 of [false, true]) {
  test(`app.close() does not wait for a connection to an ${http2 ? 'HTTP/2' : 'HTTPS'} server without a TLS handshake`, { timeout: 10_000 }, async (t) => {
    const { app } = await scenario(t, { http2, fastify: { https: certificate } })
    const { client: spare } = await openConnection(t, app)
    await Promise.all([app.close(), once(spare.resume(), 'close')])
  })
}

test('app.close() does not wait for a spare connection that would use HTTP/1.1 on a server for HTTP/2', { timeout: 10_000 }, async (t) => {
  const { app, address } = await scenario(t, { http2: true, fastify: { https: { ...certificate, allowHTTP1: true } } })
  const { client: spare } = await openConnection(t, app, true)
  const session = connectHttp2(address, { rejectUnauthorized: false })
  t.teardown(() => session.destroy())
  await once(session, 'connect')
  await Promise.all([app.close(), once(spare.resume(), 'close')])
  t.ok(session.closed)
})

test('no connection to another address of localhost is left after app.close()', { timeout: 10_000, skip: process.platform !== 'linux' && 'needs 127.0.0.2' }, async (t) => {
  const { lookup } = dns
  t.teardown(() => { dns.lookup = lookup })
  const addresses = [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }]
  Reflect.set(dns, 'lookup', (host: string, options: { all?: boolean }, callback: (...result: unknown[]) => void) => {
    if (host === 'localhost' && options.all) callback(null, addresses)
    else Reflect.apply(lookup, dns, [host, options, callback])
  })
  const { app } = await scenario(t, { host: 'localhost' })
  const listening = app.addresses().filter((one) => typeof one === 'object')
  t.equal(listening.length, 2)
  const closed: Array<Promise<unknown>> = []
  for (const { address, port } of listening) {
    const page = new WebSocket(`ws://${address}:${port}/now-playing`)
    t.teardown(() => page.terminate())
    closed.push(once(page, 'close'))
    await once(page, 'message')
  }
  const { address: main } = app.server.address() as AddressInfo
  for (const { address, port } of listening.filter(({ address }) => address !== main)) {
    const spare = connect({ port, host: address })
    t.teardown(() => spare.destroy())
    await once(spare, 'connect')
    closed.push(once(spare.resume(), 'close'))
  }
  await Promise.all([app.close(), ...closed])
})

test('connections that have been used are forgotten after a few hundred others', { timeout: 10_000 }, async (t) => {
  const { app } = await scenario(t)
  const use = async (): Promise<Socket> => {
    const { client, accepted } = await openConnection(t, app)
    client.write('GET /now-playing HTTP/1.1\r\nHost: radio\r\n\r\n')
    await once(client, 'data')
    return accepted
  }
  const first = await use()
  const before = first.listenerCount('close')
  for (let count = 0; count < 260; count++) await use()
  t.equal(first.listenerCount('close'), before - 1, 'it has no listener of the plugin any more')
  const { client: spare } = await openConnection(t, app)
  await Promise.all([app.close(), once(spare.resume(), 'close')])
})

test('a spare connection that is opened while the app closes is closed as well', { timeout: 10_000 }, async (t) => {
  let spare: Socket | undefined
  const { app } = await scenario(t, {
    after: async (app) => { app.addHook('preClose', async () => { spare = (await openConnection(t, app)).client }) }
  })
  await app.close()
  t.ok(spare)
})

for (const isTls of [false, true]) {
  test(`a request over ${isTls ? 'TLS' : 'TCP'} that is under way when the app closes is answered`, { timeout: 10_000 }, async (t) => {
    const { app } = await scenario(t, {
      ...isTls && { fastify: { https: certificate } },
      before: async (app) => { app.get('/slow', async () => { await answer; return 'late' }) }
    })
    let send = (): void => {}
    const answer = new Promise<void>((resolve) => { send = resolve })
    const requested = once(app.server, 'request')
    const { client } = await openConnection(t, app, isTls)
    client.write('GET /slow HTTP/1.1\r\nHost: radio\r\n\r\n')
    await requested
    const closing = app.close()
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    send()
    t.match(String((await once(client, 'data'))[0]), /200 OK[^]*late/)
    client.destroy()
    await closing
  })
}

test('half a request is not cut off while the app closes', { timeout: 10_000 }, async (t) => {
  const { app } = await scenario(t)
  const partial = await sendPart(t, app)
  const closing = app.close()
  await new Promise((resolve) => { setTimeout(resolve, 300) })
  t.notOk(partial.closed)
  partial.destroy()
  await closing
})

test('a stream that the app has passed to its server is not destroyed while a request on it is under way', { timeout: 10_000 }, async (t) => {
  const { app } = await scenario(t, {
    before: async (app) => { app.get('/slow', async () => { await answer; return 'late' }) },
    // Meanwhile unused connections are destroyed.
    after: async (app) => { app.addHook('preClose', () => new Promise((resolve) => { setTimeout(resolve, 300) })) }
  })
  let send = (): void => {}
  const answer = new Promise<void>((resolve) => { send = resolve })
  const sent: string[] = []
  const stream = new Duplex({
    read () {},
    write (chunk, encoding, done) {
      sent.push(String(chunk))
      done()
    }
  })
  const requested = once(app.server, 'request')
  app.server.emit('connection', stream)
  stream.push('GET /slow HTTP/1.1\r\nHost: radio\r\n\r\n')
  await requested
  const closing = app.close()
  await new Promise((resolve) => { setTimeout(resolve, 300) })
  t.notOk(stream.destroyed)
  send()
  await becomes(() => sent.join('').includes('late'))
  stream.destroy()
  await closing
})

test('a close that takes longer than 3 s logs which connections are open', { timeout: 15_000 }, async (t) => {
  const { app, logs } = await scenario(t)
  const partial = await sendPart(t, app)
  const closing = app.close()
  await becomes(() => logs.some(({ msg }) => /still closing/.test(msg)))
  t.match(logs.find(({ msg }) => /still closing/.test(msg)), { level: 40, connections: { total: 1, webSockets: 0, eventStreams: 0, waiting: 0 } })
  partial.destroy()
  await closing
})

for (const wait of [false, true]) {
  test(`app.close() over HTTP/2 does not wait for the session of ${wait ? 'a held ?wait' : 'a client that has its answer'}`, { timeout: 10_000 }, async (t) => {
    const { app, address } = await scenario(t, { http2: true })
    const client = connectHttp2(address)
    t.teardown(() => client.destroy())
    const get = async (headers: Record<string, string>): Promise<Record<string, unknown>> => {
      const stream = client.request(headers)
      const [answer] = await once(stream.resume(), 'response')
      return answer
    }
    const { etag } = await get({ ':path': '/now-playing' })
    const held = wait ? get({ ':path': '/now-playing?wait=60', 'if-none-match': String(etag) }) : null
    if (wait) await becomes(() => app.nowPlaying.metrics.waiting === 1)
    await app.close()
    if (held !== null) t.equal((await held)[':status'], 304)
    t.ok(client.closed)
  })
}
