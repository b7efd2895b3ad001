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
  const lines = network(t, { without })
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
    lines,
    runningTimers,
    received,
    emitted,
    connections,
    close,
    reconnect,
    /** Closes the connection from within the listener when it emits this state. */
    closeWhen: (state: Connection['state']) => { closesWhen = state },
    /** The last transport that was opened. */
    get line (): FakeTransport { return only(lines.slice(-1)) },
    /** The transports that were opened, in order. */
    kinds: () => lines.map(({ kind }) => kind),
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
  const { line, kinds, emitted, received, close, runningTimers } = setup(t)
  t.equal(line.url, 'wss://radio.example/now-playing')
  t.same(emitted, ['connecting'])
  line.opens()
  line.says(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket'])
  line.says({ type: 'heartbeat' })
  t.same(received, [SNAPSHOT, { type: 'heartbeat' }])
  close()
  t.same(emitted, ['connecting', 'open by websocket', 'closed'])
  t.ok(line.isClosed)
  t.same(runningTimers, [])
  close()
  t.same(kinds(), ['WebSocket'])
  t.equal(emitted.length, 3)
})

const proxyMessages: unknown[] = ['', '<!doctype html><title>Sign in</title>', 'null', '5', '"snapshot"', '[]', '{}', '{"type":"snapshot"}', { type: 'update' }]
for (const message of proxyMessages) {
  test(`a message from a proxy is ignored: ${JSON.stringify(message)}`, async (t) => {
    const { line, emitted, received } = setup(t)
    line.opens()
    line.says(message)
    t.same(emitted, ['connecting'])
    line.says(SNAPSHOT)
    line.says(message)
    t.equal(emitted.length, 2, 'and does not end the connection')
    t.match(received, [SNAPSHOT])
  })
}

test('the client falls back to an event stream, and then to polling', async (t) => {
  const { lines, kinds, emitted, received, runningTimers } = setup(t)
  lines[0]?.ends()
  lines[1]?.opens()
  lines[1]?.ends('', true)
  t.same(kinds(), ['WebSocket', 'EventSource', 'fetch'], 'at once')
  t.equal(lines[1]?.url, 'https://radio.example/now-playing')
  t.equal(lines[2]?.url, 'https://radio.example/now-playing?wait=25')
  lines[2]?.says({ version: 'r-1', stations: [] })
  await settled()
  t.same(emitted, ['connecting', 'open by polling'])
  t.same(received, [{ version: 'r-1', stations: [] }])
  runningTimers.find(({ ms }) => ms <= 5000)?.fire()
  t.match(lines[3], { url: 'https://radio.example/now-playing?wait=25', headers: { 'if-none-match': '"r-1"' } })
})

test('a transport that the runtime does not have is skipped', async (t) => {
  t.same(setup(t, { without: ['WebSocket'] }).kinds(), ['EventSource'])
  t.same(setup(t, { without: ['WebSocket', 'EventSource'] }).kinds(), ['fetch'])
})

test('a connection that opens and stays silent is given up after 8 s', async (t) => {
  const { lines, kinds, emitted, timer } = setup(t)
  t.equal(timer().ms, 8000)
  lines[0]?.opens()
  timer().fire()
  t.ok(lines[0]?.isClosed)
  lines[1]?.opens()
  timer().fire()
  t.ok(lines[1]?.isClosed)
  t.same(kinds(), ['WebSocket', 'EventSource', 'fetch'])
  lines[1]?.says(SNAPSHOT)
  t.same(emitted, ['connecting'], 'the snapshot comes too late')
})

test('a WebSocket that is given up during the handshake is closed at once', async (t) => {
  const { line, timer } = setup(t)
  timer().fire()
  t.ok(line.isClosed)
})

test('while the server is down, a visible page retries with one request, within 5 s', async (t) => {
  const { kinds, lines, timer, emitted } = setup(t)
  for (let fallback = 0; fallback < 3; fallback++) lines.at(-1)?.ends('', true)
  t.same(kinds(), ['WebSocket', 'EventSource', 'fetch'])
  for (let round = 0; round < 9; round++) {
    await settled()
    const { ms, fire } = timer()
    const limit = Math.min(5000, 1000 * 2 ** round)
    t.ok(ms >= 0 && ms <= limit, `${ms} of ${limit}`)
    fire()
    lines.at(-1)?.ends()
  }
  t.same(kinds().slice(3), Array(9).fill('fetch'), 'each failed attempt leaves one error in the console')
  t.same(emitted, ['connecting'])
})

test('a hidden page retries within 30 s', async (t) => {
  t.intercept(Math, 'random', { value: () => 1 })
  const { tell } = browser(t)
  const { lines, timer } = setup(t, { without: ['WebSocket', 'EventSource'] })
  tell('visibilitychange', true)
  const waits: number[] = []
  for (let round = 0; round < 7; round++) {
    lines.at(-1)?.ends()
    await settled()
    waits.push(timer().ms)
    timer().fire()
  }
  t.same(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

test('a page that recovers by polling tries a WebSocket at once', async (t) => {
  const { lines, kinds, runningTimers, emitted } = setup(t)
  for (let fallback = 0; fallback < 3; fallback++) lines.at(-1)?.ends('', true)
  await settled()
  only(runningTimers).fire()
  lines.at(-1)?.says(SNAPSHOT)
  await settled()
  runningTimers.find(({ ms }) => ms <= 2000)?.fire()
  if (kinds().at(-1) !== 'WebSocket') runningTimers.find(({ ms }) => ms <= 2000)?.fire()
  lines.findLast(({ kind }) => kind === 'WebSocket')?.says(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by polling', 'open by websocket'])
})

test('a connection that is lost returns over the transport that worked last', async (t) => {
  const { stream, kinds, timer } = streaming(t)
  stream.ends('', true)
  timer().fire()
  t.same(kinds(), ['WebSocket', 'EventSource', 'EventSource'])
})

test('reconnecting replaces the connection in use, which stays open unless that fails', async (t) => {
  const { lines, kinds, emitted, reconnect } = setup(t)
  lines[0]?.says(SNAPSHOT)
  reconnect()
  t.ok(lines[0]?.isClosed)
  lines[1]?.says(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket'])
  reconnect()
  lines[2]?.ends()
  t.equal(kinds().at(-1), 'EventSource')
  for (const line of lines.slice(-1)) line.ends('', true)
  lines.at(-1)?.ends()
  await settled()
  t.same(emitted, ['connecting', 'open by websocket', 'connecting'])
})

test('reconnecting after a refusal does not wait for the retry', async (t) => {
  const { lines, emitted, reconnect } = setup(t)
  lines[0]?.says({ type: 'error', code: 'NO', message: '' })
  reconnect()
  lines[1]?.says(SNAPSHOT)
  t.same(emitted, ['connecting', 'refused', 'connecting', 'open by websocket'])
})

const OUTDATED = { ...SNAPSHOT, version: 'outdated' }

test('an outdated first snapshot is passed over for another backend, three times', async (t) => {
  const { lines, timer, received, emitted, kinds } = setup(t)
  for (let attempt = 0; attempt < 3; attempt++) {
    lines.at(-1)?.says(OUTDATED)
    t.ok(lines.at(-1)?.isClosed)
    t.ok(timer().ms <= 5000)
    timer().fire()
  }
  t.same(received, [])
  lines.at(-1)?.says(OUTDATED)
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

test('while a station is stale, another backend is tried after five to ten minutes', async (t) => {
  const { lines, runningTimers, kinds, emitted } = setup(t)
  lines[0]?.says(SNAPSHOT)
  t.equal(runningTimers.length, 1)
  lines[0]?.says({ type: 'update', version: 'r-2', station: station('A', { status: 'stale' }) })
  better(runningTimers).fire()
  t.notOk(lines[0]?.isClosed)
  lines[1]?.says(SNAPSHOT)
  t.ok(lines[0]?.isClosed)
  t.same(kinds(), ['WebSocket', 'WebSocket'])
  t.same(emitted, ['connecting', 'open by websocket'])
})

test('after a WebSocket has worked, other transports are tried on the fourth failure only', async (t) => {
  const { kinds, lines, timer } = setup(t)
  lines[0]?.says(SNAPSHOT)
  lines[0]?.ends()
  for (let attempt = 0; attempt < 3; attempt++) {
    timer().fire()
    lines.at(-1)?.ends()
  }
  t.same(kinds(), ['WebSocket', 'WebSocket', 'WebSocket', 'WebSocket', 'EventSource'])
})

test('a connection that is cut repeatedly after its snapshot falls back to the next transport', async (t) => {
  const { kinds, lines, runningTimers } = setup(t)
  for (let attempt = 0; attempt < 4; attempt++) {
    lines.at(-1)?.says(SNAPSHOT)
    lines.at(-1)?.ends()
    runningTimers[0]?.fire()
  }
  t.same(kinds().slice(0, 5), ['WebSocket', 'WebSocket', 'WebSocket', 'WebSocket', 'EventSource'])
})

test('a second message resets the count of failures', async (t) => {
  const { kinds, lines, timer } = setup(t)
  for (let attempt = 0; attempt < 6; attempt++) {
    lines.at(-1)?.says(SNAPSHOT)
    lines.at(-1)?.says({ type: 'heartbeat' })
    lines.at(-1)?.ends()
    t.ok(timer().ms <= 1000)
    timer().fire()
  }
  t.same(new Set(kinds()), new Set(['WebSocket']))
})

test('the client waits as long as the close reason says', async (t) => {
  const { line, timer, emitted } = setup(t)
  line.says(SNAPSHOT)
  line.ends('retry=12345')
  t.ok(timer().ms >= 12_345 && timer().ms <= 13_345, `${timer().ms}`)
  t.same(emitted, ['connecting', 'open by websocket', 'connecting'])
})

for (const reason of ['retry=0', 'retry=', 'retry=soon', 'idle=1']) {
  test(`a close reason without a valid delay is retried with backoff: ${reason}`, async (t) => {
    t.intercept(Math, 'random', { value: () => 1 })
    const { lines, timer, kinds } = setup(t, { without: ['EventSource', 'fetch'] })
    const waits: number[] = []
    for (let attempt = 0; attempt < 3; attempt++) {
      lines.at(-1)?.says(SNAPSHOT)
      lines.at(-1)?.ends(reason)
      waits.push(timer().ms)
      timer().fire()
    }
    t.same(waits, [1000, 2000, 4000])
    t.same(new Set(kinds()), new Set(['WebSocket']))
  })
}

test('a delay of months in the close reason is limited to five minutes', async (t) => {
  const { line, timer } = setup(t)
  line.says(SNAPSHOT)
  line.ends('retry=10000000000')
  t.ok(timer().ms >= 300_000 && timer().ms <= 301_000, `${timer().ms}`)
})

test('a connection without heartbeats is replaced', async (t) => {
  const { line, timer, runningTimers, lines } = setup(t)
  line.says(SNAPSHOT)
  t.equal(timer().ms, 32_000, 'one and a half intervals, and two seconds')
  line.says({ type: 'heartbeat' })
  t.equal(runningTimers.length, 1)
  t.equal(timer().ms, 32_000, 'a heartbeat does not state the interval')
  timer().fire()
  t.ok(line.isClosed)
  timer().fire()
  t.equal(lines.length, 2)
})

test('without a stated interval the default heartbeat is expected', async (t) => {
  const { line, timer } = setup(t)
  line.says({ type: 'snapshot', version: 'r-1', stations: [] })
  t.equal(timer().ms, 39_500)
})

test('a refusal is emitted, and retried after 30 s or more', async (t) => {
  const error = { type: 'error', code: 'FST_ICECAST_UNKNOWN_STATION', message: 'There is no station `nope`. There are: `main`' }
  const { line, kinds, emitted, connections, timer, lines } = setup(t)
  line.opens()
  line.says(error)
  line.ends('FST_ICECAST_UNKNOWN_STATION')
  t.same(emitted, ['connecting', 'refused'])
  t.match(connections.at(-1), { state: 'refused', refusal: { code: error.code, message: error.message } })
  t.same(kinds(), ['WebSocket'], 'other transports would be refused as well')
  t.ok(timer().ms >= 30_000 && timer().ms <= 60_000)
  timer().fire()
  lines[1]?.says(SNAPSHOT)
  t.same(emitted, ['connecting', 'refused', 'open by websocket'])
})

/** A page behind a proxy that blocks WebSockets. */
function streaming (t: Test, options?: PageOptions) {
  const streamed = setup(t, options)
  streamed.lines[0]?.ends()
  const { line } = streamed
  line.opens()
  line.says(SNAPSHOT)
  return { ...streamed, stream: line }
}

/** Lets the client believe that time has passed; its timers do not run. */
function passes (t: Test, ms: number): void {
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + ms })
}

test('an event stream that is cut after five seconds or more is reopened by the browser', async (t) => {
  const { stream, kinds, emitted } = streaming(t)
  passes(t, 5000)
  stream.ends()
  stream.opens()
  stream.says({ type: 'update', version: 'r-2' })
  t.notOk(stream.isClosed)
  t.same(kinds(), ['WebSocket', 'EventSource'])
  t.same(emitted, ['connecting', 'open by eventstream'])
})

const streamEnds: Array<[title: string, end: (t: Test, stream: FakeTransport) => void]> = [
  ['is cut at once', (t, stream) => stream.ends()],
  ['cannot be reopened', (t, stream) => {
    passes(t, 5000)
    stream.ends()
    stream.ends()
  }],
  ['is given up by the browser', (t, stream) => {
    passes(t, 5000)
    stream.ends('', true)
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
  const { line, kinds, lines, close } = streaming(t)
  const other = setup(t)
  other.line.ends()
  t.same(other.kinds(), ['WebSocket', 'fetch'])
  t.equal(other.line.url, 'https://radio.example/now-playing')
  line.says({ type: 'heartbeat' })
  t.same(kinds(), ['WebSocket', 'EventSource'])
  t.equal(lines.length, 2)
  other.close()
  const third = setup(t, { without: ['WebSocket'] })
  t.same(third.kinds(), ['fetch'], 'one that did not occupy a connection frees none')
  third.close()
  close()
  t.same(setup(t, { without: ['WebSocket'] }).kinds(), ['EventSource'])
})

/** The timer of the next upgrade. */
const better = (runningTimers: readonly Timer[]): Timer => only(runningTimers.filter(({ ms }) => ms >= 300_000 && ms <= 600_000))

test('a better transport is tried after five to ten minutes, while the one in use continues', async (t) => {
  const { stream, lines, kinds, runningTimers, emitted, received } = streaming(t)
  better(runningTimers).fire()
  t.notOk(stream.isClosed)
  lines.at(-1)?.ends()
  t.same(kinds(), ['WebSocket', 'EventSource', 'WebSocket'], 'still blocked')
  stream.says({ type: 'update', version: 'r-2' })
  better(runningTimers).fire()
  lines.at(-1)?.opens()
  t.notOk(stream.isClosed)
  lines.at(-1)?.says({ ...SNAPSHOT, version: 'r-3' })
  t.ok(stream.isClosed)
  t.same(received.map(({ version }) => version), ['r-1', 'r-2', 'r-3'])
  t.same(emitted, ['connecting', 'open by eventstream', 'open by websocket'])
  t.equal(runningTimers.length, 1, 'no better transport is left to try')
})

test('a pending upgrade replaces a connection that is lost meanwhile', async (t) => {
  const { stream, lines, runningTimers, emitted } = streaming(t)
  better(runningTimers).fire()
  stream.ends('', true)
  lines.at(-1)?.says(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by eventstream', 'connecting', 'open by websocket'])
  t.same(runningTimers.map(({ ms }) => ms), [32_000], 'no further connection is scheduled')
})

/** A page that can only poll. */
function polling (t: Test, options?: PageOptions) {
  const polled = setup(t, { without: ['WebSocket', 'EventSource'], ...options })
  return {
    ...polled,
    /** Answers the last poll, and returns the delay in ms before the next one. */
    async answer (body: unknown, status = 200): Promise<number> {
      polled.lines.at(-1)?.says(body, status)
      await settled()
      const next = polled.runningTimers.find(({ ms }) => ms <= 5000)
      next?.fire()
      return next?.ms ?? NaN
    }
  }
}

test('polling sends the last version, and the server holds the answer', async (t) => {
  const { line, lines, answer, received, emitted } = polling(t)
  t.equal(line.url, 'https://radio.example/now-playing?wait=25')
  t.ok(await answer({ version: 'r-1', stations: [] }) >= 0)
  t.equal(lines[1]?.headers['if-none-match'], '"r-1"')
  await answer('', 304)
  t.equal(lines[2]?.headers['if-none-match'], '"r-1"')
  await answer({ version: 'r-2', stations: [] })
  t.equal(lines[3]?.headers['if-none-match'], '"r-2"')
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
  const { line, close, runningTimers } = polling(t)
  close()
  t.ok(line.isClosed)
  await settled()
  t.same(runningTimers, [])
  const other = polling(t)
  other.line.says({ version: 'r-1', stations: [] })
  await settled()
  other.close()
  t.same(other.runningTimers, [])
})

const proxyAnswers: Array<[answer: unknown, status: number]> = [
  ['<title>Sign in</title>', 200], [{ error: 'Bad Gateway' }, 502], ['<title>Bad Gateway</title>', 502], ['Not here', 404]
]
for (const [body, status] of proxyAnswers) {
  test(`an answer from a proxy counts as a failure: ${status} ${JSON.stringify(body)}`, async (t) => {
    const { line, emitted, timer, received } = polling(t)
    line.says(body, status)
    await settled()
    t.ok(timer().ms <= 1000)
    t.same(emitted, ['connecting'])
    t.same(received, [])
  })
}

test('an answer with unrelated JSON is given up after 8 s', async (t) => {
  const { line, emitted, runningTimers } = polling(t)
  line.says({ hello: 'world' })
  await settled()
  runningTimers.find(({ ms }) => ms === 8000)?.fire()
  t.ok(line.url)
  t.same(emitted, ['connecting'])
})

for (const status of [401, 403, 404]) {
  test(`polling emits a refusal for status ${status}`, async (t) => {
    const { line, connections, timer } = polling(t)
    line.says({ statusCode: status, code: 'NO', message: 'Not you' }, status)
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
    const { line, lines, tell, emitted } = inBrowser(t)
    line.says(SNAPSHOT)
    line.ends('retry=60000')
    tell(event)
    t.equal(lines.length, 2)
    lines[1]?.says(SNAPSHOT)
    t.same(emitted, ['connecting', 'open by websocket', 'connecting', 'open by websocket'])
  })
}

test('`online` opens another connection, and the one in use stays until that has a snapshot', async (t) => {
  const { lines, tell, emitted } = inBrowser(t)
  lines[0]?.says(SNAPSHOT)
  tell('online')
  t.notOk(lines[0]?.isClosed)
  tell('online')
  t.ok(lines[1]?.isClosed, 'only one is pending')
  lines[2]?.says(SNAPSHOT)
  t.ok(lines[0]?.isClosed)
  t.same(emitted, ['connecting', 'open by websocket'])
})

test('a page that becomes visible reconnects only if its connection has expired', async (t) => {
  const { lines, tell } = inBrowser(t)
  tell('visibilitychange')
  t.equal(lines.length, 1, 'it is being opened')
  lines[0]?.says(SNAPSHOT)
  tell('visibilitychange', true)
  tell('visibilitychange', false)
  t.equal(lines.length, 1)
  // The machine has slept: no timer has run.
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + 32_001 })
  tell('visibilitychange')
  t.equal(lines.length, 2)
})

test('a page in the back/forward cache is disconnected, and connects on `pageshow`', async (t) => {
  const { lines, tell, emitted, runningTimers } = inBrowser(t)
  lines[0]?.says(SNAPSHOT)
  tell('pagehide')
  t.ok(lines[0]?.isClosed)
  t.same(runningTimers, [])
  tell('visibilitychange', true)
  t.equal(lines.length, 1)
  tell('visibilitychange', false)
  tell('pageshow')
  t.equal(lines.length, 2)
  lines[1]?.says(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket', 'asleep', 'connecting', 'open by websocket'])
})

test('a page that may sleep is disconnected while it is hidden', async (t) => {
  const { lines, tell, emitted, runningTimers } = inBrowser(t, { sleep: true })
  lines[0]?.says(SNAPSHOT)
  tell('visibilitychange', true)
  t.ok(lines[0]?.isClosed)
  tell('online')
  t.same(runningTimers, [])
  t.equal(lines.length, 1)
  tell('visibilitychange', false)
  lines[1]?.says(SNAPSHOT)
  t.same(emitted, ['connecting', 'open by websocket', 'asleep', 'connecting', 'open by websocket'])
})

test('a page that is opened hidden and may sleep connects when it becomes visible', async (t) => {
  const { tell } = browser(t)
  tell('visibilitychange', true)
  const { lines, emitted } = setup(t, { sleep: true })
  t.same(emitted, ['asleep'])
  tell('visibilitychange', false)
  t.equal(lines.length, 1)
})

test('a closed connection emits nothing more', async (t) => {
  const { lines, tell, emitted, close } = inBrowser(t)
  close()
  tell('online')
  tell('pageshow')
  t.equal(lines.length, 1)
  t.same(emitted, ['connecting', 'closed'])
})

const endings: Array<[when: Connection['state'], act: (line: FakeTransport) => void]> = [
  ['open', (line) => line.says(SNAPSHOT)],
  ['refused', (line) => line.says({ type: 'error', code: 'NO', message: '' })],
  ['connecting', (line) => {
    line.says(SNAPSHOT)
    line.ends()
  }]
]
for (const [when, act] of endings) {
  test(`a listener may close the connection on ${when}`, async (t) => {
    const { line, lines, emitted, received, runningTimers, closeWhen } = setup(t)
    line.opens()
    closeWhen(when)
    act(line)
    t.same(emitted.slice(-2), [when === 'open' ? 'open by websocket' : when, 'closed'])
    t.equal(emitted.indexOf('closed'), emitted.length - 1)
    t.same(runningTimers, [])
    t.ok(lines.at(-1)?.isClosed)
    if (when === 'open') t.same(received, [])
  })
}
