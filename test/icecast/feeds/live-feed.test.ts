import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { test, type Test } from 'tap'
import { followLiveFeed, type FeedKind } from '../../../lib/icecast/feeds/live-feed.ts'
import { always, end, follow, serve, write, type Answer } from './server.ts'
import { collectGarbage } from '../../helpers/collect-garbage.ts'

const file = (path: string) => readFileSync(new URL(`../../fixtures/${path}`, import.meta.url))

const statsHead = 'HTTP/1.0 200 OK\r\n\r\n'
const eventsHead = 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Type: text/event-stream\r\n\r\n'
const vc = (id: string, mount = '/a') => `id: ${id}\r\ndata: {"mount":"${mount}","type":"vc"}\r\n\r\n`

/** A server and its reader, both gone at the test's end. */
async function start (t: Test, answers: Answer[], options: Parameters<typeof follow>[1] = {}, path = '/') {
  const server = await serve(answers)
  const following = follow(new URL(path, server.url), options)
  t.teardown(async () => {
    following.abort.abort()
    await following.ended.catch(() => {})
    await server.close()
  })
  return { server, ...following }
}

const recordings: [kind: FeedKind, path: string, hint: string][] = [
  ['stats', '2.4/transcripts/stats-stream-raw.bin', 'hint /utf8'],
  ['stats', '2.5/transcripts/stats.raw', 'hint /opus.ogg'],
  ['eventfeed', '2.5/transcripts/eventfeed-all.raw', 'hint /opus.ogg'],
  ['stats-kh', 'kh/transcripts/stats.raw', 'hint /opus.ogg'],
  ['stats-kh', 'kh/transcripts/stats-relaypw-streams.raw', 'hint /opus.ogg']
]

test('every server\'s feed is followed, and its end noticed', async (t) => {
  for (const [kind, path, hint] of recordings) {
    const { log, seen, errors } = await start(t, [end(file(path)), write('')], { kind })
    await seen('down FST_ICECAST_UNREACHABLE')
    t.equal(log[0], 'up', path)
    t.ok(log.includes(hint) || log.includes('hint all'))
    t.ok(log.length < 20, 'many events, few hints')
    t.match(errors[0]?.message, /live feed was closed/)
  }
})

test('asks each server its own way, below the base path, with the account', async (t) => {
  const asked: [kind: FeedKind, line: string][] = [
    ['stats', 'STATS /radio/ HTTP/1.1'],
    ['stats-kh', 'STATS /radio/admin/streams HTTP/1.1'],
    ['eventfeed', 'GET /radio/admin/eventfeed HTTP/1.1']
  ]
  for (const [kind, line] of asked) {
    const { server } = await start(t, [write('')], { kind }, '/radio/')
    await server.connection(0)
    t.equal(server.heads[0]?.split('\r\n')[0], line)
    t.match(server.heads[0], /\r\nauthorization: Basic c2VjcmV0OnNlY3JldA==\r\n/)
    t.notMatch(server.heads[0], /mount=/)
  }
})

test('events that come together give one hint for each mount', async (t) => {
  const { server, log, seen } = await start(t, [write(statsHead)])
  await seen('up')
  const socket = await server.connection(0)
  socket.write('EVENT /a listeners 1\nEVENT /a title A\nEVENT /a listeners 2\nEVENT /b listeners 1\nEVENT global clients 1\n')
  await seen('hint /b (listeners)')
  t.same(log, ['up', 'hint /a', 'hint /b (listeners)'])

  socket.write('EVENT /c title C\nwhat?\nEVENT /d listeners 1\n')
  await seen('hint all')
  t.same(log.slice(3), ['hint all'])

  socket.write(Array.from({ length: 100 }, (_, n) => `EVENT /${n} listeners 1\n`).join(''))
  await seen('hint all (listeners)')
  t.same(log.slice(4), ['hint all (listeners)'], 'too many mounts to name')
})

test('events of one chunk about different titles give a hint without a title', async (t) => {
  const hints: unknown[] = []
  const { server, seen, log } = await start(t, [write(eventsHead)], { kind: 'eventfeed', onHint (hint) { hints.push(hint) } })
  await seen('up')
  const event = (json: string) => `id: 1\r\ndata: ${json}\r\n\r\n`
  const title = (mount: string, title: string) => event(`{"mount":"${mount}","type":"vc","vc":{"TITLE":["${title}"]}}`)
  const changed = (mount: string) => event(`{"mount":"${mount}","crude":{"trigger":"format-metadata-changed"}}`)
  const socket = await server.connection(0)
  socket.write(title('/a', 'A') + title('/a', 'A') + title('/b', 'B') + changed('/b') + title('/c', 'C') + title('/c', 'D'))
  while (hints.length < 3) await new Promise(setImmediate)
  t.same(hints, [
    { mount: '/a', kind: 'metadata', title: 'A', artist: null }, { mount: '/b', kind: 'metadata' }, { mount: '/c', kind: 'metadata' }
  ])
  t.same(log, ['up'])
})

test('the connection comes back by itself and goes on where it was cut', async (t) => {
  const { server, log, seen } = await start(t, [write(eventsHead), write(eventsHead + vc('e3')), write(eventsHead)],
    { kind: 'eventfeed' })
  await seen('up')
  const first = await server.connection(0)
  first.write(vc('e1', '/first') + vc('e2', '/second').slice(0, 20))
  await seen('hint /first')
  first.resetAndDestroy()
  await seen('up', 2)
  await seen('hint /a')
  const second = await server.connection(1)
  second.end()
  await server.connection(2)
  t.same(log, ['up', 'hint /first', 'down FST_ICECAST_UNREACHABLE', 'up', 'hint /a', 'down FST_ICECAST_UNREACHABLE'])
  t.notMatch(server.heads[0], /last-event-id/)
  t.match(server.heads[1], /\r\nlast-event-id: e1\r\n/)
  t.match(server.heads[2], /\r\nlast-event-id: e3\r\n/)
})

const elsewhere = 'http://127.0.0.2:1/'
const refusals: [what: string, answer: string | Buffer, code: string, kind?: FeedKind][] = [
  ['wrong account', 'HTTP/1.0 401 Authentication Required\r\nWWW-Authenticate: Basic realm="x"\r\n\r\nYou need to authenticate\r\n', 'UNAUTHORIZED'],
  ['forbidden', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', 'UNAUTHORIZED'],
  ['forbidden at length', 'HTTP/1.1 403 Forbidden\r\n\r\n' + 'no '.repeat(100_000), 'UNAUTHORIZED'],
  ['client limit of 2.4', 'HTTP/1.0 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIcecast connection limit reached', 'AT_LIMIT'],
  ['client limit of kh', 'HTTP/1.0 403 Forbidden\r\n\r\nToo many clients connected', 'AT_LIMIT'],
  ['client limit of 2.5', 'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n<html><title>Error — Icecast Admin</title>', 'AT_LIMIT'],
  ['a proxy with nothing behind it', 'HTTP/1.1 503 Service Unavailable\r\nServer: nginx\r\n\r\n<html>', 'BAD_STATUS'],
  ['wrong account or path on kh', file('kh/transcripts/stats-relaypw.raw'), 'NOT_FOUND'],
  ['2.5 asked like kh', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'BAD_STATUS'],
  ['server error', 'HTTP/1.1 500 Oops\r\n\r\n', 'BAD_STATUS'],
  ['redirect', `HTTP/1.1 302 Found\r\nLocation: ${elsewhere}\r\n\r\n`, 'BAD_STATUS'],
  ['kh asked like 2.5', 'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<icestats>', 'BAD_DOCUMENT', 'eventfeed'],
  ['no type', 'HTTP/1.1 200 OK\r\n\r\nid: 1\r\n', 'BAD_DOCUMENT', 'eventfeed'],
  ['a page', 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>', 'BAD_DOCUMENT'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'UNREACHABLE'],
  ['no HTTP', 'SSH-2.0-x\r\n', 'UNREACHABLE'],
  ['an endless head', 'HTTP/1.1 200 OK\r\nX: ' + 'x'.repeat(100_000), 'UNREACHABLE'],
  ['nothing', '', 'UNREACHABLE']
]

test('says why there is no feed, and nothing secret', async (t) => {
  for (const [what, answer, code, kind = 'stats'] of refusals) {
    const { log, seen, errors, server } = await start(t, [end(answer), end(answer), (socket) => socket.resetAndDestroy()], { kind })
    await server.connection(2)
    await seen(`down FST_ICECAST_${code}`)
    t.equal(log[0], `down FST_ICECAST_${code}`, what)
    t.equal(log.filter((one) => one === `down FST_ICECAST_${code}`).length, 1, 'once')
    t.notMatch(errors.map(({ message }) => message).join(), /c2Vjc|secret/)
  }
})

test('at its client limit Icecast often resets the connection', async (t) => {
  const { seen } = await start(t, [(socket) => {
    socket.write(refusals[3]?.[1] ?? '', () => setImmediate(() => socket.resetAndDestroy()))
  }])
  await seen('down FST_ICECAST_AT_LIMIT')
})

test('a server that never finishes its head, or its refusal, is given up in time', async (t) => {
  const slow: [what: string, answer: string, code: string][] = [
    ['nothing', '', 'TIMEOUT'],
    ['half a head', 'HTTP/1.0 200', 'TIMEOUT'],
    ['half a refusal', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno', 'UNAUTHORIZED']
  ]
  for (const [what, answer, code] of slow) {
    const started = performance.now()
    const { seen, server } = await start(t, [write(answer)], { timeout: 60 })
    await seen(`down FST_ICECAST_${code}`)
    t.ok(performance.now() - started < 1000, what)
    await server.connection(1)
  }
})

test('a server that is down is found when it is back', async (t) => {
  const { server } = await start(t, [write('')])
  await server.close()
  const { log, errors, seen, abort, ended } = follow(server.url)
  await seen('down FST_ICECAST_UNREACHABLE')
  t.match(errors[0]?.message, /ECONNREFUSED/)
  const back = await serve([write(statsHead)], Number(server.url.port))
  await seen('up')
  t.same(log, ['down FST_ICECAST_UNREACHABLE', 'up'])
  abort.abort()
  await ended
  await back.close()
})

test('both addresses of a name refused are one outage with its reason', async (t) => {
  const { server } = await start(t, [write('')])
  await server.close()
  const { errors, seen, abort, ended } = follow(new URL(`http://localhost:${server.url.port}/`))
  await seen('down FST_ICECAST_UNREACHABLE')
  t.match(errors[0]?.message, /ECONNREFUSED/)
  abort.abort()
  await ended
})

test('TLS is spoken where the address says so', async (t) => {
  const { server } = await start(t, [write('')])
  const { seen, abort, ended } = follow(new URL(server.url.href.replace('http:', 'https:')), { timeout: 100 })
  await Promise.race([seen('down FST_ICECAST_UNREACHABLE'), seen('down FST_ICECAST_TIMEOUT')])
  t.same(server.heads.filter((head) => !head.startsWith('STATS /')), [])
  abort.abort()
  await ended
})

test('waits longer each time, until a connection lived', async (t) => {
  const waits = { lost: always(5), refused: always(1) }
  const { server, seen, log } = await start(t, [
    end(refusals[0]?.[1] ?? ''), end(refusals[0]?.[1] ?? ''), end(''), write(statsHead), write(statsHead)
  ], { waits })
  await seen('up')
  t.equal(waits.refused.waits, 2, 'the server said no')
  t.equal(waits.lost.waits, 1, 'the connection was lost')
  t.equal(waits.lost.resets, 0)
  const socket = await server.connection(3)
  const lived = performance.now() + 10
  while (performance.now() < lived) await new Promise(setImmediate)
  socket.end()
  await seen('up', 2)
  t.equal(waits.lost.resets, 1)
  t.equal(waits.refused.resets, 1)
  t.same(log, ['down FST_ICECAST_UNAUTHORIZED', 'down FST_ICECAST_UNREACHABLE', 'up', 'down FST_ICECAST_UNREACHABLE', 'up'],
    'told once for each reason')

  const dull = { lost: always(2000), refused: always(1) }
  const flapping = await start(t, [end(''), end(statsHead), write('')], { waits: { ...dull, lost: { ...dull.lost, next: () => 100, reset: () => t.fail('it did not live') } } })
  await flapping.server.connection(2)
})

test('silence is no reason to do anything: the kernel asks whether the server is there', async (t) => {
  const keepAlive = t.capture(Socket.prototype, 'setKeepAlive', Socket.prototype.setKeepAlive)
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const { seen, server } = await start(t, [write(statsHead)])
  await seen('up')
  t.equal(timers(), before, 'no timer is left that could end it')
  t.ok(keepAlive().some(({ args }) => args[0] === true && args[1] === 30_000))
  t.equal(server.open(), 1)
})

test('an endless line does no harm', async (t) => {
  const { server, seen } = await start(t, [write(statsHead)])
  await seen('up')
  const socket = await server.connection(0)
  const piece = Buffer.alloc(64 * 1024, 'x')
  const before = process.memoryUsage().arrayBuffers
  for (let n = 0; n < 2000; n++) await new Promise((resolve) => socket.write(piece, resolve))
  socket.write('\nEVENT /a title T\n')
  await seen('hint all')
  await seen('hint /a')
  await collectGarbage()
  t.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024, 'of 128 MiB')
})

test('ends at once when told to, whatever it is doing', async (t) => {
  const forever = { lost: always(60_000), refused: always(60_000) }
  const states: [what: string, answer: Answer, until?: string][] = [
    ['connecting', write('')],
    ['waiting for the head', write('HTTP/1.0')],
    ['reading', write(statsHead), 'up'],
    ['reading a hint', write(statsHead + 'EVENT /a title T\nEVENT /b title T\n'), 'hint /a'],
    ['reading a refusal', write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno')],
    ['waiting to try again', end(''), 'down FST_ICECAST_UNREACHABLE']
  ]
  for (const [what, answer, until] of states) {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const { server, seen, abort, ended } = await start(t, [answer], { waits: forever })
    if (what !== 'connecting') await server.connection(0)
    if (until) await seen(until)
    const socket = what === 'connecting' ? null : await server.connection(0)
    abort.abort()
    await ended
    t.equal(getEventListeners(abort.signal, 'abort').length, 0, what)
    t.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, before)
    if (socket && !socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  }
})

test('nothing is told after the end, and nothing begun', async (t) => {
  const hints = statsHead + 'EVENT /a title T\nEVENT /b title T\n'
  for (const [at, answer] of [['onUp', write(hints)], ['onHint', write(hints)], ['onDown', end('')]] as const) {
    const abort = new AbortController()
    let calls = 0
    const { server, ended } = await start(t, [answer], {
      signal: abort.signal,
      [at] () {
        calls++
        abort.abort()
      }
    })
    await ended
    t.equal(calls, 1, at)
    t.equal(server.heads.length, 1)
  }
  const { server, ended } = await start(t, [write('')], { signal: AbortSignal.abort() })
  await ended
  t.equal(server.heads.length, 0, 'told before it began')
})

test('reconnecting leaves nothing on the signal', async (t) => {
  const { server, abort } = await start(t, [end(statsHead)])
  await server.connection(30)
  t.ok(getEventListeners(abort.signal, 'abort').length < 3)
})

test('a callback that throws ends it, and its connection', async (t) => {
  for (const at of ['onUp', 'onHint'] as const) {
    const { server, ended } = await start(t, [write(statsHead + 'EVENT /a title T\n')], {
      [at] () { throw new Error('mine') }
    })
    await t.rejects(ended, { message: 'mine' })
    const socket = await server.connection(0)
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  }
})

test('waits by itself when not told how', async (t) => {
  const { server } = await start(t, [end('')])
  const abort = new AbortController()
  await followLiveFeed({
    kind: 'stats',
    url: server.url,
    authorization: 'Basic x',
    timeout: 1000,
    signal: abort.signal,
    onUp: () => t.fail('not up'),
    onHint: () => t.fail('no hint'),
    onDown: () => abort.abort()
  })
})
