import { EventEmitter, once } from 'node:events'
import tap, { test, type Test } from 'tap'
import { StreamFollower, streamUrl, type StreamFollowerOptions, type StreamTimes } from '../../../lib/icecast/streams/stream-follower.ts'
import { freePort } from '../../helpers/ports.ts'
import { StreamServer } from '../../helpers/stream-server.ts'
import { always, end, serve, write, type Answer } from '../feeds/server.ts'

// They mostly wait.
tap.jobs = 20

/** A follower of `/main.mp3`, and what it tells. */
class Scene extends EventEmitter<{ told: [] }> {
  readonly follower: StreamFollower
  readonly events: string[] = []
  readonly thrown: unknown[] = []
  readonly waits = { lost: always(1), absent: always(1), refused: always(1), limit: always(1) }

  constructor (t: Test, url: URL, times: Partial<StreamTimes> = {}, options: Partial<StreamFollowerOptions> = {}) {
    super()
    // Its timers do not keep the process running.
    const alive = setInterval(() => {}, 1000)
    const tell = (event: string) => {
      this.events.push(event)
      this.emit('told')
    }
    this.follower = new StreamFollower({
      url,
      path: '/main.mp3',
      timeout: 5000,
      onChange: () => { this.emit('told') },
      onUp: () => tell('up'),
      onDown: ({ code }) => tell(code.replace('FST_ICECAST_', '')),
      onCallbackError: (error) => { this.thrown.push(error) },
      ...options,
      times: { ...this.waits, settle: 10, ...times }
    })
    t.teardown(async () => {
      clearInterval(alive)
      await this.follower.stop()
    })
    this.follower.start()
  }

  async until (isSo: () => boolean): Promise<void> {
    while (!isSo()) await once(this, 'told')
  }

  async is (kind: string): Promise<void> { await this.until(() => this.follower.state.kind === kind) }

  async plays (title: string | null): Promise<void> { await this.until(() => (this.follower.metadata?.title ?? null) === title) }
}

const HEAD = 'HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-metaint: 100\r\n\r\n'

/** A follower of a server that plays an answer for each connection. */
async function against (t: Test, answers: Answer[], times?: Partial<StreamTimes>, options?: Partial<StreamFollowerOptions>) {
  const server = await serve(answers)
  t.teardown(() => server.close())
  return { server, scene: new Scene(t, server.url, times, options) }
}

test('a mount is followed as a listener does, with one connection and without an account', { buffered: true }, async (t) => {
  const server = await StreamServer.start(t)
  server.stream('/main.mp3', 'A - B', { earlier: ['Old'] })
  const scene = new Scene(t, new URL(server.url))
  t.same(scene.follower.state, { kind: 'unknown', error: null })
  await scene.follower.settled()
  t.match(scene.follower.state, { kind: 'sending', headers: { 'icy-name': 'Radio' } })
  await scene.plays('A - B')
  t.match(scene.follower, { isUnreadable: false, isConnecting: false, connectedAt: Number })
  server.stream('/main.mp3', 'C - D')
  await scene.plays('C - D')
  t.match(server.requests.map(({ headers }) => headers), [{ 'icy-metadata': '1', 'user-agent': 'fastify-icecast', authorization: undefined }])
  await scene.follower.stop()
  t.equal(scene.follower.connectedAt, null)
  await scene.follower.settled()
  t.same(scene.events, ['up'])
})

test('a stream that ends keeps what it said until the server says that it is gone, and goes on when it is back', { buffered: true }, async (t) => {
  const server = await StreamServer.start(t)
  server.stream('/main.mp3', 'A - B')
  const scene = new Scene(t, new URL(server.url))
  await scene.plays('A - B')
  server.cut('/main.mp3')
  await scene.is('lost')
  t.match([scene.follower.state, scene.follower.metadata], [{ before: { kind: 'sending' }, error: { code: 'FST_ICECAST_UNREACHABLE' } }, { title: 'A - B' }])
  await scene.is('sending')
  server.end('/main.mp3')
  await scene.is('absent')
  t.equal(scene.follower.metadata, null)
  server.stream('/main.mp3', 'Back')
  await scene.plays('Back')
  t.same(scene.events, ['up', 'up', 'NOT_FOUND', 'up'], 'the end itself is no failure')
})

test('a refusal says nothing about the source, is told once, and has its own wait', { buffered: true }, async (t) => {
  for (const [answer, code, wait] of [
    ['HTTP/1.0 401 Authentication Required\r\n\r\n', 'LISTENER_ACCOUNT', 'refused'],
    ['HTTP/1.0 403 Forbidden\r\n\r\nToo many clients connected', 'AT_LIMIT', 'limit'],
    ['HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:9/main.mp3\r\n\r\n', 'BAD_STATUS', 'refused'],
    ['HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>', 'BAD_DOCUMENT', 'refused'],
    ['', 'UNREACHABLE', 'lost']
  ] as const) {
    const { scene, server } = await against(t, [end(answer)])
    await server.connection(3)
    t.match(scene.follower.state, { kind: 'unknown', error: { code: `FST_ICECAST_${code}` } }, code)
    t.same(scene.events, [code])
    t.ok(scene.waits[wait].waits >= 3)
    await scene.follower.stop()
  }
})

test('a refusal after a good connection keeps what was known', { buffered: true }, async (t) => {
  const block = Buffer.concat([Buffer.alloc(100), Buffer.from([1]), Buffer.from('StreamTitle=\'A\';')])
  const good: Answer = (socket) => { socket.end(Buffer.concat([Buffer.from(HEAD), block])) }
  const { scene, server } = await against(t, [good, end('HTTP/1.0 403 Forbidden\r\n\r\nlimit'), end('')], { settle: 0 })
  await server.connection(4)
  t.match(scene.follower.state, { kind: 'lost', before: { kind: 'sending' }, error: { code: 'FST_ICECAST_UNREACHABLE' } })
  t.same(scene.events, ['up', 'AT_LIMIT', 'UNREACHABLE'])
})

test('a stream that sends no audio is silent, until it goes on', { buffered: true }, async (t) => {
  const { scene, server } = await against(t, [write(HEAD + 'audio')], { silence: 30 })
  await scene.is('silent')
  const socket = await server.connection(0)
  socket.write('audio')
  await scene.is('sending')
  t.equal(server.heads.length, 1)
})

test('a stream that answers and never sends audio is silent', { buffered: true }, async (t) => {
  const { scene } = await against(t, [write(HEAD)], { silence: 30 })
  await scene.follower.settled()
  t.equal(scene.follower.state.kind, 'silent')
})

test('what has no metadata that can be read is said to be so', { buffered: true }, async (t) => {
  for (const type of ['Content-Type: audio/aac\r\n', '']) {
    const { scene } = await against(t, [write(`HTTP/1.0 200 OK\r\n${type}\r\naudio`)])
    await scene.is('sending')
    t.ok(scene.follower.isUnreadable)
  }
})

test('a connection without metadata ends what an earlier one said', { buffered: true }, async (t) => {
  const server = await StreamServer.start(t)
  server.stream('/main.mp3', 'A - B')
  const scene = new Scene(t, new URL(server.url), { noMetadata: 200 })
  await scene.plays('A - B')
  server.mounts.set('/main.mp3', { headers: { 'icy-metaint': '0' } })
  server.cut('/main.mp3')
  await scene.plays(null)
  t.equal(scene.follower.state.kind, 'sending')
})

test('a server that cannot be reached is tried again', { buffered: true }, async (t) => {
  const port = await freePort()
  const scene = new Scene(t, new URL(`http://127.0.0.1:${port}/`))
  await scene.until(() => scene.events.length > 0)
  const server = await serve([write(HEAD + 'audio')], port)
  t.teardown(() => server.close())
  await scene.is('sending')
  t.same(scene.events, ['UNREACHABLE', 'up'])
})

test('what a callback throws is passed on, and the connection is closed', { buffered: true }, async (t) => {
  const error = new Error('mine')
  const { scene, server } = await against(t, [write(HEAD)], {}, { onUp () { throw error } })
  await once(await server.connection(0), 'close')
  await scene.follower.stop()
  t.same(scene.thrown, [error])
})

test('stops at once in whatever state it is', { buffered: true }, async (t) => {
  const { scene: asking, server } = await against(t, [write('')])
  await server.connection(0)
  t.ok(asking.follower.isConnecting)
  const settled = asking.follower.settled()
  await asking.follower.stop()
  await settled
  const { scene: waiting } = await against(t, [end('HTTP/1.0 404 Not Found\r\n\r\n')], { absent: always(60_000) })
  await waiting.is('absent')
  await waiting.follower.stop()
  t.equal(server.open(), 0)
})

test('the address of a mount is below that of its server, whatever its name is', async (t) => {
  for (const [server, path, expected] of [
    ['http://localhost:8000/', '/main.mp3', 'http://localhost:8000/main.mp3'],
    ['http://localhost/radio/', '/dir/a b?.mp3', 'http://localhost/radio/dir/a%20b%3F.mp3'],
    ['http://localhost/', '//evil.example/x', 'http://localhost//evil.example/x'],
    ['http://localhost/', '/http://evil.example', 'http://localhost/http://evil.example'],
    ['http://localhost/', '/@evil.example', 'http://localhost/@evil.example']
  ] as const) t.equal(streamUrl(new URL(server), path).href, expected)
})
