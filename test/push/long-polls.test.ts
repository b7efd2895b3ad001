import { test, type Test } from 'tap'
import { ConnectionLimits } from '../../lib/push/connection-limits.ts'
import { LongPolls, type WaitOptions } from '../../lib/push/long-polls.ts'
import { createMetrics } from '../../lib/push/metrics.ts'
import { Radio } from '../stations/helper.ts'

const everyChange = () => true
const noChange = () => false

function setup (t: Test, { max = 5000, perAddress = null }: { max?: number, perAddress?: number | null } = {}) {
  const metrics = createMetrics()
  const longPolls = new LongPolls({ max, metrics, limits: new ConnectionLimits({ subscribers: 1, perAddress }) })
  // The timers of held requests do not keep the process alive.
  const keepAlive = setInterval(() => {}, 1000)
  t.teardown(() => {
    clearInterval(keepAlive)
    longPolls.close()
  })
  const radio = new Radio()
  let second = 0
  return {
    metrics,
    longPolls,
    /** Publishes what becomes of these titles. */
    reports (titles: Record<string, string>) {
      for (const change of radio.reports(++second, titles)) longPolls.publish(change)
    },
    /** Holds a request; `checks` counts how often its answer was looked at. */
    hold (stations: ReadonlySet<string> | null, options: Partial<WaitOptions> = {}) {
      const request = { checks: 0, isAnswered: false, done: Promise.resolve() }
      request.done = longPolls.waitForChange({
        client: { ip: '192.0.2.1' },
        stations,
        isRelevant: everyChange,
        timeout: 60_000,
        isCurrent: () => {
          request.checks++
          return false
        },
        onDisconnect: () => {},
        ...options
      }).then(() => { request.isAnswered = true })
      return request
    }
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a change continues only the requests for its station', async (t) => {
  const { hold, reports, metrics } = setup(t)
  const [all, a, b, text] = [hold(null), hold(new Set(['a', 'c'])), hold(new Set(['b'])), hold(null, { isRelevant: noChange })]
  t.equal(metrics.waiting, 4)
  reports({ '/a': 'One' })
  await Promise.all([all.done, a.done])
  await turn()
  t.same([all, a, b, text].map(({ checks }) => checks), [1, 1, 0, 0])
  t.equal(metrics.waiting, 2)
})

test('a request whose answer is still the same stays held', async (t) => {
  const { hold, reports, metrics } = setup(t)
  let isCurrent = true
  const request = hold(null, { isCurrent: () => isCurrent })
  reports({ '/a': 'One' })
  await turn()
  await turn()
  t.equal(metrics.waiting, 1)
  isCurrent = false
  reports({ '/a': 'Two' })
  await request.done
  t.equal(metrics.waiting, 0)
})

test('thousands of requests are continued in parts, so that other work gets its turn', async (t) => {
  const { hold, reports } = setup(t)
  const requests = Array.from({ length: 1000 }, () => hold(null))
  reports({ '/a': 'One', '/b': 'One' })
  reports({ '/a': 'Two', '/b': 'One' })
  let turns = 0
  for (; requests.some(({ isAnswered }) => !isAnswered); turns++) await turn()
  t.ok(turns >= 10, `${turns} turns of the event loop`)
  t.ok(requests.every(({ checks }) => checks === 1), 'and each is continued once')
})

test('a request ends when its time is over, its client disconnects, or the app closes', async (t) => {
  const { hold, longPolls, metrics } = setup(t)
  await hold(null, { timeout: 1 }).done
  const disconnect: Array<() => void> = []
  const [gone, held, other] = [hold(null, { onDisconnect: (stop) => { disconnect.push(stop) } }), hold(null), hold(new Set(['a']))]
  for (const stop of disconnect) stop()
  await gone.done
  t.equal(metrics.waiting, 2)
  longPolls.close()
  await Promise.all([held.done, other.done])
  t.equal(metrics.waiting, 0)
  t.equal(longPolls.hasRoom({ ip: undefined }), false, 'none is held from then on')
})

test('requests are held up to a limit in total and one for each address', async (t) => {
  const { hold, longPolls } = setup(t, { max: 3, perAddress: 2 })
  const client = { ip: '192.0.2.1' }
  const requests = [hold(null, { client, timeout: 1 }), hold(null, { client })]
  t.equal(longPolls.hasRoom(client), false)
  t.equal(longPolls.hasRoom({ ip: '192.0.2.2' }), true)
  await requests[0]?.done
  t.equal(longPolls.hasRoom(client), true)
  hold(null, { client: { ip: '192.0.2.2' } })
  hold(null, { client: { ip: undefined } })
  t.equal(longPolls.hasRoom({ ip: '192.0.2.3' }), false)
})
