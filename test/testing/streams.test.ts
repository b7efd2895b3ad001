import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { test, type Test } from 'tap'
import { createStreamReader, type StreamMetadata } from '../../lib/icecast/streams/stream-reader.ts'
import { fakeIcecast, type FakeIcecast, type FakeIcecastOptions, type SourceOptions, type Version } from '../../lib/testing/index.ts'
import { answer, lab, without } from './recordings.ts'

const versions: Version[] = ['2.4', '2.5', 'kh']
const audioInfo = 'ice-samplerate=48000;ice-bitrate=64;ice-channels=1'
const labSource: SourceOptions = { name: 'Radio Test', description: 'A test station', genre: 'Jazz', url: 'http://example.org/', bitrate: 64, audioInfo }
const formats: Record<string, SourceOptions> = {
  '/a.opus': { contentType: 'application/ogg', subtype: 'Opus' },
  '/a.ogg': { contentType: 'application/ogg', subtype: 'Vorbis' },
  '/b.ogg': { contentType: 'audio/ogg' },
  '/a.flac': { contentType: 'application/ogg', subtype: 'FLAC' },
  '/a.mp3': {}
}

interface StreamListener {
  head: string
  /** What the stream has said, and what it says next. */
  said: StreamMetadata[]
  next: () => Promise<StreamMetadata>
  bytes: () => number
  closed: Promise<unknown>
  close: () => void
}

/** Listens to a stream as a follower does. */
async function listen (t: Test, icecast: FakeIcecast, path: string, icy = '1'): Promise<StreamListener> {
  const socket = connect(Number(new URL(icecast.url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(`GET ${path} HTTP/1.0\r\nIcy-MetaData: ${icy}\r\n\r\n`)
  let received: Buffer = Buffer.alloc(0)
  while (!received.includes('\r\n\r\n')) received = Buffer.concat([received, (await once(socket, 'data') as [Buffer])[0]])
  const end = received.indexOf('\r\n\r\n')
  const head = received.toString('latin1', 0, end)
  const headers = Object.fromEntries(head.split('\r\n').slice(1).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const said: StreamMetadata[] = []
  const waiting: ((metadata: StreamMetadata) => void)[] = []
  let bytes = 0
  const reader = createStreamReader(headers, {
    onMetadata (metadata) {
      said.push(metadata)
      waiting.shift()?.(metadata)
    }
  })
  const push = (chunk: Buffer): void => {
    bytes += chunk.length
    reader?.push(chunk)
  }
  push(received.subarray(end + 4))
  socket.on('data', push)
  return { head, said, closed, bytes: () => bytes, close: () => socket.destroy(), next: async () => await new Promise((resolve) => waiting.push(resolve)) }
}

/** What a stream says at first. */
async function firstSaid (t: Test, icecast: FakeIcecast, path: string): Promise<StreamMetadata | undefined> {
  const { said, next } = await listen(t, icecast, path)
  return said[0] ?? await next()
}

async function open (t: Test, options: Partial<FakeIcecastOptions> = {}): Promise<FakeIcecast> {
  const icecast = await fakeIcecast({ ...lab, ...options })
  t.teardown(() => icecast.close())
  return icecast
}

/** Resolves when the documents of a 2.4 say so of the listeners of its only mount. */
async function listeners (t: Test, icecast: FakeIcecast, count: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const document = await answer(icecast, { path: '/status-json.xsl' })
    if (document.includes(`"listeners":${count},`)) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.fail(`never ${count} listeners`)
}

for (const version of versions) {
  test(`a listener of ${version} gets titles in each format`, async (t) => {
    const icecast = await open(t, { version })
    for (const [path, options] of Object.entries(formats)) {
      const isOgg = options.contentType !== undefined
      const title = (artist: string, title: string): StreamMetadata => isOgg ? { artist, title, tags: null } : { artist: null, title: `${artist} - ${title}`, tags: null }
      icecast.source(path, options)
      icecast.title(path, { artist: 'Björk', title: 'Jóga' })
      const listener = await listen(t, icecast, path)
      const { said, next } = listener
      if (said.length === 0) await next()
      t.same(said, [title('Björk', 'Jóga')], path)
      const second = next()
      icecast.title(path, { artist: 'Кино', title: 'Группа крови' })
      t.same(await second, title('Кино', 'Группа крови'), path)
      listener.close()
    }
  })
}

for (const version of ['2.5', 'kh'] as const) {
  test(`the head of a stream is that of a real ${version}`, async (t) => {
    const icecast = await open(t, { version })
    icecast.source('/utf8.mp3', labSource)
    const { head } = await listen(t, icecast, '/utf8.mp3')
    const recorded = readFileSync(new URL(`../fixtures/${version}/listen-head.http`, import.meta.url), 'latin1')
    t.equal(without(head), without(recorded.trimEnd()))
  })
}

test('the head of a stream is that of a real 2.4', async (t) => {
  const icecast = await open(t)
  const source: SourceOptions = { name: 'Radio Test', description: 'A test station', genre: 'Jazz', url: 'http://example.org/' }
  for (const [recording, options, icy] of [
    ['liquidsoap-mp3', { ...source, audioInfo: 'channels=2;samplerate=44100;bitrate=64' }, '1'],
    ['liquidsoap-opus', { ...source, contentType: 'application/ogg', subtype: 'Opus' }, '1'],
    ['liquidsoap-flac', { ...source, contentType: 'application/ogg', subtype: 'FLAC' }, '1'],
    ['liquidsoap-vorbis', { ...source, contentType: 'application/ogg', audioInfo: 'channels=2;quality=0.;samplerate=44100' }, '1'],
    ['ffmpeg-opus', { contentType: 'audio/ogg', subtype: 'Opus' }, '1']
  ] as const) {
    icecast.source('/a', options)
    const { head } = await listen(t, icecast, '/a', icy)
    const recorded = readFileSync(new URL(`../fixtures/streams/${recording}.http`, import.meta.url), 'latin1')
    // Liquidsoap has announced a public station.
    t.equal(without(head).replace('icy-pub:0', 'icy-pub:1'), without(recorded.slice(0, recorded.indexOf('\r\n\r\n'))), recording)
  }
})

test('ICY metadata is sent only where it is asked for, and the bitrate once on kh', async (t) => {
  const icecast = await open(t, { version: 'kh' })
  icecast.source('/a.mp3', { bitrate: 128 })
  icecast.title('/a.mp3', 'A - B')
  const { head, said } = await listen(t, icecast, '/a.mp3', '0')
  t.notMatch(head, /metaint/)
  t.match(head, /icy-br: 128/)
  icecast.title('/a.mp3', 'A - C')
  t.same(said, [])
})

test('audio goes on, with the same title', async (t) => {
  const icecast = await open(t)
  for (const [path, options] of Object.entries(formats)) {
    icecast.source(path, options)
    icecast.title(path, 'Title')
  }
  const all = await Promise.all(Object.keys(formats).map(async (path) => await listen(t, icecast, path)))
  const others = [...all, await listen(t, icecast, '/a.opus'), await listen(t, icecast, '/a.mp3', '0')]
  const before = others.map(({ bytes }) => bytes())
  while (others.some(({ bytes }, i) => bytes() < Number(before[i]) + 150)) await new Promise((resolve) => setTimeout(resolve, 20))
  for (const { said } of all) t.equal(said.length, 1)
})

test('each interval of audio is followed by a block', async (t) => {
  const icecast = await open(t)
  icecast.source('/a.mp3')
  icecast.title('/a.mp3', 'One')
  const { next } = await listen(t, icecast, '/a.mp3')
  // The audio of real time is between the blocks.
  for (const title of ['Two', 'Three', 'x'.repeat(5000)]) {
    const said = next()
    await new Promise((resolve) => setTimeout(resolve, 300))
    icecast.title('/a.mp3', title)
    icecast.title('/a.mp3', title)
    t.equal((await said).title, title.slice(0, 4080 - "StreamTitle='".length))
  }
})

test('the interval of blocks can be set', async (t) => {
  const icecast = await open(t, { metadataInterval: 100 })
  icecast.source('/a.mp3')
  icecast.title('/a.mp3', 'One')
  const { head, said, bytes, next } = await listen(t, icecast, '/a.mp3')
  t.match(head, /icy-metaint:100$/)
  while (bytes() < 600) await new Promise((resolve) => setTimeout(resolve, 20))
  const second = next()
  icecast.title('/a.mp3', 'Two')
  t.equal((await second).title, 'Two')
  t.equal(said.length, 2)
})

test('an address, and tags, are sent with a title', async (t) => {
  const icecast = await open(t, { version: 'kh' })
  icecast.source('/a.mp3')
  icecast.title('/a.mp3', { song: 'A', url: 'http://example.org/a.jpg' })
  t.match(await firstSaid(t, icecast, '/a.mp3'), { title: 'A', tags: { url: 'http://example.org/a.jpg' } })
  icecast.source('/a.opus', { contentType: 'audio/ogg', subtype: 'Opus' })
  t.same(await firstSaid(t, icecast, '/a.opus'), { title: null, artist: null, tags: null }, 'before the first title')
  icecast.title('/a.opus', { title: 'A', tags: { ALBUM: 'Début', ENCODER: 'x' } })
  t.same(await firstSaid(t, icecast, '/a.opus'), { title: 'A', artist: null, tags: { album: 'Début' } })
  icecast.title('/a.opus', { title: 'A', tags: { COMMENT: 'x'.repeat(70_000) } })
  t.ok((await firstSaid(t, icecast, '/a.opus'))?.tags?.comment === 'x'.repeat(2048), 'over several pages')
})

test('earlier titles come first, as in a burst', async (t) => {
  const icecast = await open(t, { burst: 2 })
  for (const [path, options] of Object.entries(formats)) {
    icecast.source(path, options)
    for (const title of ['One', 'Two', 'Three', 'Four']) icecast.title(path, title)
    const { said, next } = await listen(t, icecast, path)
    while (said.length < 3) await next()
    t.same(said.map(({ title }) => title), ['Two', 'Three', 'Four'], path)
  }
})

test('connections to a stream count as listeners and occupy client slots', async (t) => {
  const icecast = await open(t, { clients: 4 })
  icecast.source('/my radio.mp3')
  icecast.listeners('/my radio.mp3', 1)
  const one = await listen(t, icecast, '/my%20radio.mp3')
  await listeners(t, icecast, 2)
  icecast.listeners('/my radio.mp3', 2)
  t.equal(icecast.usedSlots, 4)
  t.match((await listen(t, icecast, '/my%20radio.mp3')).head, /^HTTP\/1.0 403/)
  one.close()
  await one.closed
  await listeners(t, icecast, 2)
  t.equal(icecast.usedSlots, 3)
})

test('listeners move to a fallback and back, or are disconnected', async (t) => {
  const icecast = await open(t)
  for (const [type, main, backup] of [['audio/mpeg', '/main.mp3', '/backup.mp3'], ['audio/ogg', '/main.ogg', '/backup.ogg']] as const) {
    icecast.fallback(main, backup)
    icecast.source(backup, { contentType: type })
    icecast.title(backup, 'Backup')
    icecast.source(main, { contentType: type })
    icecast.title(main, 'Main')
    const { said, next, closed } = await listen(t, icecast, main)
    if (said.length === 0) await next()
    const moved = next()
    icecast.disconnect(main)
    t.equal((await moved).title, 'Backup')
    const other = await listen(t, icecast, main)
    if (other.said.length === 0) await other.next()
    t.equal(other.said.at(-1)?.title, 'Backup', 'the mount without a source leads to its fallback')
    icecast.source(main, { contentType: type })
    icecast.title(main, 'Main again')
    while (said.at(-1)?.title !== 'Main again') await next()
    icecast.disconnect(backup)
    icecast.disconnect(main)
    await closed
    t.equal(icecast.usedSlots, 0)
  }
  icecast.fallback('/a', '/b')
  icecast.source('/a')
  icecast.source('/b')
  const plain = await listen(t, icecast, '/a', '0')
  icecast.disconnect('/a')
  icecast.disconnect('/b')
  await plain.closed
})

test('a mount without a source, and a path that cannot be decoded, have no stream', async (t) => {
  const icecast = await open(t)
  icecast.source('/%zz')
  t.match(await answer(icecast, { path: '/b.mp3' }), /^HTTP\/1.0 404/)
  t.match((await listen(t, icecast, '/%zz')).head, /200 OK/)
  t.match(await answer(icecast, { path: '/%zz', method: 'HEAD' }), /^HTTP\/1.0 400/)
})

test('a server without documents has only streams', async (t) => {
  const icecast = await open(t, { documents: false })
  icecast.source('/a.mp3')
  for (const path of ['/status-json.xsl', '/admin/stats', '/admin/publicstats.json', '/', '/b.mp3']) {
    t.match(await answer(icecast, { path, auth: 'admin:hackme' }), /^HTTP\/1.0 404/)
  }
  t.match(await answer(icecast, { path: '/', method: 'STATS', auth: 'admin:hackme' }), /^HTTP\/1.0 404/)
  t.match((await listen(t, icecast, '/a.mp3')).head, /icy-metaint/)
})

test('faults apply to streams', async (t) => {
  const icecast = await open(t)
  icecast.source('/a.mp3')
  icecast.title('/a.mp3', 'A')
  const early = await listen(t, icecast, '/a.mp3')
  await icecast.fail('hang')
  await icecast.fail('hang')
  const silentAt = early.bytes()
  icecast.title('/a.mp3', 'B')
  await new Promise((resolve) => setTimeout(resolve, 600))
  t.equal(early.bytes(), silentAt, 'a server that hangs sends nothing')
  const resumed = early.next()
  await icecast.recover()
  t.equal((await resumed).title, 'B', 'and goes on after it')
  await icecast.fail('truncated')
  t.match(await answer(icecast, { path: '/a.mp3', headers: 'Icy-MetaData: 1\r\n' }), /icy-metaint/)
  await icecast.fail('drip', { interval: 1 })
  const slow = connect(Number(new URL(icecast.url).port), '127.0.0.1')
  t.teardown(() => slow.destroy())
  slow.write('GET /a.mp3 HTTP/1.0\r\n\r\n')
  t.equal(((await once(slow, 'data')) as [Buffer])[0].length, 1, 'byte by byte')
  await icecast.fail('hang-body', { only: ({ path }) => path === '/a.mp3' })
  t.equal((await listen(t, icecast, '/a.mp3')).bytes(), 0, 'only a head')
  await icecast.fail('reset')
  t.equal(await answer(icecast, { path: '/a.mp3' }), '', 'a reset')
  await icecast.fail('refused')
  await early.closed
})

test('streams are cut, alone or by a restart', async (t) => {
  const icecast = await open(t)
  icecast.source('/a.mp3')
  const first = await listen(t, icecast, '/a.mp3')
  icecast.cutStreams()
  await first.closed
  const second = await listen(t, icecast, '/a.mp3')
  icecast.restart()
  await second.closed
  t.equal(icecast.usedSlots, 0)
})
