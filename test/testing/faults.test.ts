import { connect, type Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { test, type Test } from 'tap'
import { fakeIcecast, type FakeIcecast, type Fault, type FaultOptions, type Version } from '../../lib/testing/index.ts'
import { answer } from './recordings.ts'

const path = '/status-json.xsl'
const ask = (icecast: FakeIcecast, path = '/status-json.xsl'): Promise<string> => answer(icecast, { path })

/** Fails so, and gives what a reader gets. */
async function failed (fault: Fault, options: FaultOptions = {}, version: Version = '2.4'): Promise<{ head: string, body: string, right: string }> {
  await using icecast = await fakeIcecast({ version, now: () => 0 })
  icecast.source('/live.mp3')
  const [, right = ''] = (await ask(icecast)).split(/\r\n\r\n(.*)/s)
  await icecast.fail(fault, options)
  const [head = '', body = ''] = (await ask(icecast)).split(/\r\n\r\n(.*)/s)
  await icecast.recover()
  t200(await ask(icecast))
  return { head, body, right }
}

function t200 (text: string): void {
  if (!text.includes(' 200 OK')) throw new Error(`It has not recovered: ${text}`)
}

const length = (head: string): number => Number(/Content-Length: (\d+)/.exec(head)?.[1])

test('each fault has its effect until `recover()`', async t => {
  const check: Record<string, (t: Test) => Promise<void>> = {
    reset: async t => { t.same((await failed('reset')).head, '') },
    truncated: async t => {
      const { head, body, right } = await failed('truncated')
      t.equal(length(head), right.length)
      t.equal(body, right.slice(0, Math.floor(right.length * 2 / 3)))
    },
    'wrong-length': async t => {
      const { head, body, right } = await failed('wrong-length')
      t.equal(length(head), Math.floor(right.length / 2))
      t.equal(body, right)
    },
    'not-json': async t => {
      const { head, body, right } = await failed('not-json')
      t.equal(length(head), body.length)
      t.equal(body, right.slice(0, Math.floor(right.length / 2)))
    },
    'too-large': async t => { t.equal((await failed('too-large', { bytes: 3_000_000 })).body.length, 3_000_012) },
    bomb: async t => {
      const { head, body } = await failed('bomb', { bytes: 3_000_000 })
      t.match(head, 'Content-Encoding: gzip')
      t.ok(body.length < 10_000)
      t.equal(gunzipSync(Buffer.from(body, 'latin1')).length, 3_000_000)
      t.ok((await failed('bomb')).body.length < 100_000)
    },
    'wrong-type': async t => { t.match((await failed('wrong-type')).head, '200 OK\r\nContent-Type: audio/mpeg') },
    html: async t => { t.match(await failed('html'), { head: '200 OK\r\nContent-Type: text/html', body: '<!DOCTYPE html>' }) },
    empty: async t => { t.match(await failed('empty'), { head: '200 OK', body: '' }) },
    'not-http': async t => { t.same((await failed('not-http')).head, 'invalid password\r\n') },
    404: async t => { t.match((await failed(404)).head, 'HTTP/1.0 404 File Not Found') },
    500: async t => { t.match((await failed(500)).head, 'HTTP/1.0 500 Internal Server Error') },
    redirect: async t => {
      t.match((await failed('redirect')).head, '302 Found\r\nLocation: /elsewhere')
      t.match((await failed('redirect', { location: 'http://localhost:1/' })).head, 'Location: http://localhost:1/')
    },
    unauthorized: async t => {
      t.match((await failed('unauthorized')).head, 'HTTP/1.0 401 Authentication Required')
      t.match((await failed('unauthorized', {}, '2.5')).head, 'HTTP/1.1 401 Authentication Required')
    },
    limit: async t => {
      t.match((await failed('limit')).head, 'HTTP/1.0 403 Forbidden')
      t.match((await failed('limit', {}, '2.5')).head, 'HTTP/1.1 503 Service Unavailable')
      await using icecast = await fakeIcecast({ version: 'kh' })
      await icecast.fail('limit')
      t.match(await ask(icecast), 'HTTP/1.1 403 Forbidden')
    },
    starting: async t => { t.match((await failed('starting')).body, '{"icestats":"server_start":') }
  }
  for (const [fault, assert] of Object.entries(check)) await t.test(fault, assert)
})

/** Asks, and stays connected. */
function open (icecast: FakeIcecast): { socket: Socket, received: () => string } {
  const socket = connect(Number(new URL(icecast.url).port), '127.0.0.1')
  let received = ''
  socket.on('error', () => {})
  socket.on('data', chunk => { received += chunk.toString('latin1') })
  socket.write(`GET ${path} HTTP/1.1\r\n\r\n`)
  return { socket, received: () => received }
}

test('hang: the request gets no response, not even after `recover()`', async t => {
  await using icecast = await fakeIcecast()
  await icecast.fail('hang')
  const { received } = open(icecast)
  await icecast.requested()
  await icecast.recover()
  t200(await ask(icecast))
  t.equal(received(), '')
})

test('hang-body: nothing follows the headers', async t => {
  await using icecast = await fakeIcecast()
  await icecast.fail('hang-body')
  const { socket, received } = open(icecast)
  await new Promise(resolve => socket.once('data', resolve))
  t.match(received(), /^HTTP\/1.0 200 OK[^]*\r\n\r\n$/)
})

test('drip: the whole response arrives slowly', async t => {
  await using icecast = await fakeIcecast()
  await icecast.fail('drip', { interval: 1 })
  t.match(await ask(icecast), /^HTTP\/1.0 200 OK[^]*"dummy":null}}$/)
})

test('drip: closing the fake clears its timer', async t => {
  const set = t.capture(globalThis, 'setInterval', globalThis.setInterval)
  const cleared = t.capture(globalThis, 'clearInterval', globalThis.clearInterval)
  const icecast = await fakeIcecast()
  await icecast.fail('drip')
  const { socket } = open(icecast)
  await icecast.requested()
  const [drip] = set().filter(({ args }) => args[1] === 1000)
  const closed = new Promise(resolve => socket.once('close', resolve))
  await Promise.all([icecast.close(), closed])
  t.ok(drip !== undefined && 'returned' in drip && cleared().some(({ args }) => args[0] === drip.returned))
})

test('refused: the fake stops listening, closes its connections, and returns on the same port', async t => {
  await using icecast = await fakeIcecast()
  const { url } = icecast
  await icecast.fail('hang')
  const { socket } = open(icecast)
  await icecast.requested()
  const cut = new Promise(resolve => socket.once('close', resolve))
  await icecast.fail('refused')
  await icecast.fail('refused')
  await cut
  t.equal(await ask(icecast), '')
  await icecast.recover()
  await icecast.recover()
  t.equal(icecast.url, url)
  t200(await ask(icecast))
  await icecast.fail('refused')
  await icecast.close()
})

test('too-large: the response continues until the client disconnects', async t => {
  await using icecast = await fakeIcecast()
  await icecast.fail('too-large')
  const { socket, received } = open(icecast)
  while (received().length < 5_000_000) await new Promise(resolve => socket.once('data', resolve))
  socket.destroy()
  t.ok(received().startsWith('HTTP/1.0 200 OK'))
})

test('a fault with `only` affects only matching requests', async t => {
  await using icecast = await fakeIcecast()
  await icecast.fail(404, { only: request => request.path === path })
  t.match(await ask(icecast), ' 404 ')
  t.match(await ask(icecast, '/admin/stats'), ' 401 ')
})

test('starting: only status documents are affected', async t => {
  await using icecast = await fakeIcecast({ version: '2.5' })
  await icecast.fail('starting')
  t.match(await ask(icecast, '/nope'), ' 404 ')
})

test('2.5: a kept-alive connection gets the next response after a fault', async t => {
  await using icecast = await fakeIcecast({ version: '2.5' })
  await icecast.fail(404)
  const socket = connect(Number(new URL(icecast.url).port), '127.0.0.1')
  const next = async (): Promise<string> => {
    socket.write(`GET ${path} HTTP/1.1\r\nConnection: keep-alive\r\n\r\n`)
    return String(await new Promise(resolve => socket.once('data', resolve)))
  }
  t.match(await next(), 'HTTP/1.1 404 ')
  await icecast.recover()
  t.match(await next(), 'HTTP/1.1 200 ')
})
