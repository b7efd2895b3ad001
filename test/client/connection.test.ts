import { test, type Test } from 'tap'
import { connect } from '../../lib/client/connection.ts'
import type { Connection } from '../../lib/client/events.ts'
import type { ReceivedMessage } from '../../lib/client/transports.ts'
import { station, timers, type Timer } from './helper.ts'
import { browser, network, type FakeLine } from './network.ts'

const SNAPSHOT = { type: 'snapshot', version: 'r-1', heartbeat: 20_000, stations: [] }

interface PageOptions {
  sleep?: boolean
  without?: ReadonlyArray<FakeLine['kind']>
}

/** A page with a connection: what it has opened, received and emitted. */
function setup (t: Test, { sleep = false, without = [] }: PageOptions = {}) {
  const lines = network(t, { without })
  const ringing = timers(t)
  const heard: ReceivedMessage[] = []
  const told: string[] = []
  const connections: Connection[] = []
  let closesWhen: string | undefined
  let isClosed = false
  const [reconnect, disconnect] = connect({
    getUrl: () => new URL('https://radio.example/now-playing'),
    canSleep: () => sleep,
    isOutdated: ({ version }) => version === 'outdated',
    onMessage: (message) => heard.push(message),
    onChange: (connection) => {
      connections.push(connection)
      told.push(connection.transport === null ? connection.state : `${connection.state} by ${connection.transport}`)
      if (connection.state === closesWhen) close()
    }
  })
  const close = (): void => {
    disconnect()
    if (!isClosed) told.push('closed')
    isClosed = true
  }
  t.teardown(close)
  return {
    lines,
    ringing,
    heard,
    told,
    connections,
    close,
    reconnect,
    /** Closes the connection from within the listener when it emits this state. */
    closeWhen: (state: Connection['state']) => { closesWhen = state },
    /** The last transport that was opened. */
    get line (): FakeLine { return only(lines.slice(-1)) },
    /** The transports that were opened, in order. */
    kinds: () => lines.map(({ kind }) => kind),
    /** The only timer that is running. */
    timer: (): Timer => only(ringing)
  }
}

function only<T> (all: readonly T[]): T {
  const [one, ...others] = all
  if (one === undefined || others.length > 0) throw new Error(`there are ${all.length}`)
  return one
}

/** For answers that are read in several steps. */
const settled = async (): Promise<void> => { for (let step = 0; step < 10; step++) await new Promise(setImmediate) }

test('a WebSocket that brings a snapshot is the line', async (t) => {
  const { line, kinds, told, heard, close, ringing } = setup(t)
  t.equal(line.url, 'wss://radio.example/now-playing')
  t.same(told, ['connecting'])
  line.opens()
  line.says(SNAPSHOT)
  t.same(told, ['connecting', 'open by websocket'])
  line.says({ type: 'heartbeat' })
  t.same(heard, [SNAPSHOT, { type: 'heartbeat' }])
  close()
  t.same(told, ['connecting', 'open by websocket', 'closed'])
  t.ok(line.isClosed)
  t.same(ringing, [])
  close()
  t.same(kinds(), ['WebSocket'])
  t.equal(told.length, 3)
})

const garbage: unknown[] = ['', '<!doctype html><title>Sign in</title>', 'null', '5', '"snapshot"', '[]', '{}', '{"type":"snapshot"}', { type: 'update' }]
for (const message of garbage) {
  test(`what a proxy says is no snapshot: ${JSON.stringify(message)}`, async (t) => {
    const { line, told, heard } = setup(t)
    line.opens()
    line.says(message)
    t.same(told, ['connecting'])
    line.says(SNAPSHOT)
    line.says(message)
    t.equal(told.length, 2, 'nor is it the end of a line')
    t.match(heard, [SNAPSHOT])
  })
}

test('where WebSockets are blocked there are event streams, and where these are too it asks', async (t) => {
  const { lines, kinds, told, heard, ringing } = setup(t)
  lines[0]?.ends()
  lines[1]?.opens()
  lines[1]?.ends('', true)
  t.same(kinds(), ['WebSocket', 'EventSource', 'fetch'], 'at once')
  t.equal(lines[1]?.url, 'https://radio.example/now-playing')
  t.equal(lines[2]?.url, 'https://radio.example/now-playing?wait=25')
  lines[2]?.says({ version: 'r-1', stations: [] })
  await settled()
  t.same(told, ['connecting', 'open by polling'])
  t.same(heard, [{ version: 'r-1', stations: [] }])
  ringing.find(({ ms }) => ms <= 5000)?.fire()
  t.match(lines[3], { url: 'https://radio.example/now-playing?wait=25', headers: { 'if-none-match': '"r-1"' } })
})

test('where there is nothing of the kind the next is tried', async (t) => {
  t.same(setup(t, { without: ['WebSocket'] }).kinds(), ['EventSource'])
  t.same(setup(t, { without: ['WebSocket', 'EventSource'] }).kinds(), ['fetch'])
})

test('a line that opens and says nothing is left for the next', async (t) => {
  const { lines, kinds, told, timer } = setup(t)
  t.equal(timer().ms, 8000)
  lines[0]?.opens()
  timer().fire()
  t.ok(lines[0]?.isClosed)
  lines[1]?.opens()
  timer().fire()
  t.ok(lines[1]?.isClosed)
  t.same(kinds(), ['WebSocket', 'EventSource', 'fetch'])
  lines[1]?.says(SNAPSHOT)
  t.same(told, ['connecting'], 'it comes too late')
})

test('a socket that is let go while it is being opened is closed at once: else it holds up the next', async (t) => {
  const { line, timer } = setup(t)
  timer().fire()
  t.ok(line.isClosed)
})

test('while the server is down, a visible page retries with one request, within 5 s', async (t) => {
  const { kinds, lines, timer, told } = setup(t)
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
  t.same(told, ['connecting'])
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
  const { lines, kinds, ringing, told } = setup(t)
  for (let fallback = 0; fallback < 3; fallback++) lines.at(-1)?.ends('', true)
  await settled()
  only(ringing).fire()
  lines.at(-1)?.says(SNAPSHOT)
  await settled()
  ringing.find(({ ms }) => ms <= 2000)?.fire()
  if (kinds().at(-1) !== 'WebSocket') ringing.find(({ ms }) => ms <= 2000)?.fire()
  lines.findLast(({ kind }) => kind === 'WebSocket')?.says(SNAPSHOT)
  t.same(told, ['connecting', 'open by polling', 'open by websocket'])
})

test('a connection that is lost returns over the transport that worked last', async (t) => {
  const { stream, kinds, timer } = streaming(t)
  stream.ends('', true)
  timer().fire()
  t.same(kinds(), ['WebSocket', 'EventSource', 'EventSource'])
})

test('reconnecting replaces the connection in use, which stays open unless that fails', async (t) => {
  const { lines, kinds, told, reconnect } = setup(t)
  lines[0]?.says(SNAPSHOT)
  reconnect()
  t.ok(lines[0]?.isClosed)
  lines[1]?.says(SNAPSHOT)
  t.same(told, ['connecting', 'open by websocket'])
  reconnect()
  lines[2]?.ends()
  t.equal(kinds().at(-1), 'EventSource')
  for (const line of lines.slice(-1)) line.ends('', true)
  lines.at(-1)?.ends()
  await settled()
  t.same(told, ['connecting', 'open by websocket', 'connecting'])
})

test('reconnecting after a refusal does not wait for the retry', async (t) => {
  const { lines, told, reconnect } = setup(t)
  lines[0]?.says({ type: 'error', code: 'NO', message: '' })
  reconnect()
  lines[1]?.says(SNAPSHOT)
  t.same(told, ['connecting', 'refused', 'connecting', 'open by websocket'])
})

const OUTDATED = { ...SNAPSHOT, version: 'outdated' }

test('an outdated first snapshot is passed over for another backend, three times', async (t) => {
  const { lines, timer, heard, told, kinds } = setup(t)
  for (let attempt = 0; attempt < 3; attempt++) {
    lines.at(-1)?.says(OUTDATED)
    t.ok(lines.at(-1)?.isClosed)
    t.ok(timer().ms <= 5000)
    timer().fire()
  }
  t.same(heard, [])
  lines.at(-1)?.says(OUTDATED)
  t.same(heard, [OUTDATED], 'every backend may be in the same situation')
  t.same(told, ['connecting', 'open by websocket'])
  t.same(new Set(kinds()), new Set(['WebSocket']), 'the transport works')
})

test('outdated answers to polls are ignored, three in a row', async (t) => {
  const { answer, heard } = asking(t)
  await answer({ version: 'r-1', stations: [] })
  for (const version of ['outdated', 'outdated', 'r-2', 'outdated', 'outdated', 'outdated', 'outdated']) await answer({ version, stations: [] })
  t.same(heard.map(({ version }) => version), ['r-1', 'r-2', 'outdated'])
})

test('while a station is stale, another backend is tried after five to ten minutes', async (t) => {
  const { lines, ringing, kinds, told } = setup(t)
  lines[0]?.says(SNAPSHOT)
  t.equal(ringing.length, 1)
  lines[0]?.says({ type: 'update', version: 'r-2', station: station('A', { status: 'stale' }) })
  better(ringing).fire()
  t.notOk(lines[0]?.isClosed)
  lines[1]?.says(SNAPSHOT)
  t.ok(lines[0]?.isClosed)
  t.same(kinds(), ['WebSocket', 'WebSocket'])
  t.same(told, ['connecting', 'open by websocket'])
})

test('a WebSocket that has worked is waited for; the others are tried when it stays away', async (t) => {
  const { kinds, lines, timer } = setup(t)
  lines[0]?.says(SNAPSHOT)
  lines[0]?.ends()
  for (let attempt = 0; attempt < 3; attempt++) {
    timer().fire()
    lines.at(-1)?.ends()
  }
  t.same(kinds(), ['WebSocket', 'WebSocket', 'WebSocket', 'WebSocket', 'EventSource'])
})

test('a line that is cut again and again as soon as it is open is left for the next', async (t) => {
  const { kinds, lines, ringing } = setup(t)
  for (let attempt = 0; attempt < 4; attempt++) {
    lines.at(-1)?.says(SNAPSHOT)
    lines.at(-1)?.ends()
    ringing[0]?.fire()
  }
  t.same(kinds().slice(0, 5), ['WebSocket', 'WebSocket', 'WebSocket', 'WebSocket', 'EventSource'])
})

test('one that says more than a snapshot was fine: what failed before does not count', async (t) => {
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

test('a server that closes says when to come back', async (t) => {
  const { line, timer, told } = setup(t)
  line.says(SNAPSHOT)
  line.ends('retry=12345')
  t.ok(timer().ms >= 12_345 && timer().ms <= 13_345, `${timer().ms}`)
  t.same(told, ['connecting', 'open by websocket', 'connecting'])
})

for (const reason of ['retry=0', 'retry=', 'retry=soon', 'idle=1']) {
  test(`one whose word is no time is tried again more and more seldom: ${reason}`, async (t) => {
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

test('one that would have it wait for months is asked again in minutes', async (t) => {
  const { line, timer } = setup(t)
  line.says(SNAPSHOT)
  line.ends('retry=10000000000')
  t.ok(timer().ms >= 300_000 && timer().ms <= 301_000, `${timer().ms}`)
})

test('a line that is silent for longer than heartbeats take is dead', async (t) => {
  const { line, timer, ringing, lines } = setup(t)
  line.says(SNAPSHOT)
  t.equal(timer().ms, 32_000, 'one and a half, and a little')
  line.says({ type: 'heartbeat' })
  t.equal(ringing.length, 1)
  t.equal(timer().ms, 32_000, 'a heartbeat does not state the interval')
  timer().fire()
  t.ok(line.isClosed)
  timer().fire()
  t.equal(lines.length, 2)
})

test('where the server does not say how often there are heartbeats, they are as by default', async (t) => {
  const { line, timer } = setup(t)
  line.says({ type: 'snapshot', version: 'r-1', stations: [] })
  t.equal(timer().ms, 39_500)
})

test('a station that is not there is told, and asked for no more than now and then', async (t) => {
  const error = { type: 'error', code: 'FST_ICECAST_UNKNOWN_STATION', message: 'There is no station `nope`. There are: `main`' }
  const { line, kinds, told, connections, timer, lines } = setup(t)
  line.opens()
  line.says(error)
  line.ends('FST_ICECAST_UNKNOWN_STATION')
  t.same(told, ['connecting', 'refused'])
  t.match(connections.at(-1), { state: 'refused', refusal: { code: error.code, message: error.message } })
  t.same(kinds(), ['WebSocket'], 'the other ways would tell the same')
  t.ok(timer().ms >= 30_000 && timer().ms <= 60_000)
  timer().fire()
  lines[1]?.says(SNAPSHOT)
  t.same(told, ['connecting', 'refused', 'open by websocket'])
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
  const { stream, kinds, told } = streaming(t)
  passes(t, 5000)
  stream.ends()
  stream.opens()
  stream.says({ type: 'update', version: 'r-2' })
  t.notOk(stream.isClosed)
  t.same(kinds(), ['WebSocket', 'EventSource'])
  t.same(told, ['connecting', 'open by eventstream'])
})

const streamEnds: Array<[title: string, end: (t: Test, stream: FakeLine) => void]> = [
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
    const { stream, kinds, told, timer } = streaming(t)
    end(t, stream)
    t.ok(stream.isClosed)
    t.equal(kinds().length, 2)
    timer().fire()
    t.same(kinds(), ['WebSocket', 'EventSource', 'EventSource'])
    t.same(told, ['connecting', 'open by eventstream', 'connecting'])
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

/** The timer after which a better line is tried. */
const better = (ringing: readonly Timer[]): Timer => only(ringing.filter(({ ms }) => ms >= 300_000 && ms <= 600_000))

test('a better line is tried from time to time, while the one in use goes on', async (t) => {
  const { stream, lines, kinds, ringing, told, heard } = streaming(t)
  better(ringing).fire()
  t.notOk(stream.isClosed)
  lines.at(-1)?.ends()
  t.same(kinds(), ['WebSocket', 'EventSource', 'WebSocket'], 'still blocked')
  stream.says({ type: 'update', version: 'r-2' })
  better(ringing).fire()
  lines.at(-1)?.opens()
  t.notOk(stream.isClosed)
  lines.at(-1)?.says({ ...SNAPSHOT, version: 'r-3' })
  t.ok(stream.isClosed)
  t.same(heard.map(({ version }) => version), ['r-1', 'r-2', 'r-3'])
  t.same(told, ['connecting', 'open by eventstream', 'open by websocket'])
  t.equal(ringing.length, 1, 'and there is none better')
})

test('when the one in use goes while a better one is tried, that one is the line', async (t) => {
  const { stream, lines, ringing, told } = streaming(t)
  better(ringing).fire()
  stream.ends('', true)
  lines.at(-1)?.says(SNAPSHOT)
  t.same(told, ['connecting', 'open by eventstream', 'connecting', 'open by websocket'])
  t.same(ringing.map(({ ms }) => ms), [32_000], 'and no other is opened any more')
})

/** A page that can only ask. */
function asking (t: Test, options?: PageOptions) {
  const asked = setup(t, { without: ['WebSocket', 'EventSource'], ...options })
  return {
    ...asked,
    /** Answers what was asked last, and returns the ms until it asks again. */
    async answer (body: unknown, status = 200): Promise<number> {
      asked.lines.at(-1)?.says(body, status)
      await settled()
      const next = asked.ringing.find(({ ms }) => ms <= 5000)
      next?.fire()
      return next?.ms ?? NaN
    }
  }
}

test('it asks for what is new, and is held until there is something', async (t) => {
  const { line, lines, answer, heard, told } = asking(t)
  t.equal(line.url, 'https://radio.example/now-playing?wait=25')
  t.ok(await answer({ version: 'r-1', stations: [] }) >= 0)
  t.equal(lines[1]?.headers['if-none-match'], '"r-1"')
  await answer('', 304)
  t.equal(lines[2]?.headers['if-none-match'], '"r-1"')
  await answer({ version: 'r-2', stations: [] })
  t.equal(lines[3]?.headers['if-none-match'], '"r-2"')
  t.same(heard.map(({ version }) => version), ['r-1', undefined, 'r-2'])
  t.same(told, ['connecting', 'open by polling'])
})

test('where it is not held it asks at random, in up to 5 s; else in up to 1 s', async (t) => {
  const clock = { now: Date.now() }
  t.intercept(Date, 'now', { value: () => clock.now })
  t.intercept(Math, 'random', { value: () => 1 })
  const { answer } = asking(t)
  t.equal(await answer({ version: 'r-1', stations: [] }), 5000)
  clock.now += 25_000
  t.equal(await answer('', 304), 1000)
})

test('when it goes it asks no more', async (t) => {
  const { line, close, ringing } = asking(t)
  close()
  t.ok(line.isClosed)
  await settled()
  t.same(ringing, [])
  const other = asking(t)
  other.line.says({ version: 'r-1', stations: [] })
  await settled()
  other.close()
  t.same(other.ringing, [])
})

const unasked: Array<[answer: unknown, status: number]> = [
  ['<title>Sign in</title>', 200], [{ error: 'Bad Gateway' }, 502], ['<title>Bad Gateway</title>', 502], ['Not here', 404]
]
for (const [body, status] of unasked) {
  test(`what a proxy answers is no answer: ${status} ${JSON.stringify(body)}`, async (t) => {
    const { line, told, timer, heard } = asking(t)
    line.says(body, status)
    await settled()
    t.ok(timer().ms <= 1000)
    t.same(told, ['connecting'])
    t.same(heard, [])
  })
}

test('JSON that is another\'s is no answer either', async (t) => {
  const { line, told, ringing } = asking(t)
  line.says({ hello: 'world' })
  await settled()
  ringing.find(({ ms }) => ms === 8000)?.fire()
  t.ok(line.url)
  t.same(told, ['connecting'])
})

for (const status of [401, 403, 404]) {
  test(`who is not wanted is told so: ${status}`, async (t) => {
    const { line, connections, timer } = asking(t)
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
  test(`it waits no longer when the browser says: ${event}`, async (t) => {
    const { line, lines, tell, told } = inBrowser(t)
    line.says(SNAPSHOT)
    line.ends('retry=60000')
    tell(event)
    t.equal(lines.length, 2)
    lines[1]?.says(SNAPSHOT)
    t.same(told, ['connecting', 'open by websocket', 'connecting', 'open by websocket'])
  })
}

test('with the network another line is opened, and the one in use stays until that one is there', async (t) => {
  const { lines, tell, told } = inBrowser(t)
  lines[0]?.says(SNAPSHOT)
  tell('online')
  t.notOk(lines[0]?.isClosed)
  tell('online')
  t.ok(lines[1]?.isClosed, 'only one is tried')
  lines[2]?.says(SNAPSHOT)
  t.ok(lines[0]?.isClosed)
  t.same(told, ['connecting', 'open by websocket'])
})

test('a page that is looked at again only has to ask whether its line is dead', async (t) => {
  const { lines, tell } = inBrowser(t)
  tell('visibilitychange')
  t.equal(lines.length, 1, 'it is being opened')
  lines[0]?.says(SNAPSHOT)
  tell('visibilitychange', true)
  tell('visibilitychange', false)
  t.equal(lines.length, 1)
  // The machine has slept: no timer rang.
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + 32_001 })
  tell('visibilitychange')
  t.equal(lines.length, 2)
})

test('a page that is left has no line; one that is gone back to has', async (t) => {
  const { lines, tell, told, ringing } = inBrowser(t)
  lines[0]?.says(SNAPSHOT)
  tell('pagehide')
  t.ok(lines[0]?.isClosed)
  t.same(ringing, [])
  tell('visibilitychange', true)
  t.equal(lines.length, 1)
  tell('visibilitychange', false)
  tell('pageshow')
  t.equal(lines.length, 2)
  lines[1]?.says(SNAPSHOT)
  t.same(told, ['connecting', 'open by websocket', 'asleep', 'connecting', 'open by websocket'])
})

test('a page that may sleep has no line while it is hidden', async (t) => {
  const { lines, tell, told, ringing } = inBrowser(t, { sleep: true })
  lines[0]?.says(SNAPSHOT)
  tell('visibilitychange', true)
  t.ok(lines[0]?.isClosed)
  tell('online')
  t.same(ringing, [])
  t.equal(lines.length, 1)
  tell('visibilitychange', false)
  lines[1]?.says(SNAPSHOT)
  t.same(told, ['connecting', 'open by websocket', 'asleep', 'connecting', 'open by websocket'])
})

test('one that is opened hidden begins when it is looked at', async (t) => {
  const { tell } = browser(t)
  tell('visibilitychange', true)
  const { lines, told } = setup(t, { sleep: true })
  t.same(told, ['asleep'])
  tell('visibilitychange', false)
  t.equal(lines.length, 1)
})

test('a page that has closed it is told nothing more', async (t) => {
  const { lines, tell, told, close } = inBrowser(t)
  close()
  tell('online')
  tell('pageshow')
  t.equal(lines.length, 1)
  t.same(told, ['connecting', 'closed'])
})

const endings: Array<[when: Connection['state'], act: (line: FakeLine) => void]> = [
  ['open', (line) => line.says(SNAPSHOT)],
  ['refused', (line) => line.says({ type: 'error', code: 'NO', message: '' })],
  ['connecting', (line) => {
    line.says(SNAPSHOT)
    line.ends()
  }]
]
for (const [when, act] of endings) {
  test(`a page may close it when it is told: ${when}`, async (t) => {
    const { line, lines, told, heard, ringing, closeWhen } = setup(t)
    line.opens()
    closeWhen(when)
    act(line)
    t.same(told.slice(-2), [when === 'open' ? 'open by websocket' : when, 'closed'])
    t.equal(told.indexOf('closed'), told.length - 1)
    t.same(ringing, [])
    t.ok(lines.at(-1)?.isClosed)
    if (when === 'open') t.same(heard, [])
  })
}
