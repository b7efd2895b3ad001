import { mock } from 'node:test'
import { test, type Test } from 'tap'
import { startDeadline } from '../../lib/icecast/deadline.ts'

/** A clock that runs when it is told to; a pause lets time pass in which no timer fires. */
function stopClock (t: Test) {
  let now = 0
  let hasExpired = false
  t.intercept(performance, 'now', { value: () => now })
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  return {
    expire: () => { hasExpired = true },
    hasExpired: () => hasExpired,
    run (ms: number) {
      now += ms
      mock.timers.tick(ms)
    },
    pause (ms: number) { now += ms }
  }
}

test('a deadline expires after its time exactly', (t) => {
  const { expire, hasExpired, run } = stopClock(t)
  startDeadline(5000, expire)
  run(4999)
  t.notOk(hasExpired())
  run(1)
  t.ok(hasExpired())
  t.end()
})

test('a cancelled deadline does not expire', (t) => {
  const { expire, hasExpired, run } = stopClock(t)
  startDeadline(5000, expire)()
  run(60_000)
  t.notOk(hasExpired())
  t.end()
})

test('after a pause of the process a deadline is extended by a second', (t) => {
  const { expire, hasExpired, run, pause } = stopClock(t)
  startDeadline(5000, expire)
  run(1000)
  pause(60_000)
  run(4000)
  t.notOk(hasExpired())
  run(999)
  t.notOk(hasExpired())
  run(1)
  t.ok(hasExpired())
  t.end()
})

test('a short deadline is extended by no more than its own length', (t) => {
  const { expire, hasExpired, run, pause } = stopClock(t)
  startDeadline(300, expire)
  pause(60_000)
  run(300)
  t.notOk(hasExpired())
  run(300)
  t.ok(hasExpired())
  t.end()
})

test('an event loop that is blocked all the time extends a deadline by five seconds at most', (t) => {
  const { expire, hasExpired, run, pause } = stopClock(t)
  startDeadline(1000, expire)
  for (let i = 0; i < 5; i++) {
    pause(500)
    run(1000)
    t.notOk(hasExpired())
  }
  pause(500)
  run(1000)
  t.ok(hasExpired())
  t.end()
})
