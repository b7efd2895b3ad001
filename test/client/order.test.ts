import fc from 'fast-check'
import { test, type Test } from 'tap'
import type { Heard } from '../../lib/client/lines.ts'
import { order } from '../../lib/client/order.ts'
import type { Station } from '../../lib/schemas.ts'
import { replace, station, timers, track } from './helper.ts'

/** A page at a time that tests set, and all that it shows: `play` is marked with `>`. */
function page (t: Test, { delay = 0 } = {}) {
  const clock = { now: 1000 }
  replace(t, 'performance', { now: () => clock.now })
  const shown: Array<string | null> = []
  const states: Station[] = []
  const ringing = timers(t)
  const [take, stop] = order(delay, (state, play) => {
    states.push(state)
    const text = `${state.status === 'live' ? '' : `(${state.status}) `}${state.track?.text ?? 'nothing'}`
    shown.push(play ? `>${text}` : text)
  })
  return {
    shown,
    states,
    stop,
    ringing,
    snapshot: (version: string, ...stations: Station[]) => take({ type: 'snapshot', version, serverTime: new Date(clock.now).toISOString(), stations }),
    update: (version: string, station: Station) => take({ type: 'update', version, station }),
    take,
    /** Time passes; what rings meanwhile is done. */
    passes (ms: number) {
      const until = clock.now + ms
      for (let next; (next = ringing[0]) !== undefined && next.at <= until;) {
        clock.now = next.at
        next.fire()
      }
      clock.now = until
    }
  }
}

test('each state is shown once, and a new track is a play', async (t) => {
  const { shown, snapshot, update } = page(t)
  snapshot('r-1', station('A'))
  update('r-2', station('A', { listeners: { current: 1, peak: 1 } }))
  update('r-3', station('B'))
  update('r-4', station(null))
  update('r-5', station('B'))
  update('r-6', station('B', { status: 'stale' }))
  t.same(shown, ['>A', 'A', '>B', 'nothing', '>B', '(stale) B'])
})

test('what was shown is not shown again', async (t) => {
  const { shown, snapshot, update } = page(t)
  snapshot('r-1', station('A'))
  snapshot('r-1', station('A'))
  snapshot('r-9', station('A'))
  update('r-9', station('B'))
  t.same(shown, ['>A'], 'neither the same version nor a newer one that says the same')
})

test('an older version is never shown, whichever way it comes', async (t) => {
  const { shown, snapshot, update } = page(t)
  snapshot('r-9', station('I'))
  update('r-z', station('J'))
  update('r-a', station('C'))
  snapshot('r-x', station('D'))
  update('r-10', station('K'))
  t.same(shown, ['>I', '>J', '>K'], 'counts are in base 36')
})

test('each station has its newest version: a subscriber that fell behind gets them in another order', async (t) => {
  const { shown, snapshot, update } = page(t)
  snapshot('r-1', station('A'), station('X', { id: 'other' }))
  update('r-9', station('B'))
  update('r-5', station('Y', { id: 'other' }))
  t.same(shown, ['>A', '>X', '>B', '>Y'])
})

test('a backend that was started again begins anew; of two that take turns each goes only forward', async (t) => {
  const { shown, snapshot } = page(t)
  snapshot('first-z', station('A'))
  snapshot('second-1', station('B'))
  snapshot('first-y', station('A'))
  snapshot('second-1', station('B'))
  snapshot('first-10', station('C'))
  snapshot('second-1', station('B'))
  t.same(shown, ['>A', '>B', '>C'])
})

test('the same song by another id is no new play: a backend that was started again has named it anew', async (t) => {
  const { shown, snapshot } = page(t)
  snapshot('first-5', station('A', { track: track('A', 0, 'id') }))
  snapshot('second-1', station('A', { track: track('A', 0, 'another') }))
  t.same(shown, ['>A', 'A'])
})

test('unknown is not over: a backend that has just started keeps the track and the history on the page', async (t) => {
  const { shown, states, snapshot, update } = page(t)
  const history = [{ ...track('Z'), endedAt: '' }]
  snapshot('first-5', station('A', { history }))
  snapshot('second-0', station(null, { status: 'unknown' }))
  t.same(states.at(-1)?.history, history)
  update('second-1', station('A', { track: track('A', 0, 'another') }))
  t.same(shown, ['>A', '(unknown) A', 'A'])
})

test('a page that begins with unknown shows that', async (t) => {
  const { shown, snapshot, update } = page(t)
  snapshot('r-0', station(null, { status: 'unknown' }))
  update('r-1', station('A'))
  t.same(shown, ['(unknown) nothing', '>A'])
})

test('a station that the server does not name any more is unknown', async (t) => {
  const { shown, states, snapshot, update } = page(t)
  snapshot('first-5', station('A'), station('X', { id: 'other' }))
  snapshot('second-0')
  t.same(shown.splice(0), ['>A', '>X', '(unknown) A', '(unknown) X'])
  update('second-1', station('A'))
  t.same(shown, ['A'])
  t.same(states.map(({ id }) => id), ['main', 'other', 'main', 'other', 'main'])
})

for (const delay of [0, 5000]) {
  test(`a snapshot that was long on its way makes nothing after it late: ${delay} ms of the page's own`, async (t) => {
    const { shown, take, update, passes } = page(t, { delay })
    take({ type: 'snapshot', version: 'r-1', serverTime: new Date(-3000).toISOString(), stations: [station('A')] })
    update('r-2', station('B', { track: track('B', 1000) }))
    passes(delay)
    t.same(shown, ['>A', '>B'])
  })
}

test('what has come can be heard, whatever it says, and holds back nothing', async (t) => {
  const { shown, snapshot, update } = page(t)
  snapshot('r-1', station('A', { track: track('A', 60_000) }))
  update('r-2', station('B', { track: track('B', 300_000) }))
  update('r-3', station('B', { status: 'offline' }))
  t.same(shown, ['>A', '>B', '(offline) B'])
})

test('a delay of more than ten minutes is none', async (t) => {
  const { shown, snapshot, update } = page(t, { delay: 600_001 })
  snapshot('r-1', station('A'))
  update('r-2', station('B', { track: track('B', 1000) }))
  t.same(shown, ['>A', '>B'])
})

test('without a word on the server\'s clock the page\'s delay is from when a track comes', async (t) => {
  const { shown, take, passes } = page(t, { delay: 5000 })
  take({ type: 'snapshot', version: 'r-1', stations: [station('A')] })
  take({ type: 'snapshot', version: 'r-2', stations: [station('B', { track: track('B', 50_000) })] })
  passes(4999)
  t.same(shown, ['>A'])
  passes(1)
  t.same(shown, ['>A', '>B'])
})

test('the page\'s own delay comes on top, for all that changes', async (t) => {
  const { shown, snapshot, update, passes } = page(t, { delay: 5000 })
  snapshot('r-1', station('A'))
  t.same(shown.splice(0), ['>A'], 'the first at once')
  // It has been heard for half a second.
  update('r-2', station('B', { track: track('B', 500) }))
  passes(1000)
  update('r-3', station('B', { status: 'stale' }))
  passes(3000)
  t.same(shown, [])
  passes(500)
  t.same(shown.splice(0), ['>B'])
  passes(1000)
  t.same(shown, [])
  passes(500)
  t.same(shown, ['(stale) B'])
})

test('nothing is shown any more when it is stopped', async (t) => {
  const { shown, snapshot, update, stop, ringing } = page(t, { delay: 5000 })
  snapshot('r-1', station('A'))
  update('r-2', station('B'))
  t.equal(ringing.length, 1)
  stop()
  t.same(ringing, [])
  t.same(shown, ['>A'])
})

test('nor what came together with it, when a page stops it on being shown something', async (t) => {
  const shown: string[] = []
  const [take, stop] = order(0, ({ id }) => {
    shown.push(id)
    stop()
  })
  take({ version: 'r-1', stations: [station('A'), station('X', { id: 'other' })] })
  t.same(shown, ['main'])
})

const garbage: Heard[] = [{}, { version: 'r-9' }, { type: 'update', version: 'r-9' }, { stations: [undefined], version: 'r-0' }]
for (const message of garbage) {
  test(`what is nothing shows nothing: ${JSON.stringify(message)}`, async (t) => {
    const { shown, take } = page(t)
    take(message)
    t.same(shown, [])
  })
}

test('what has no version that we know is shown all the same', async (t) => {
  const { shown, take } = page(t)
  take({ type: 'update', version: '2', station: station('A') })
  take({ type: 'update', version: '1', station: station('B') })
  t.same(shown, ['>A', '>B'])
})

test('in whatever order messages come, what is shown of each run only gets newer, and the newest is shown in the end', async (t) => {
  const ids = ['main', 'other']
  const messages = fc.array(fc.record({
    run: fc.constantFrom('first', 'second'),
    count: fc.nat(100),
    /** Null: a snapshot of all. */
    only: fc.constantFrom(null, ...ids),
    heardIn: fc.integer({ min: -5000, max: 5000 })
  }), { maxLength: 40 })
  fc.assert(fc.property(messages, fc.constantFrom(0, 3000), (messages, delay) => {
    const { states, snapshot, update, passes } = page(t, { delay })
    const newest = new Map<string, number>()
    for (const { run, count, only, heardIn } of messages) {
      const text = `${run} ${count}`
      const state = (id: string): Station => station(text, { id, track: track(text, 10_000 + heardIn) })
      const version = `${run}-${count.toString(36)}`
      if (only === null) snapshot(version, ...ids.map(state))
      else update(version, state(only))
      for (const id of only === null ? ids : [only]) newest.set(`${run} ${id}`, Math.max(count, newest.get(`${run} ${id}`) ?? 0))
      passes(100)
    }
    passes(60_000)
    const shown = new Map<string, number>()
    for (const { id, track } of states) {
      const [run, count] = track?.text.split(' ') ?? []
      const key = `${run} ${id}`
      if (Number(count) <= (shown.get(key) ?? -1)) return false
      shown.set(key, Number(count))
    }
    return [...newest].every(([key, count]) => shown.get(key) === count)
  }))
})
