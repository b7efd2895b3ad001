import { mock } from 'node:test'
import { test, type Test } from 'tap'
import { FST_ICECAST_AT_LIMIT, FST_ICECAST_BAD_STATUS, FST_ICECAST_CLOSED, FST_ICECAST_TIMEOUT } from '../../lib/errors.ts'
import { PollLoop, type PollLoopOptions } from '../../lib/icecast/poll-loop.ts'
import type { Report } from '../../lib/icecast/report.ts'

const REPORT: Report = { serverId: 'Icecast 2.4.4', serverStart: null, mounts: [] }

/** What the server does with a read: answers after so many ms, fails, or hangs until the read is given up. */
type Behaviour = number | Error | 'hang'

/** A clock that stands still but for `pass`. */
function stopClock (t: Test) {
  let now = 0
  t.intercept(performance, 'now', { value: () => now })
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  return {
    now: () => now,
    /** Time passes in which the process does not run. */
    pause (ms: number) { now += ms },
    async pass (ms: number) {
      await turn()
      for (const end = now + ms; now < end;) {
        now++
        mock.timers.tick(1)
        await turn()
      }
    }
  }
}

function turn (): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve) })
}

function watch (t: Test, behave: (read: number) => Behaviour, options: Partial<PollLoopOptions> = {}) {
  const clock = stopClock(t)
  const log: string[] = []
  const began: number[] = []
  const signals: AbortSignal[] = []
  let open = 0
  const loop = new PollLoop({
    interval: 1000,
    timeout: 5000,
    async read (signal) {
      if (++open > 1) throw new Error('two reads at once')
      signals.push(signal)
      began.push(clock.now())
      try {
        const behaviour = behave(began.length)
        if (behaviour instanceof Error) throw behaviour
        return await new Promise<Report>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          if (behaviour === 0) resolve(REPORT)
          else if (behaviour !== 'hang') setTimeout(() => resolve(REPORT), behaviour)
        })
      } finally {
        open--
      }
    },
    onReport () { log.push(`${clock.now()} report`) },
    onFailure (error, since) { log.push(`${clock.now()} ${'code' in error ? error.code : error.message} since ${since}`) },
    onCallbackError (error) { log.push(`${clock.now()} thrown ${String(error)}`) },
    ...options
  })
  t.teardown(() => loop.stop())
  /** A refresh, and what came of it within some ms. */
  const refresh = async (ms = 1) => {
    const refreshed = loop.refresh()
    await clock.pass(ms)
    return await refreshed
  }
  return { loop, clock, log, began, signals, refresh }
}

const failure = new FST_ICECAST_BAD_STATUS(500, 'status-json.xsl')

test('a loop reads at once, then one interval after the end of each read', async (t) => {
  const { loop, clock, began, log } = watch(t, () => 300)
  loop.start()
  await clock.pass(3000)
  t.strictSame(began, [0, 1300, 2600])
  t.strictSame(log, ['300 report', '1600 report', '2900 report'])
})

test('a second start of a loop has no effect', async (t) => {
  const { loop, clock, began } = watch(t, () => 0)
  loop.start()
  loop.start()
  await clock.pass(1500)
  loop.start()
  await clock.pass(1000)
  t.strictSame(began, [0, 1000, 2000])
})

test('a read ends exactly at its timeout and reports it', async (t) => {
  const { loop, clock, log, signals } = watch(t, () => 'hang', { timeout: 700 })
  loop.start()
  await clock.pass(699)
  t.equal(signals[0]?.aborted, false)
  t.strictSame(log, [])
  await clock.pass(1)
  t.ok(signals[0]?.reason instanceof FST_ICECAST_TIMEOUT)
  t.strictSame(log, ['700 FST_ICECAST_TIMEOUT since 0'])
})

test('a read that ended in time is not aborted later', async (t) => {
  const { loop, clock, signals } = watch(t, () => 100, { timeout: 200, interval: 5000 })
  loop.start()
  await clock.pass(1000)
  t.equal(signals[0]?.aborted, false)
})

test('a loop backs off up to 5 s after failures, and returns to its interval after a success', async (t) => {
  t.intercept(Math, 'random', { value: () => 0.9999 })
  const { loop, clock, began, log } = watch(t, (read) => read <= 6 || read === 8 ? failure : 0)
  loop.start()
  await clock.pass(29_500)
  const waits = began.map((at, i) => Math.round((at - (began[i - 1] ?? 0)) / 10) * 10)
  t.strictSame(waits, [0, 2000, 4000, 5000, 5000, 5000, 5000, 1000, 2000])
  t.match(log[0], /^0 FST_ICECAST_BAD_STATUS since 0$/)
  t.match(log[5], /^\d+ FST_ICECAST_BAD_STATUS since 0$/, 'one outage has one beginning')
  t.match(log[7], `FST_ICECAST_BAD_STATUS since ${began[7]}`, 'the next has its own')
})

test('an interval longer than the maximum backoff is kept after failures', async (t) => {
  const { loop, clock, began } = watch(t, () => failure, { interval: 8000 })
  loop.start()
  await clock.pass(17_000)
  t.strictSame(began, [0, 8000, 16_000])
})

test('at Icecast\'s client limit the loop reads every 3 to 5 s, however short its interval', async (t) => {
  for (const [random, expected] of [[0, [0, 3000, 6000, 9000]], [1, [0, 5000, 10_000]]] as const) {
    t.intercept(Math, 'random', { value: () => random })
    const { loop, clock, began } = watch(t, () => new FST_ICECAST_AT_LIMIT(403), { interval: 50 })
    loop.start()
    loop.readWithin(0)
    await clock.pass(7000)
    loop.readWithin(0)
    await clock.pass(4000)
    t.strictSame(began, expected)
    await loop.stop()
    mock.timers.reset()
  }
})

test('a read that hangs after a long `intervalOverride` counts from when it would have begun without one', async (t) => {
  const { loop, clock, log } = watch(t, (read) => read === 1 ? 100 : 'hang', { timeout: 2000 })
  loop.intervalOverride = 5000
  loop.start()
  await clock.pass(7200)
  t.strictSame(log, ['100 report', '7100 FST_ICECAST_TIMEOUT since 1100'])
})

test('an answer that arrived while the process was paused is processed although its time is up', async (t) => {
  const { loop, clock, log } = watch(t, () => 0, {
    timeout: 5000,
    async read (signal) {
      // The socket is read after the timers.
      return await new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        answer = () => resolve(REPORT)
      })
    }
  })
  let answer = () => {}
  loop.start()
  await clock.pass(1000)
  clock.pause(60_000)
  await clock.pass(4000)
  answer()
  await clock.pass(1)
  t.strictSame(log, ['65000 report'])
})

test('a report callback that throws is reported as a failure, and the loop continues', async (t) => {
  const thrown: unknown[] = [new Error('no'), 'text', undefined]
  const { loop, clock, log } = watch(t, () => 0, {
    interval: 50,
    onReport () {
      if (thrown.length > 0) throw thrown.shift()
      log.push('report')
    }
  })
  loop.start()
  await clock.pass(2000)
  t.strictSame(log.slice(0, 3).map((line) => line.replace(/^\d+ /, '')), ['no since 0', 'text since 0', 'undefined since 0'])
  t.ok(log.includes('report'))
})

test('a stop aborts a hanging read at once and leaves nothing behind', async (t) => {
  const { loop, clock, began, log, signals } = watch(t, () => 'hang')
  loop.start()
  await clock.pass(10)
  const refreshed = loop.refresh()
  await loop.stop()
  t.ok(signals[0]?.reason instanceof FST_ICECAST_CLOSED)
  t.equal(await refreshed, false)
  await clock.pass(20_000)
  t.strictSame(began, [0])
  t.strictSame(log, [], 'closing is no failure')
})

test('a stopped loop never reads again, and stopping twice is allowed', async (t) => {
  const { loop, clock, began } = watch(t, () => 0)
  loop.start()
  await clock.pass(10)
  await Promise.all([loop.stop(), loop.stop()])
  await loop.stop()
  loop.start()
  loop.readWithin(0)
  await clock.pass(5000)
  t.strictSame(began, [0], 'a stop is for good')
})

test('a loop that was stopped before its start never starts', async (t) => {
  const { loop, clock, began } = watch(t, () => 0)
  t.equal(await loop.refresh(), false)
  loop.readWithin(0)
  await loop.stop()
  loop.start()
  t.equal(await loop.refresh(), false)
  await clock.pass(2000)
  t.strictSame(began, [])
})

test('a stopped loop does not report an answer that arrives later', async (t) => {
  let answer = (_: Report) => {}
  const { loop, log } = watch(t, () => 0, { read: () => new Promise((resolve) => { answer = resolve }) })
  loop.start()
  const stopped = loop.stop()
  answer(REPORT)
  await stopped
  t.strictSame(log, [])
})

test('a refresh reads at once, and the interval counts from there', async (t) => {
  const { loop, clock, began, refresh } = watch(t, () => 0)
  loop.start()
  await clock.pass(399)
  t.equal(await refresh(), true)
  await clock.pass(1500)
  t.strictSame(began, [0, 400, 1400])
})

test('simultaneous refreshes share one read', async (t) => {
  const { loop, clock, began, refresh } = watch(t, () => 0)
  loop.start()
  await clock.pass(399)
  t.strictSame(await Promise.all([loop.refresh(), loop.refresh(), refresh()]), [true, true, true])
  t.strictSame(began, [0, 400])
})

test('a refresh does not share a read that began before it', async (t) => {
  const { loop, clock, began } = watch(t, () => 100)
  loop.start()
  await clock.pass(50)
  const refreshes = [loop.refresh(), loop.refresh()]
  await clock.pass(10)
  refreshes.push(loop.refresh())
  await clock.pass(100)
  t.strictSame(began, [0, 150])
  refreshes.push(loop.refresh())
  await clock.pass(300)
  t.strictSame(await Promise.all(refreshes), [true, true, true, true])
  t.strictSame(began, [0, 150, 300])
})

test('a refresh shares the next read that begins, whatever caused it', async (t) => {
  const { loop, clock, began } = watch(t, () => 100)
  loop.start()
  await clock.pass(1099)
  const first = loop.refresh()
  mock.timers.tick(1)
  t.equal(began.length, 2, 'the loop\'s own turn')
  const second = loop.refresh()
  await clock.pass(100)
  t.equal(await first, true)
  t.equal(began.length, 2)
  await clock.pass(151)
  t.equal(await second, true)
  t.equal(began.length, 3)
})

test('refreshes that each report requests keep the minimum time between reads', async (t) => {
  const { loop, clock, began } = watch(t, (read) => read === 5 ? failure : 0, {
    onReport () { loop.refresh() },
    onFailure () { loop.refresh() }
  })
  loop.start()
  await clock.pass(500)
  t.strictSame(began, [0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500])
})

test('a refresh while Icecast is at its client limit returns false without a read', async (t) => {
  t.intercept(Math, 'random', { value: () => 0 })
  let early: Promise<boolean> | null = null
  const { loop, clock, began, refresh } = watch(t, (read) => {
    if (read > 1) return 0
    early = loop.refresh()
    return new FST_ICECAST_AT_LIMIT(403)
  })
  loop.start()
  await clock.pass(100)
  t.equal(await early, false)
  for (let i = 0; i < 100; i++) t.equal(await loop.refresh(), false)
  await clock.pass(2900)
  t.strictSame(began, [0, 3000])
  await clock.pass(100)
  t.equal(await refresh(), true)
})

test('a loop continues when a callback throws', async (t) => {
  t.intercept(Math, 'random', { value: () => 0 })
  const { loop, clock, began, log } = watch(t, () => 0, {
    interval: 1000,
    onReport () { throw new Error('their report') },
    onFailure () { throw began.length === 1 ? new Error('their failure') : 'text' }
  })
  loop.start()
  await clock.pass(1500)
  t.strictSame(began, [0, 1000])
  t.strictSame(log, ['0 thrown Error: their failure', '1000 thrown text'])
})

test('a refresh returns false when the server cannot be read', async (t) => {
  const { loop, clock, refresh } = watch(t, (read) => read === 2 ? failure : 0)
  loop.start()
  await clock.pass(100)
  t.equal(await refresh(), false)
  t.equal(await refresh(50), true)
})

test('a refresh returns false when the loop is stopped during its read', async (t) => {
  const { loop, clock, began } = watch(t, (read) => read === 2 ? 'hang' : 0)
  loop.start()
  await clock.pass(100)
  const refreshed = loop.refresh()
  await clock.pass(1)
  t.equal(began.length, 2)
  await loop.stop()
  t.equal(await refreshed, false)
  t.equal(await loop.refresh(), false)
})

test('a refresh returns false when the loop is stopped before its read', async (t) => {
  const { loop, clock, began } = watch(t, () => 0)
  loop.start()
  await clock.pass(100)
  const refreshed = loop.refresh()
  await loop.stop()
  t.equal(await refreshed, false)
  t.strictSame(began, [0])
})

test('a hint brings the next read forward and keeps the minimum time between reads', async (t) => {
  const { loop, clock, began } = watch(t, () => 0)
  loop.start()
  await clock.pass(300)
  loop.readWithin(200)
  loop.readWithin(400)
  await clock.pass(200)
  t.strictSame(began, [0, 500], 'the soonest one counts')
  loop.readWithin(0)
  await clock.pass(100)
  t.strictSame(began, [0, 500, 550])
  loop.readWithin(60_000)
  await clock.pass(1000)
  t.strictSame(began, [0, 500, 550, 1550], 'it never puts the read off')
})

test('a hint during a read causes another read', async (t) => {
  const { loop, clock, began } = watch(t, () => 100)
  loop.start()
  await clock.pass(20)
  loop.readWithin(0)
  await clock.pass(300)
  t.strictSame(began, [0, 150])
})

test('a hint while reads fail does not shorten the backoff', async (t) => {
  t.intercept(Math, 'random', { value: () => 0 })
  const { loop, clock, began } = watch(t, () => failure)
  loop.start()
  await clock.pass(100)
  loop.readWithin(0)
  await clock.pass(1000)
  t.strictSame(began, [0, 1000])
})

test('`intervalOverride` replaces the interval while it is set', async (t) => {
  const { loop, clock, began } = watch(t, () => 0)
  loop.intervalOverride = 3000
  loop.start()
  await clock.pass(3500)
  loop.intervalOverride = null
  await clock.pass(3600)
  t.strictSame(began, [0, 3000, 6000, 7000])
})
