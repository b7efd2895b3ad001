import { once } from 'node:events'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { test, type Test } from 'tap'
import { SocketWriter } from '../../lib/push/socket-writer.ts'
import { certificate } from '../helpers/certificate.ts'
import { scenario } from '../helpers/station.ts'

// Windows has no descriptors of sockets.
const skip = process.platform === 'win32'

/** Both ends of a connection, `far` being paused until it is read. */
async function pair (t: Test): Promise<{ near: Socket, far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const far = connect(port, '127.0.0.1')
  const [near]: Socket[] = await once(server, 'connection')
  if (near === undefined) throw new Error('nobody came')
  t.teardown(() => {
    near.destroy()
    far.destroy()
    server.close()
  })
  return { near, far }
}

async function read (socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  while (size < length) {
    const [chunk]: Buffer[] = await once(socket, 'data')
    if (chunk === undefined) break
    chunks.push(chunk)
    size += chunk.length
  }
  return Buffer.concat(chunks)
}

test('bytes go straight to the socket: fails when Node no longer shows its descriptor', { skip }, async (t) => {
  const { near, far } = await pair(t)
  const line = new SocketWriter(near)
  line.write(Buffer.from('one '))
  line.write(Buffer.from('two'))
  t.equal(String(await read(far, 7)), 'one two')
  t.equal(near.bytesWritten, 0, 'the stream has seen none of them')
  t.equal(line.queued, 0)
})

test('subscribers of both transports are written to straight', { skip }, async (t) => {
  const sockets: Socket[] = []
  const { app, icecast, page, stream } = await scenario(t, {
    before: (app) => { app.server.on('connection', (socket) => sockets.push(socket)) }
  })
  icecast.source('/main.mp3')
  const pages = [page(), await stream()]
  await Promise.all(pages.map(async (one) => await one.sees(null)))
  const before = sockets.map(({ bytesWritten }) => bytesWritten)
  icecast.title('/main.mp3', 'News')
  await Promise.all(pages.map(async (one) => await one.sees('News')))
  t.equal(app.nowPlaying.subscribers, 2)
  t.same(sockets.map(({ bytesWritten }) => bytesWritten), before)
})

for (const [size, what] of [[1000, 'small'], [100_000, 'large']] as const) {
  test(`what a socket does not take at once follows, in order and whole: ${what} messages`, async (t) => {
    const { near, far } = await pair(t)
    const line = new SocketWriter(near)
    const sent: Buffer[] = []
    const send = () => {
      const message = Buffer.alloc(size, `${sent.length}, `)
      sent.push(message)
      line.write(message)
    }
    while (line.queued === 0) send()
    t.ok(near.writableLength <= size, 'at the most one of them waits')
    for (let more = 0; more < 10; more++) send()
    t.ok(line.queued > 9 * size, 'and those that come after it')
    const expected = Buffer.concat(sent)
    t.ok((await read(far, expected.length)).equals(expected))

    while (line.queued > 0) await once(near, 'drain')
    const before = near.bytesWritten
    send()
    t.ok((await read(far, size)).equals(sent.at(-1) ?? Buffer.alloc(0)))
    if (!skip) t.equal(near.bytesWritten, before, 'when all is taken they go straight again')
  })
}

test('what others have written and what still waits goes first', async (t) => {
  const { near, far } = await pair(t)
  near.cork()
  near.write('one ')
  new SocketWriter(near).write(Buffer.from('two'))
  near.uncork()
  t.equal(String(await read(far, 7)), 'one two')
})

test('a connection that breaks is found by the stream', async (t) => {
  const { near, far } = await pair(t)
  const line = new SocketWriter(near)
  const broken = once(near, 'error')
  far.resetAndDestroy()
  line.write(Buffer.from('x'))
  const [{ code }] = await broken
  t.match(code, /^(ECONNRESET|EPIPE)$/)
})

test('nothing is written to a descriptor that has become somebody else\'s', async (t) => {
  const { near } = await pair(t)
  const line = new SocketWriter(near)
  const folder = t.testdir()
  near.destroy()
  const files = Array.from({ length: 50 }, (_, i) => openSync(join(folder, `${i}`), 'w'))
  line.write(Buffer.from('x'))
  t.same(files.map((file) => fstatSync(file).size).filter((size) => size > 0), [])
  for (const file of files) closeSync(file)
})

test('nothing goes past the encryption', async (t) => {
  const server = createTlsServer(certificate, (socket) => {
    const line = new SocketWriter(socket)
    line.write(Buffer.from('for your '))
    line.write(Buffer.from('eyes only'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connectTls({ port, host: '127.0.0.1', ca: certificate.cert })
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  t.equal(String(await read(client, 18)), 'for your eyes only')
})
