import { once } from 'node:events'
import { Redis } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { createClient as createClient5 } from 'redis-5'
import { test, type Test } from 'tap'
import { startTcpProxy } from '../helpers/tcp-proxy.ts'
import { LEAVE_HINT } from '../../lib/backplane/backplane.ts'
import { redisBackplane } from '../../lib/backplane/redis-backplane.ts'
import { freePort } from '../helpers/ports.ts'
import { redisIsMissing, startRedis, type RedisServer } from '../helpers/redis.ts'

const STATE = 'fastify-icecast:{fastify-icecast}:state'
const CHANNEL = 'fastify-icecast:{fastify-icecast}:hints'

async function redisFor (t: Test, ...options: string[]): Promise<RedisServer> {
  const redis = await startRedis(...options)
  t.teardown(() => redis.close())
  return redis
}

/** A client of ioredis that connects at once again, and that the test closes. */
function clientFor (t: Test, port: number): Redis {
  const client = new Redis({ port, retryStrategy: () => 20 })
  client.on('error', () => {})
  t.teardown(() => client.disconnect())
  return client
}

function backplaneFor (t: Test, client: Redis): ReturnType<typeof redisBackplane> {
  const backplane = redisBackplane({ client })
  t.teardown(() => backplane.close())
  return backplane
}

const state = (text: string): { head: string, stations: Map<string, string> } => ({ head: text, stations: new Map([['main', text]]) })

test('commands are rejected within about a second while Redis hangs, and work again afterwards', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const backplane = backplaneFor(t, clientFor(t, redis.port))
  const term = await backplane.lead(5000)
  await redis.command('CLIENT', 'PAUSE', '1500')
  const late = { code: 'FST_ICECAST_REDIS_TIMEOUT' }
  await Promise.all([
    t.rejects(backplane.lead(5000), { ...late, message: 'Redis did not answer who leads within 900 ms' }),
    t.rejects(backplane.write(term ?? 0, state('1'), ''), late),
    t.rejects(backplane.read(), late),
    t.rejects(backplane.leave(), late),
    t.rejects(backplane.tell(''), late)
  ])
  // What was sent runs when the pause is over, and the last of it gave the lease up.
  await eventually(async () => Number(await backplane.lead(5000).catch(() => 0)) > Number(term))
})

test('nothing is sent late to a Redis that was away', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const client = clientFor(t, redis.port)
  const backplane = backplaneFor(t, client)
  await backplane.lead(5000)
  const closed = once(client, 'close')
  await redis.stop()
  await closed
  await t.rejects(backplane.tell('late'), { code: 'FST_ICECAST_REDIS_TIMEOUT' })
  await redis.start()
  await eventually(() => client.status === 'ready')
  t.notMatch(await redis.command('INFO', 'commandstats'), /cmdstat_eval/)
  t.type(await backplane.lead(5000), 'number')
  t.match(await redis.command('INFO', 'commandstats'), /cmdstat_eval/)
})

test('no more commands are sent to a Redis that does not answer 64', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const proxy = await startTcpProxy(redis.port)
  t.teardown(() => proxy.close())
  const backplane = backplaneFor(t, clientFor(t, proxy.port))
  await backplane.read()
  proxy.silence()
  const answers = await Promise.allSettled(Array.from({ length: 65 }, () => backplane.read()))
  t.match(answers.at(-1), { reason: { code: 'FST_ICECAST_REDIS', message: 'Redis cannot be used: it has not answered 64 commands' } })
  proxy.resume()
  await eventually(async () => await backplane.read().catch(() => 'not yet') === null)
})

test('a term is higher than those that an old dump has forgotten', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const one = backplaneFor(t, clientFor(t, redis.port))
  const other = backplaneFor(t, clientFor(t, redis.port))
  const old = await one.lead(60_000) ?? 0
  await one.write(old, state('old'), '')
  await redis.command('SAVE')
  await one.leave()
  const term = await other.lead(60_000) ?? 0
  await other.write(term, state('new'), '')
  await redis.stop()
  await redis.start()
  // The dump says that the first one leads.
  t.match(await other.read(), { term: old, head: 'old' })
  t.equal(await other.lead(5000), null)
  t.equal(await other.write(term, state('newer'), ''), false)
  t.equal(await one.lead(5000), old, 'it knows of no other term')
  await one.leave()
  t.ok(Number(await other.lead(5000)) > term)
  await other.leave()

  // The one that leads by the dump has seen a higher term since.
  await one.read()
  const next = await other.lead(5000) ?? 0
  await other.write(next, state('newest'), '')
  await one.read()
  await other.leave()
  t.ok(Number(await one.lead(5000)) > next)
})

test('a leader whose own lease comes back from an old dump gets a higher term', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const backplane = backplaneFor(t, clientFor(t, redis.port))
  const old = await backplane.lead(60_000)
  await redis.command('SAVE')
  await backplane.leave()
  const term = await backplane.lead(60_000)
  t.ok(Number(term) > Number(old))
  await redis.stop()
  await redis.start()
  t.ok(Number(await backplane.lead(60_000)) > Number(term))
})

test('a leader whose state was deleted, but not its lease, gets a higher term and writes all again', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const [one, other] = [backplaneFor(t, clientFor(t, redis.port)), backplaneFor(t, clientFor(t, redis.port))]
  const old = await one.lead(60_000) ?? 0
  await redis.command('DEL', STATE)
  t.equal(await other.write(old, state('other'), ''), false)
  t.equal(await other.lead(5000), null)
  t.equal(await one.write(old, state('part'), ''), false)
  const term = await one.lead(60_000) ?? 0
  t.ok(term > old)
  t.equal(await one.write(term, state('whole'), ''), true)
})

test('thousands of stations are written, read and removed', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const backplane = backplaneFor(t, clientFor(t, redis.port))
  const ids = Array.from({ length: 9000 }, (_, index) => `station ${index}`)
  const stations = new Map(ids.map((id) => [id, id]))
  const term = await backplane.lead(60_000) ?? 0
  t.equal(await backplane.write(term, { head: '1', stations }, ''), true)
  t.strictSame((await backplane.read())?.stations.size, 9000)
  t.strictSame((await backplane.read(ids))?.stations, stations)
  t.equal(await backplane.write(term, { head: '2', stations: new Map(ids.slice(1).map((id) => [id, null])) }, ''), true)
  t.strictSame(await backplane.read(), { term, head: '2', stations: new Map([['station 0', 'station 0']]) })
})

test('a replica refuses to lead, write and tell, so nobody takes it for Redis', { skip: redisIsMissing }, async (t) => {
  const [primary, replica] = [await redisFor(t, '--repl-diskless-sync-delay', '0'), await redisFor(t)]
  const backplane = backplaneFor(t, clientFor(t, replica.port))
  const term = await backplane.lead(60_000) ?? 0
  await replica.command('REPLICAOF', '127.0.0.1', String(primary.port))
  while (!(await replica.command('INFO', 'replication')).includes('master_link_status:up'));
  const onPrimary = backplaneFor(t, clientFor(t, primary.port))
  const newer = await onPrimary.lead(60_000) ?? 0
  await onPrimary.write(newer, state('1'), '')
  while (await replica.command('EXISTS', STATE) !== ':1');
  const refused = /READONLY/
  t.equal(await backplane.lead(5000), null)
  await onPrimary.leave()
  while (await replica.command('EXISTS', STATE.replace('state', 'lease')) !== ':0');
  await t.rejects(backplane.lead(5000), refused)
  await t.rejects(backplane.tell(''), refused)
  t.equal(await backplane.write(term, state('2'), ''), false)
  await t.rejects(backplane.write(newer, state('2'), ''), refused)
})

test('a subscription that is open and receives nothing is replaced, and the listener is told', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const proxy = await startTcpProxy(redis.port)
  t.teardown(() => proxy.close())
  const backplane = backplaneFor(t, clientFor(t, proxy.port))
  await backplane.read()
  const hints: string[] = []
  const { promise: lost, resolve: onLost } = deferred()
  await backplane.listen({ onHint: (text) => { hints.push(text) }, onLost })
  t.equal(proxy.connections.length, 2)
  proxy.connections[1]?.silence()
  await lost
  await backplane.tell('heard')
  await eventually(() => hints.includes('heard'))
})

test('all that publish are told of a Redis that was away', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const clients = [
    clientFor(t, redis.port),
    createClient({ url: redis.url }).on('error', () => {}),
    createClient5({ url: redis.url }).on('error', () => {})
  ]
  for (const client of clients) {
    const backplane = redisBackplane({ client })
    const { promise: lost, resolve: onLost } = deferred()
    const hints: string[] = []
    await backplane.listen({ onHint: (text) => { hints.push(text) }, onLost })
    await redis.stop()
    await redis.start()
    await lost
    await eventually(async () => {
      await backplane.tell('heard').catch(() => {})
      return hints.includes('heard')
    })
    await backplane.close()
    if ('close' in client) await client.close()
  }
})

test('Redis may be away when a backplane begins to listen', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  await redis.stop()
  const clients = [clientFor(t, redis.port), createClient({ url: redis.url }), createClient5({ url: redis.url })]
  for (const client of clients) {
    const backplane = redisBackplane({ client })
    const { promise: lost, resolve: onLost } = deferred()
    await t.rejects(backplane.listen({ onHint () {}, onLost }), { code: 'FST_ICECAST_REDIS', message: /^Redis cannot be used: the channel cannot be received/ })
    await redis.start()
    // The plugin calls it again until it has succeeded.
    await eventually(() => backplane.listen({ onHint () {}, onLost () {} }).then(() => true, () => false))
    await lost
    await redis.stop()
    await backplane.close()
    if ('destroy' in client) client.destroy()
  }
})

test('a backplane can be closed before it is connected, and leaves no connection behind', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  for (const client of [clientFor(t, redis.port), createClient({ url: redis.url }), createClient5({ url: redis.url })]) {
    const backplane = redisBackplane({ client })
    await backplane.read()
    const listening = backplane.listen({ onHint: () => t.fail('a hint'), onLost: () => t.fail('lost') })
    await backplane.close()
    await t.rejects(listening, { code: 'FST_ICECAST_REDIS' })
    await t.rejects(backplane.read(), { code: 'FST_ICECAST_REDIS', message: /closed/ })
    await eventually(async () => /connected_clients:(\d+)/.exec(await redis.command('INFO', 'clients'))?.[1] === '2')
    if ('destroy' in client) client.destroy()
    else client.disconnect()
  }
})

test('commands that wait for Redis are rejected when the backplane is closed', async (t) => {
  const backplane = redisBackplane({ client: clientFor(t, await freePort()) })
  const reading = backplane.read()
  await backplane.close()
  await t.rejects(reading, { code: 'FST_ICECAST_REDIS', message: 'Redis cannot be used: the backplane was closed' })
})

test('a client that the app has closed is not opened again', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  for (const client of [new Redis(redis.port), createClient({ url: redis.url })]) {
    const backplane = redisBackplane({ client })
    await backplane.read()
    if ('status' in client) client.disconnect()
    else client.destroy()
    await eventually(async () => await backplane.read().then(() => '', ({ message }) => message) === 'Redis cannot be used: the client was closed')
    await backplane.close()
  }
})

test('a client without a listener for errors survives that Redis goes away', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  for (const client of [createClient({ url: redis.url }), createClient5({ url: redis.url })]) {
    const backplane = redisBackplane({ client })
    await backplane.read()
    await redis.stop()
    await t.rejects(backplane.read())
    await redis.start()
    await eventually(async () => await backplane.read().catch(() => '') === null)
    await backplane.close()
    client.destroy()
  }
})

test('scripts run again after Redis has forgotten them', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const backplane = backplaneFor(t, clientFor(t, redis.port))
  const term = await backplane.lead(5000)
  await redis.command('SCRIPT', 'FLUSH')
  t.equal(await backplane.lead(5000), term)
})

test('what is stored by others is refused with an error', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const backplane = backplaneFor(t, clientFor(t, redis.port))
  const stored: Array<[what: string, command: string[], expected: RegExp | { code: string } | null]> = [
    ['another type', ['SET', STATE, 'x'], /WRONGTYPE/],
    ['a term that is no number', ['HSET', STATE, 'head', 'x', 'written', 'NaN'], { code: 'FST_ICECAST_REDIS' }],
    ['a term that is too large', ['HSET', STATE, 'head', 'x', 'written', '9007199254740993'], { code: 'FST_ICECAST_REDIS' }],
    ['too many stations', ['EVAL', 'for i = 1, 10004 do redis.call("HSET", KEYS[1], "s:" .. i, "") end', '1', STATE], /too many stations/],
    ['too large a state', ['EVAL', 'redis.call("HSET", KEYS[1], "s:x", string.rep("x", 32 * 1024 * 1024 + 1))', '1', STATE], /too large/],
    ['fields of a later version', ['HSET', STATE, 'later', 'x'], null]
  ]
  for (const [what, command, expected] of stored) {
    await redis.command(...command)
    if (expected === null) t.equal(await backplane.read(), null, what)
    else await t.rejects(backplane.read(), expected, what)
    await redis.command('FLUSHALL')
  }
  await t.rejects(backplane.read(Array(10_001).fill('x')), { code: 'FST_ICECAST_REDIS', message: /10001 stations/ })
})

test('messages of others are ignored', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const backplane = backplaneFor(t, clientFor(t, redis.port))
  const hints: string[] = []
  await backplane.listen({ onHint: (text) => { hints.push(text) }, onLost () {} })
  for (const message of ['', 'x', 'p', 'h' + 'x'.repeat(4097), 'h' + 'ä'.repeat(2049)]) await redis.command('PUBLISH', CHANNEL, message)
  await redis.command('PUBLISH', CHANNEL, 'hlast')
  await eventually(() => hints.length > 0)
  t.strictSame(hints, ['last'])
  await t.rejects(backplane.tell('ä'.repeat(2049)), { code: 'FST_ICECAST_REDIS', message: 'Redis cannot be used: a hint of more than 4096 bytes cannot be published' })
})

test('the reason why a channel cannot be received is in the error', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  await redis.command('ACL', 'SETUSER', 'radio', 'on', '>secret', '~*', '+@all', 'resetchannels')
  const client = new Redis({ port: redis.port, username: 'radio', password: 'secret' })
  t.teardown(() => client.disconnect())
  const backplane = backplaneFor(t, client)
  await t.rejects(backplane.listen({ onHint () {}, onLost () {} }), { message: /NOPERM/ })
})

test('a client may return Buffers, use a key prefix and have no offline queue', { skip: redisIsMissing }, async (t) => {
  const redis = await redisFor(t)
  const buffers = createClient({ url: redis.url }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  const prefixed = new Redis(redis.port, { keyPrefix: 'radio:', enableOfflineQueue: false, stringNumbers: true })
  for (const client of [buffers, prefixed]) {
    const backplane = redisBackplane({ client })
    const hints: string[] = []
    await backplane.listen({ onHint: (text) => { hints.push(text) }, onLost () {} })
    const term = await backplane.lead(5000) ?? 0
    await backplane.write(term, state('1'), 'a hint')
    t.strictSame(await backplane.read(), { term, ...state('1') })
    await backplane.leave()
    await eventually(() => hints.length === 2)
    t.strictSame(hints, ['a hint', LEAVE_HINT])
    await backplane.close()
    if ('destroy' in client) client.destroy()
    else client.disconnect()
  }
  t.equal(await redis.command('EXISTS', `radio:${STATE}`), ':1')
})

test('a wrong client or name is refused at once', async (t) => {
  const client = { isOpen: true, evalSha () {}, eval () {}, duplicate () {}, connect () {}, on () {}, subscribe () {} }
  const options: Array<[options: unknown, message: RegExp]> = [
    [undefined, /`backplane` is missing/],
    [{}, /`client` is missing; it should be a client of `ioredis`.* or of `redis`/],
    [{ client: null }, /`client` is null/],
    [{ client: 'redis://admin:secret@127.0.0.1' }, /`client` is "…@127.0.0.1"/],
    [{ client: { port: 6379 } }, /`client` is { port }/],
    [{ client: { ...client, isOpen: undefined } }, /`client` is {/],
    [{ client, name: '' }, /`name` is ""/],
    [{ client, name: 7 }, /`name` is 7/],
    [{ client, name: 'a{b}' }, /`name` is "a{b}"; it should be the name that the instances share/],
    [{ client, name: 'x'.repeat(101) }, /`name` is "x/]
  ]
  for (const [given, message] of options) {
    t.throws(() => redisBackplane(given as Parameters<typeof redisBackplane>[0]), { code: 'FST_ICECAST_INVALID_OPTION', message })
  }
  redisBackplane({ client, name: 'Röyksopp FM' })
})

function deferred (): { promise: Promise<void>, resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((_resolve) => { resolve = _resolve })
  return { promise, resolve }
}

async function eventually (isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise((resolve) => { setTimeout(resolve, 10) })
}
