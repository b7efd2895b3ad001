import { test, type Test } from 'tap'
import { connect } from '../../lib/client/connection.ts'
import type { Connection } from '../../lib/client/events.ts'
import type { ReceivedMessage } from '../../lib/client/transports.ts'
import { station, timers, type Timer } from './helper.ts'
import { browser, network, type FakeTransport } from './network.ts'

const SNAPSHOT = { type: 'snapshot', version: 'r-1', heartbeat: 20_000, stations: [] }

interface PageOptions {
  sleep?: boolean
  without?: ReadonlyArray<FakeTransport['kind']>
}

/** A page with a connection: what it has opened, received and emitted. */
function setup (t: Test, { sleep = false, without = [] }: PageOptions = {}) {
  const transports = network(t, { without })
  const runningTimers = timers(t)
  const received: ReceivedMessage[] = []
  const emitted: string[] = []
  const connections: Connection[] = []
  let closesWhen: string | undefined
  let isClosed = false
  const [reconnect, disconnect] = connect(
    () => new URL('https://radio.example/now-playing'),
    () => sleep,
    ({ version }) => version === 'outdated',
    (message) => received.push(message),
    (connection) => {
      connections.push(connection)
      emitted.push(connection.transport === null ? connection.state : `${connection.state} by ${connection.transport}`)
      if (connection.state === closesWhen) close()
    }
  )
  const close = (): void => {
    disconnect()
    if (!isClosed) emitted.push('closed')
    isClosed = true
  }
  t.teardown(close)
  return {
    transports,
    runningTimers,
    received,
    emitted,
    connections,
    close,
    reconnect,
    /** Closes the connection from within the listener when it emits this state. */
    closeWhen: (state: Connection['state']) => { closesWhen = state },
    /** The last transport that was opened. */
    get transport (): FakeTransport { return only(transports.slice(-1)) },
    /** The transports that were opened, in order. */
    kinds: () => transports.map(({ kind }) => kind),
    /** The only timer that is running. */
    timer: (): Timer => only(runningTimers)
  }
}

function only<T> (all: readonly T[]): T {
  const [one, ...others] = all
  if (one === undefined || others.length > 0) throw new Error(`there are ${all.length}`)
  return one
}

/** Waits until an answer has been read. */
const settled = async (): Promise<void> => { for (let step = 0; step < 10; step++) await new Promise(setImmediate) }

test('a WebSocket that delivers a snapshot is used', async (t) => {
  const { transport, kinds, emitted, received, close, runningTimers } = setup(t)
  t.equal(transport.url, 'wss://radio.example/now-playing')
  t.same(emitted, ['connecting'])
  transport.open()
  transport.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket'])
  transport.deliver({ type: 'heartbeat' })
  t.same(received, [SNAPSHOT, { type: 'heartbeat' }])
  close()
  t.same(emitted, ['connecting', 'open by websocket', 'closed'])
  t.ok(transport.isClosed)
  t.same(runningTimers, [])
  close()
  t.same(kinds(), ['WebSocket'])
  t.equal(emitted.length, 3)
})

const proxyMessages: unknown[] = ['', '<!doctype html><title>Sign in</title>', 'null', '5', '"snapshot"', '[]', '{}', '{"type":"snapshot"}', { type: 'update' }]
for (const message of proxyMessages) {
  test(`a message from a proxy is ignored: ${JSON.stringify(message)}`, async (t) => {
    const { transport, emitted, received } = setup(t)
    transport.open()
    transport.deliver(message)
    t.same(emitted, ['connecting'])
    transport.deliver(SNAPSHOT)
    transport.deliver(message)
    t.equal(emitted.length, 2, 'and does not end the connection')
    t.match(received, [SNAPSHOT])
  })
}

test('the client falls back to an event stream, and then to polling', async (t) => {
  const { transports, kinds, emitted, received, runningTimers } = setup(t)
  transports[0]?.end()
  transports[1]?.open()
  transports[1]?.end('', true)
  t.same(kinds(), ['WebSocket', 'EventSource', 'fetch'], 'at once')
  t.equal(transports[1]?.url, 'https://radio.example/now-playing')
  t.equal(transports[2]?.url, 'https://radio.example/now-playing?wait=25')
  transports[2]?.deliver({ version: 'r-1', stations: [] })
  await settled()
  t.same(emitted, ['connecting', 'open by polling'])
  t.same(received, [{ version: 'r-1', stations: [] }])
  runningTimers.find(({ ms }) => ms <= 5000)?.fire()
  t.match(transports[3], { url: 'https://radio.example/now-playing?wait=25', headers: { 'if-none-match': '"r-1"' } })
})

test('a transport that the runtime does not have is skipped', async (t) => {
  t.same(setup(t, { without: ['WebSocket'] }).kinds(), ['EventSource'])
  t.same(setup(t, { without: ['WebSocket', 'EventSource'] }).kinds(), ['fetch'])
})

test('a connection that opens and stays silent is given up after 8 s', async (t) => {
  const { transports, kinds, emitted, timer } = setup(t)
  t.equal(timer().ms, 8000)
  transports[0]?.open()
  timer().fire()
  t.ok(transports[0]?.isClosed)
  transports[1]?.open()
  timer().fire()
  t.ok(transports[1]?.isClosed)
  t.same(kinds(), ['WebSocket', 'EventSource', 'fetch'])
  transports[1]?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting'], 'the snapshot comes too late')
})

test('a WebSocket that is given up during the handshake is closed at once', async (t) => {
  const { transport, timer } = setup(t)
  timer().fire()
  t.ok(transport.isClosed)
})

test('while the server is down, a visible page retries with one request, within 5 s', async (t) => {
  const { kinds, transports, timer, emitted } = setup(t)
  for (let fallback = 0; fallback < 3; fallback++) transports.at(-1)?.end('', true)
  t.same(kinds(), ['WebSocket', 'EventSource', 'fetch'])
  for (let round = 0; round < 9; round++) {
    await settled()
    const { ms, fire } = timer()
    const limit = Math.min(5000, 1000 * 2 ** round)
    t.ok(ms >= 0 && ms <= limit, `${ms} of ${limit}`)
    fire()
    transports.at(-1)?.end()
  }
  t.same(kinds().slice(3), Array(9).fill('fetch'), 'each failed attempt leaves one error in the console')
  t.same(emitted, ['connecting'])
})

test('a hidden page retries within 30 s', async (t) => {
  t.intercept(Math, 'random', { value: () => 1 })
  const { tell } = browser(t)
  const { transports, timer } = setup(t, { without: ['WebSocket', 'EventSource'] })
  tell('visibilitychange', true)
  const waits: number[] = []
  for (let round = 0; round < 7; round++) {
    transports.at(-1)?.end()
    await settled()
    waits.push(timer().ms)
    timer().fire()
  }
  t.same(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

test('a page that recovers by polling tries a WebSocket at once', async (t) => {
  const { transports, kinds, runningTimers, emitted } = setup(t)
  for (let fallback = 0; fallback < 3; fallback++) transports.at(-1)?.end('', true)
  await settled()
  only(runningTimers).fire()
  transports.at(-1)?.deliver(SNAPSHOT)
  await settled()
  runningTimers.find(({ ms }) => ms <= 2000)?.fire()
  if (kinds().at(-1) !== 'WebSocket') runningTimers.find(({ ms }) => ms <= 2000)?.fire()
  transports.findLast(({ kind }) => kind === 'WebSocket')?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by polling', 'open by websocket'])
})

test('a connection that is lost returns over the transport that worked last', async (t) => {
  const { stream, kinds, timer } = streaming(t)
  stream.end('', true)
  timer().fire()
  t.same(kinds(), ['WebSocket', 'EventSource', 'EventSource'])
})

test('reconnecting replaces the connection in use, which stays open unless that fails', async (t) => {
  const { transports, kinds, emitted, reconnect } = setup(t)
  transports[0]?.deliver(SNAPSHOT)
  reconnect()
  t.ok(transports[0]?.isClosed)
  transports[1]?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket'])
  reconnect()
  transports[2]?.end()
  t.equal(kinds().at(-1), 'EventSource')
  for (const transport of transports.slice(-1)) transport.end('', true)
  transports.at(-1)?.end()
  await settled()
  t.same(emitted, ['connecting', 'open by websocket', 'connecting'])
})

test('reconnecting after a refusal does not wait for the retry', async (t) => {
  const { transports, emitted, reconnect } = setup(t)
  transports[0]?.deliver({ type: 'error', code: 'NO', message: '' })
  reconnect()
  transports[1]?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'refused', 'connecting', 'open by websocket'])
})

const OUTDATED = { ...SNAPSHOT, version: 'outdated' }

test('an outdated first snapshot is passed over for another backend, three times', async (t) => {
  const { transports, timer, received, emitted, kinds } = setup(t)
  for (let attempt = 0; attempt < 3; attempt++) {
    transports.at(-1)?.deliver(OUTDATED)
    t.ok(transports.at(-1)?.isClosed)
    t.ok(timer().ms <= 5000)
    timer().fire()
  }
  t.same(received, [])
  transports.at(-1)?.deliver(OUTDATED)
  t.same(received, [OUTDATED], 'every backend may be in the same situation')
  t.same(emitted, ['connecting', 'open by websocket'])
  t.same(new Set(kinds()), new Set(['WebSocket']), 'the transport works')
})

test('outdated answers to polls are ignored, three in a row', async (t) => {
  const { answer, received } = polling(t)
  await answer({ version: 'r-1', stations: [] })
  for (const version of ['outdated', 'outdated', 'r-2', 'outdated', 'outdated', 'outdated', 'outdated']) await answer({ version, stations: [] })
  t.same(received.map(({ version }) => version), ['r-1', 'r-2', 'outdated'])
})

test('a poll after an outdated answer does not name it, so that the server sends it again', async (t) => {
  const { answer, transports } = polling(t)
  await answer({ version: 'r-1', stations: [] })
  await answer({ version: 'outdated', stations: [] })
  t.equal(transports.at(-1)?.headers['if-none-match'], '"r-1"')
})

test('while a station is stale, another backend is tried after five to ten minutes', async (t) => {
  const { transports, runningTimers, kinds, emitted } = setup(t)
  transports[0]?.deliver(SNAPSHOT)
  t.equal(runningTimers.length, 1)
  transports[0]?.deliver({ type: 'update', version: 'r-2', station: station('A', { status: 'stale' }) })
  upgradeTimer(runningTimers).fire()
  t.notOk(transports[0]?.isClosed)
  transports[1]?.deliver(SNAPSHOT)
  t.ok(transports[0]?.isClosed)
  t.same(kinds(), ['WebSocket', 'WebSocket'])
  t.same(emitted, ['connecting', 'open by websocket'])
})

test('after a WebSocket has worked, other transports are tried on the fourth failure only', async (t) => {
  const { kinds, transports, timer } = setup(t)
  transports[0]?.deliver(SNAPSHOT)
  transports[0]?.end()
  for (let attempt = 0; attempt < 3; attempt++) {
    timer().fire()
    transports.at(-1)?.end()
  }
  t.same(kinds(), ['WebSocket', 'WebSocket', 'WebSocket', 'WebSocket', 'EventSource'])
})

test('a connection that is cut repeatedly after its snapshot falls back to the next transport', async (t) => {
  const { kinds, transports, runningTimers } = setup(t)
  for (let attempt = 0; attempt < 4; attempt++) {
    transports.at(-1)?.deliver(SNAPSHOT)
    transports.at(-1)?.end()
    runningTimers[0]?.fire()
  }
  t.same(kinds().slice(0, 5), ['WebSocket', 'WebSocket', 'WebSocket', 'WebSocket', 'EventSource'])
})

test('a second message resets the count of failures', async (t) => {
  const { kinds, transports, timer } = setup(t)
  for (let attempt = 0; attempt < 6; attempt++) {
    transports.at(-1)?.deliver(SNAPSHOT)
    transports.at(-1)?.deliver({ type: 'heartbeat' })
    transports.at(-1)?.end()
    t.ok(timer().ms <= 1000)
    timer().fire()
  }
  t.same(new Set(kinds()), new Set(['WebSocket']))
})

test('the client waits as long as the close reason says', async (t) => {
  const { transport, timer, emitted } = setup(t)
  transport.deliver(SNAPSHOT)
  transport.end('retry=12345')
  t.ok(timer().ms >= 12_345 && timer().ms <= 13_345, `${timer().ms}`)
  t.same(emitted, ['connecting', 'open by websocket', 'connecting'])
})

test('a server that asks the page to return within 3 s, as when another instance takes over, is not shown as an interruption', async (t) => {
  const { transport, timer, emitted, transports } = setup(t)
  transport.deliver(SNAPSHOT)
  transport.end('retry=1500')
  timer().fire()
  transports.at(-1)?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket'])
  transports.at(-1)?.end('retry=1500')
  timer().fire()
  transports.at(-1)?.end()
  t.same(emitted, ['connecting', 'open by websocket', 'connecting'], 'the return failed')
})

for (const reason of ['retry=0', 'retry=', 'retry=soon', 'idle=1']) {
  test(`a close reason without a valid delay is retried with backoff: ${reason}`, async (t) => {
    t.intercept(Math, 'random', { value: () => 1 })
    const { transports, timer, kinds } = setup(t, { without: ['EventSource', 'fetch'] })
    const waits: number[] = []
    for (let attempt = 0; attempt < 3; attempt++) {
      transports.at(-1)?.deliver(SNAPSHOT)
      transports.at(-1)?.end(reason)
      waits.push(timer().ms)
      timer().fire()
    }
    t.same(waits, [1000, 2000, 4000])
    t.same(new Set(kinds()), new Set(['WebSocket']))
  })
}

test('a delay of months in the close reason is limited to five minutes', async (t) => {
  const { transport, timer } = setup(t)
  transport.deliver(SNAPSHOT)
  transport.end('retry=10000000000')
  t.ok(timer().ms >= 300_000 && timer().ms <= 301_000, `${timer().ms}`)
})

test('a connection without heartbeats is replaced', async (t) => {
  const { transport, timer, runningTimers, transports } = setup(t)
  transport.deliver(SNAPSHOT)
  t.equal(timer().ms, 32_000, 'one and a half intervals, and two seconds')
  transport.deliver({ type: 'heartbeat' })
  t.equal(runningTimers.length, 1)
  t.equal(timer().ms, 32_000, 'a heartbeat does not state the interval')
  timer().fire()
  t.ok(transport.isClosed)
  timer().fire()
  t.equal(transports.length, 2)
})

test('without a stated interval the default heartbeat is expected', async (t) => {
  const { transport, timer } = setup(t)
  transport.deliver({ type: 'snapshot', version: 'r-1', stations: [] })
  t.equal(timer().ms, 39_500)
})

test('a refusal is emitted, and retried after 30 s or more', async (t) => {
  const error = { type: 'error', code: 'FST_ICECAST_UNKNOWN_STATION', message: 'There is no station `nope`. There are: `main`' }
  const { transport, kinds, emitted, connections, timer, transports } = setup(t)
  transport.open()
  transport.deliver(error)
  transport.end('FST_ICECAST_UNKNOWN_STATION')
  t.same(emitted, ['connecting', 'refused'])
  t.match(connections.at(-1), { state: 'refused', refusal: { code: error.code, message: error.message } })
  t.same(kinds(), ['WebSocket'], 'other transports would be refused as well')
  t.ok(timer().ms >= 30_000 && timer().ms <= 60_000)
  timer().fire()
  transports[1]?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'refused', 'open by websocket'])
})

/** A page behind a proxy that blocks WebSockets. */
function streaming (t: Test, options?: PageOptions) {
  const page = setup(t, options)
  page.transports[0]?.end()
  const { transport } = page
  transport.open()
  transport.deliver(SNAPSHOT)
  return { ...page, stream: transport }
}

/** Lets the client believe that time has passed; its timers do not run. */
function advanceClock (t: Test, ms: number): void {
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + ms })
}

test('an event stream that is cut after five seconds or more is reopened by the browser', async (t) => {
  const { stream, kinds, emitted } = streaming(t)
  advanceClock(t, 5000)
  stream.end()
  stream.open()
  stream.deliver({ type: 'update', version: 'r-2' })
  t.notOk(stream.isClosed)
  t.same(kinds(), ['WebSocket', 'EventSource'])
  t.same(emitted, ['connecting', 'open by eventstream'])
})

const streamEnds: Array<[title: string, end: (t: Test, stream: FakeTransport) => void]> = [
  ['is cut at once', (t, stream) => stream.end()],
  ['cannot be reopened', (t, stream) => {
    advanceClock(t, 5000)
    stream.end()
    stream.end()
  }],
  ['is given up by the browser', (t, stream) => {
    advanceClock(t, 5000)
    stream.end('', true)
  }]
]
for (const [title, end] of streamEnds) {
  test(`an event stream that ${title} is replaced after the client's own delay, whatever \`retry:\` says`, async (t) => {
    const { stream, kinds, emitted, timer } = streaming(t)
    end(t, stream)
    t.ok(stream.isClosed)
    t.equal(kinds().length, 2)
    timer().fire()
    t.same(kinds(), ['WebSocket', 'EventSource', 'EventSource'])
    t.same(emitted, ['connecting', 'open by eventstream', 'connecting'])
  })
}

test('a page has one event stream; another address polls without being held', async (t) => {
  const { transport, kinds, transports, close } = streaming(t)
  const other = setup(t)
  other.transport.end()
  t.same(other.kinds(), ['WebSocket', 'fetch'])
  t.equal(other.transport.url, 'https://radio.example/now-playing')
  transport.deliver({ type: 'heartbeat' })
  t.same(kinds(), ['WebSocket', 'EventSource'])
  t.equal(transports.length, 2)
  other.close()
  const third = setup(t, { without: ['WebSocket'] })
  t.same(third.kinds(), ['fetch'], 'one that did not occupy a connection frees none')
  third.close()
  close()
  t.same(setup(t, { without: ['WebSocket'] }).kinds(), ['EventSource'])
})

/** The timer of the next upgrade. */
const upgradeTimer = (runningTimers: readonly Timer[]): Timer => only(runningTimers.filter(({ ms }) => ms >= 300_000 && ms <= 600_000))

test('a better transport is tried after five to ten minutes, while the one in use continues', async (t) => {
  const { stream, transports, kinds, runningTimers, emitted, received } = streaming(t)
  upgradeTimer(runningTimers).fire()
  t.notOk(stream.isClosed)
  transports.at(-1)?.end()
  t.same(kinds(), ['WebSocket', 'EventSource', 'WebSocket'], 'still blocked')
  stream.deliver({ type: 'update', version: 'r-2' })
  upgradeTimer(runningTimers).fire()
  transports.at(-1)?.open()
  t.notOk(stream.isClosed)
  transports.at(-1)?.deliver({ ...SNAPSHOT, version: 'r-3' })
  t.ok(stream.isClosed)
  t.same(received.map(({ version }) => version), ['r-1', 'r-2', 'r-3'])
  t.same(emitted, ['connecting', 'open by eventstream', 'open by websocket'])
  t.equal(runningTimers.length, 1, 'no better transport is left to try')
})

test('a pending upgrade replaces a connection that is lost meanwhile', async (t) => {
  const { stream, transports, runningTimers, emitted } = streaming(t)
  upgradeTimer(runningTimers).fire()
  stream.end('', true)
  transports.at(-1)?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by eventstream', 'connecting', 'open by websocket'])
  t.same(runningTimers.map(({ ms }) => ms), [32_000], 'no further connection is scheduled')
})

/** A page that can only poll. */
function polling (t: Test, options?: PageOptions) {
  const page = setup(t, { without: ['WebSocket', 'EventSource'], ...options })
  return {
    ...page,
    /** Answers the last poll, and returns the delay in ms before the next one. */
    async answer (body: unknown, status = 200): Promise<number> {
      page.transports.at(-1)?.deliver(body, status)
      await settled()
      const next = page.runningTimers.find(({ ms }) => ms <= 5000)
      next?.fire()
      return next?.ms ?? NaN
    }
  }
}

test('polling sends the last version, and the server holds the answer', async (t) => {
  const { transport, transports, answer, received, emitted } = polling(t)
  t.equal(transport.url, 'https://radio.example/now-playing?wait=25')
  t.ok(await answer({ version: 'r-1', stations: [] }) >= 0)
  t.equal(transports[1]?.headers['if-none-match'], '"r-1"')
  await answer('', 304)
  t.equal(transports[2]?.headers['if-none-match'], '"r-1"')
  await answer({ version: 'r-2', stations: [] })
  t.equal(transports[3]?.headers['if-none-match'], '"r-2"')
  t.same(received.map(({ version }) => version), ['r-1', undefined, 'r-2'])
  t.same(emitted, ['connecting', 'open by polling'])
})

test('polling pauses for up to 5 s if the answer was not held, else for up to 1 s', async (t) => {
  const clock = { now: Date.now() }
  t.intercept(Date, 'now', { value: () => clock.now })
  t.intercept(Math, 'random', { value: () => 1 })
  const { answer } = polling(t)
  t.equal(await answer({ version: 'r-1', stations: [] }), 5000)
  clock.now += 25_000
  t.equal(await answer('', 304), 1000)
})

test('closing stops polling', async (t) => {
  const { transport, close, runningTimers } = polling(t)
  close()
  t.ok(transport.isClosed)
  await settled()
  t.same(runningTimers, [])
  const other = polling(t)
  other.transport.deliver({ version: 'r-1', stations: [] })
  await settled()
  other.close()
  t.same(other.runningTimers, [])
})

const proxyAnswers: Array<[answer: unknown, status: number]> = [
  ['<title>Sign in</title>', 200], [{ error: 'Bad Gateway' }, 502], ['<title>Bad Gateway</title>', 502], ['Not here', 404]
]
for (const [body, status] of proxyAnswers) {
  test(`an answer from a proxy counts as a failure: ${status} ${JSON.stringify(body)}`, async (t) => {
    const { transport, emitted, timer, received } = polling(t)
    transport.deliver(body, status)
    await settled()
    t.ok(timer().ms <= 1000)
    t.same(emitted, ['connecting'])
    t.same(received, [])
  })
}

for (const [given, least, most] of [['20', 20_000, 21_000], ['3600', 300_000, 301_000], ['Fri, 27 Nov 2026 12:00:00 GMT', 0, 1000]] as const) {
  test(`polling waits after 503 as long as \`Retry-After: ${given}\` says, but five minutes at most`, async (t) => {
    const { transport, emitted, timer } = polling(t)
    transport.deliver('<title>Unavailable</title>', 503, { 'retry-after': given })
    await settled()
    t.ok(timer().ms >= least && timer().ms <= most, `${timer().ms} ms`)
    t.same(emitted, ['connecting'])
  })
}

test('an answer with unrelated JSON is given up after 8 s', async (t) => {
  const { transport, emitted, runningTimers } = polling(t)
  transport.deliver({ hello: 'world' })
  await settled()
  runningTimers.find(({ ms }) => ms === 8000)?.fire()
  t.ok(transport.url)
  t.same(emitted, ['connecting'])
})

for (const status of [401, 403, 404]) {
  test(`polling emits a refusal for status ${status}`, async (t) => {
    const { transport, connections, timer } = polling(t)
    transport.deliver({ statusCode: status, code: 'NO', message: 'Not you' }, status)
    await settled()
    t.match(connections.at(-1), { state: 'refused', transport: null, refusal: { code: 'NO', message: 'Not you' } })
    t.ok(timer().ms >= 30_000)
  })
}

/** A page in a browser. */
function inBrowser (t: Test, options?: PageOptions) {
  const { tell } = browser(t)
  return { ...setup(t, options), tell }
}

for (const event of ['online', 'visibilitychange', 'pageshow']) {
  test(`the client retries at once on ${event}`, async (t) => {
    const { transport, transports, tell, emitted } = inBrowser(t)
    transport.deliver(SNAPSHOT)
    transport.end('retry=60000')
    tell(event)
    t.equal(transports.length, 2)
    transports[1]?.deliver(SNAPSHOT)
    t.same(emitted, ['connecting', 'open by websocket', 'connecting', 'open by websocket'])
  })
}

test('`online` opens another connection, and the one in use stays until that has a snapshot', async (t) => {
  const { transports, tell, emitted } = inBrowser(t)
  transports[0]?.deliver(SNAPSHOT)
  tell('online')
  t.notOk(transports[0]?.isClosed)
  tell('online')
  t.ok(transports[1]?.isClosed, 'only one is pending')
  transports[2]?.deliver(SNAPSHOT)
  t.ok(transports[0]?.isClosed)
  t.same(emitted, ['connecting', 'open by websocket'])
})

test('a page that becomes visible reconnects only if its connection has expired', async (t) => {
  const { transports, tell } = inBrowser(t)
  tell('visibilitychange')
  t.equal(transports.length, 1, 'it is being opened')
  transports[0]?.deliver(SNAPSHOT)
  tell('visibilitychange', true)
  tell('visibilitychange', false)
  t.equal(transports.length, 1)
  // The machine has slept: no timer has run.
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + 32_001 })
  tell('visibilitychange')
  t.equal(transports.length, 2)
})

test('a page in the back/forward cache is disconnected, and connects on `pageshow`', async (t) => {
  const { transports, tell, emitted, runningTimers } = inBrowser(t)
  transports[0]?.deliver(SNAPSHOT)
  tell('pagehide')
  t.ok(transports[0]?.isClosed)
  t.same(runningTimers, [])
  tell('visibilitychange', true)
  t.equal(transports.length, 1)
  tell('visibilitychange', false)
  tell('pageshow')
  t.equal(transports.length, 2)
  transports[1]?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket', 'asleep', 'connecting', 'open by websocket'])
})

test('a page that may sleep is disconnected while it is hidden', async (t) => {
  const { transports, tell, emitted, runningTimers } = inBrowser(t, { sleep: true })
  transports[0]?.deliver(SNAPSHOT)
  tell('visibilitychange', true)
  t.ok(transports[0]?.isClosed)
  tell('online')
  t.same(runningTimers, [])
  t.equal(transports.length, 1)
  tell('visibilitychange', false)
  transports[1]?.deliver(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket', 'asleep', 'connecting', 'open by websocket'])
})

test('a page that is opened hidden and may sleep connects when it becomes visible', async (t) => {
  const { tell } = browser(t)
  tell('visibilitychange', true)
  const { transports, emitted } = setup(t, { sleep: true })
  t.same(emitted, ['asleep'])
  tell('visibilitychange', false)
  t.equal(transports.length, 1)
})

test('a closed connection emits nothing more', async (t) => {
  const { transports, tell, emitted, close } = inBrowser(t)
  close()
  tell('online')
  tell('pageshow')
  t.equal(transports.length, 1)
  t.same(emitted, ['connecting', 'closed'])
})

const endings: Array<[when: Connection['state'], act: (transport: FakeTransport) => void]> = [
  ['open', (transport) => transport.deliver(SNAPSHOT)],
  ['refused', (transport) => transport.deliver({ type: 'error', code: 'NO', message: '' })],
  ['connecting', (transport) => {
    transport.deliver(SNAPSHOT)
    transport.end()
  }]
]
for (const [when, act] of endings) {
  test(`a listener may close the connection on ${when}`, async (t) => {
    const { transport, transports, emitted, received, runningTimers, closeWhen } = setup(t)
    transport.open()
    closeWhen(when)
    act(transport)
    t.same(emitted.slice(-2), [when === 'open' ? 'open by websocket' : when, 'closed'])
    t.equal(emitted.indexOf('closed'), emitted.length - 1)
    t.same(runningTimers, [])
    t.ok(transports.at(-1)?.isClosed)
    if (when === 'open') t.same(received, [])
  })
}
