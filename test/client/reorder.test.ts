import fc from 'fast-check'
import { test, type Test } from 'tap'
import { delayQueue } from '../../lib/client/delay-queue.ts'
import { reorder } from '../../lib/client/reorder.ts'
import type { ReceivedMessage } from '../../lib/client/transports.ts'
import type { Station } from '../../lib/schemas.ts'
import { replace, station, timers, track } from './helper.ts'

/** A client with a clock that the test sets, and everything that it shows; a new play is marked with `>`. */
function setup (t: Test, { delay = 0 } = {}) {
  const clock = { now: 1000 }
  replace(t, 'performance', { now: () => clock.now })
  const shown: Array<string | null> = []
  const states: Station[] = []
  const running = timers(t)
  const [, onState, stop] = delayQueue(delay, (state, previous, play) => {
    states.push(state)
    const text = `${state.status === 'live' ? '' : `(${state.status}) `}${state.track?.text ?? 'nothing'}`
    shown.push(play ? `>${text}` : text)
  })
  const [known, isOutdated, take] = reorder(onState)
  return {
    shown,
    states,
    known,
    stop,
    running,
    snapshot: (version: string, ...stations: Station[]) => take({ type: 'snapshot', version, serverTime: new Date(clock.now).toISOString(), stations }),
    update: (version: string, station: Station) => take({ type: 'update', version, station }),
    take,
    isOutdated,
    /** Advances the clock, and runs the timers that are due meanwhile. */
    passes (ms: number) {
      const until = clock.now + ms
      for (let next; (next = running[0]) !== undefined && next.at <= until;) {
        clock.now = next.at
        next.fire()
      }
      clock.now = until
    }
  }
}

test('the client shows each state once, and reports a new track as a play', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('r-1', station('A'))
  update('r-2', station('A', { listeners: { current: 1, peak: 1 } }))
  update('r-3', station('B'))
  update('r-4', station(null))
  update('r-5', station('B'))
  update('r-6', station('B', { status: 'stale' }))
  t.same(shown, ['>A', 'A', '>B', 'nothing', '>B', '(stale) B'])
})

test('the client shows an unchanged state again after nobody has wanted its station', async (t) => {
  const { shown, snapshot, update, known } = setup(t)
  snapshot('r-1', station('A'))
  update('r-2', station('B'))
  known.clear()
  update('r-1', station('A'))
  t.same(shown, ['>A', '>B'], 'none that is older')
  snapshot('r-2', station('B'))
  t.same(shown.slice(2).length, 1)
})

test('the client does not show a state again that it has shown', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('r-1', station('A'))
  snapshot('r-1', station('A'))
  snapshot('r-9', station('A'))
  update('r-9', station('B'))
  t.same(shown, ['>A'], 'neither the same version nor a newer one that says the same')
})

test('listener numbers become part of the station, in the order of the versions', async (t) => {
  const { states, snapshot, update, take } = setup(t)
  const listeners = (version: string, current: number, id = 'main') => take({
    type: 'listeners', version, station: id, listeners: { current, peak: 9 }, mounts: { '/main.mp3': current, '/gone': 1 }
  })
  const mounts = [{ path: '/main.mp3', live: true, liveSince: null, listenUrl: null, contentType: null, codec: null, bitrate: null, listeners: 1 }]
  listeners('r-1', 1)
  t.same(states, [], 'not before the station itself is known')
  snapshot('r-2', station('A', { mounts }))
  listeners('r-4', 4)
  listeners('r-3', 3)
  listeners('r-5', 5, 'other')
  listeners('r-5', 4)
  update('r-4', station('B'))
  t.match(states.map(({ listeners, mounts: [mount], track }) => [track?.text, listeners.current, mount?.listeners]), [['A', null, 1], ['A', 4, 4]])
  t.same(states[1], { ...station('A', { mounts }), listeners: { current: 4, peak: 9 }, mounts: [{ ...mounts[0], listeners: 4 }] })
})

test('a snapshot of a version that is known brings more of the history, and nothing else', async (t) => {
  const { states, snapshot } = setup(t)
  const history = ['B', 'A'].map((text) => ({ ...track(text), endedAt: '' }))
  snapshot('r-2', station('C'))
  snapshot('r-2', station('C', { history }))
  snapshot('r-2', station('C', { history: history.slice(1) }))
  snapshot('r-1', station('C', { history: [...history, ...history] }))
  t.same(states.map(({ history }) => history.length), [0, 2])
})

test('the client drops an older version of the same run, from snapshots and updates', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('r-9', station('I'))
  update('r-z', station('J'))
  update('r-a', station('C'))
  snapshot('r-x', station('D'))
  update('r-10', station('K'))
  t.same(shown, ['>I', '>J', '>K'], 'counts are in base 36')
})

test('the client drops what an instance shows that has not heard of the new leader yet', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('mife2bgz-9', station('A'))
  snapshot('mife2bh0-0', station('A'))
  update('mife2bh0-1', station('B'))
  snapshot('mife2bgz-a', station('A'))
  update('mife2bgz-b', station('C'))
  t.same(shown, ['>A', '>B'])
  update('mife2bh0-2', station('C'))
  update('10000000-3', station('D'))
  t.same(shown, ['>A', '>B', '>C'], 'a lower term')
})

test('the client takes what an instance shows that reads Icecast by itself, and then what the leader shows', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('mife2bgz-9', station('A'))
  update('mife2bh0ab12-1', station('B'))
  update('mife2bgz-a', station('C'))
  update('mife2bgy-b', station('D'))
  t.same(shown, ['>A', '>B', '>C'])
})

test('the client orders versions per station: a slow subscriber receives stations in another order', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('r-1', station('A'), station('X', { id: 'other' }))
  update('r-9', station('B'))
  update('r-5', station('Y', { id: 'other' }))
  t.same(shown, ['>A', '>X', '>B', '>Y'])
})

test('versions start again with a new run of the server, and each of two alternating runs only moves forward', async (t) => {
  const { shown, snapshot } = setup(t)
  snapshot('first-z', station('A'))
  snapshot('second-1', station('B'))
  snapshot('first-y', station('A'))
  snapshot('second-1', station('B'))
  snapshot('first-10', station('C'))
  snapshot('second-1', station('B'))
  t.same(shown, ['>A', '>B', '>C'])
})

test('a restarted backend that gives the same song another id starts no new play', async (t) => {
  const { shown, snapshot } = setup(t)
  snapshot('first-5', station('A', { track: track('A', 0, 'id') }))
  snapshot('second-1', station('A', { track: track('A', 0, 'another') }))
  t.same(shown, ['>A', 'A'])
})

test('a backend that has just started and reports `unknown` leaves the track and the history on the page', async (t) => {
  const { shown, states, snapshot, update } = setup(t)
  const history = [{ ...track('Z'), endedAt: '' }]
  snapshot('first-5', station('A', { history }))
  snapshot('second-0', station(null, { status: 'unknown' }))
  t.same(states.at(-1)?.history, history)
  update('second-1', station('A', { track: track('A', 0, 'another') }))
  t.same(shown, ['>A', '(unknown) A', 'A'])
})

test('the client shows a first state that is `unknown`', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('r-0', station(null, { status: 'unknown' }))
  update('r-1', station('A'))
  t.same(shown, ['(unknown) nothing', '>A'])
})

test('a station that is missing from a snapshot becomes `unknown`', async (t) => {
  const { shown, states, snapshot, update } = setup(t)
  snapshot('first-5', station('A'), station('X', { id: 'other' }))
  snapshot('second-0')
  t.same(shown.splice(0), ['>A', '>X', '(unknown) A', '(unknown) X'])
  update('second-1', station('A'))
  t.same(shown, ['A'])
  t.same(states.map(({ id }) => id), ['main', 'other', 'main', 'other', 'main'])
})

for (const delay of [0, 5000]) {
  test(`a snapshot with a high latency does not delay later changes: with a delay of ${delay} ms`, async (t) => {
    const { shown, take, update, passes } = setup(t, { delay })
    take({ type: 'snapshot', version: 'r-1', serverTime: new Date(-3000).toISOString(), stations: [station('A')] })
    update('r-2', station('B', { track: track('B', 1000) }))
    passes(delay)
    t.same(shown, ['>A', '>B'])
  })
}

test('a track with an `audibleAt` in the future is shown at once and does not hold back later states', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('r-1', station('A', { track: track('A', 60_000) }))
  update('r-2', station('B', { track: track('B', 300_000) }))
  update('r-3', station('B', { status: 'offline' }))
  t.same(shown, ['>A', '>B', '(offline) B'])
})

test('the client ignores a delay of more than ten minutes', async (t) => {
  const { shown, snapshot, update } = setup(t, { delay: 600_001 })
  snapshot('r-1', station('A'))
  update('r-2', station('B', { track: track('B', 1000) }))
  t.same(shown, ['>A', '>B'])
})

test('without `serverTime` the page\'s delay counts from the arrival of a track', async (t) => {
  const { shown, take, passes } = setup(t, { delay: 5000 })
  take({ type: 'snapshot', version: 'r-1', stations: [station('A')] })
  take({ type: 'snapshot', version: 'r-2', stations: [station('B', { track: track('B', 50_000) })] })
  passes(4999)
  t.same(shown, ['>A'])
  passes(1)
  t.same(shown, ['>A', '>B'])
})

test('the page\'s own delay applies to every change, in addition to the station\'s', async (t) => {
  const { shown, snapshot, update, passes } = setup(t, { delay: 5000 })
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

test('the first state of a station is shown at once while a change of another one waits', async (t) => {
  const { shown, snapshot, update, passes } = setup(t, { delay: 5000 })
  snapshot('r-1', station('A', { id: 'a' }))
  update('r-2', station('B', { id: 'a' }))
  update('r-3', station('C', { id: 'c' }))
  t.same(shown, ['>A', '>C'])
  passes(5000)
  t.same(shown, ['>A', '>C', '>B'])
})

test('a stopped client shows nothing more', async (t) => {
  const { shown, snapshot, update, stop, running } = setup(t, { delay: 5000 })
  snapshot('r-1', station('A'))
  update('r-2', station('B'))
  t.equal(running.length, 1)
  stop()
  t.same(running, [])
  t.same(shown, ['>A'])
})

const withoutStation: ReceivedMessage[] = [{}, { version: 'r-9' }, { type: 'update', version: 'r-9' }, { stations: [undefined], version: 'r-0' }]
for (const message of withoutStation) {
  test(`the client ignores a message without a station: ${JSON.stringify(message)}`, async (t) => {
    const { shown, take } = setup(t)
    take(message)
    t.same(shown, [])
  })
}

test('the client shows states with a version that it cannot read', async (t) => {
  const { shown, take } = setup(t)
  take({ type: 'update', version: '2', station: station('A') })
  take({ type: 'update', version: '1', station: station('B') })
  t.same(shown, ['>A', '>B'])
})

test('in any order of messages, the states shown of each run only get newer, and the newest is shown in the end', async (t) => {
  const ids = ['main', 'other']
  const messages = fc.array(fc.record({
    run: fc.constantFrom('first', 'second'),
    count: fc.nat(100),
    /** Null: a snapshot of all. */
    only: fc.constantFrom(null, ...ids)
  }), { maxLength: 40 })
  fc.assert(fc.property(messages, fc.constantFrom(0, 3000), (messages, delay) => {
    const { states, snapshot, update, passes } = setup(t, { delay })
    const newest = new Map<string, number>()
    for (const { run, count, only } of messages) {
      const text = `${run} ${count}`
      // The same moment for all: only versions decide.
      const state = (id: string): Station => station(text, { id, track: track(text, 10_000) })
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

/** A state of a run that plays this; the track began at `at` ms by the run's clock. */
const playing = (text: string, at: number, also: Partial<Station> = {}): Station => station(text, { track: track(text, at), ...also })

test('an older title from another backend is not shown, and starts no play', async (t) => {
  const { shown, snapshot, update } = setup(t)
  snapshot('first-5', playing('A', 0))
  update('first-6', playing('B', 500))
  snapshot('second-9', playing('A', 100))
  t.same(shown, ['>A', '>B'])
  update('second-a', playing('A', 100, { listeners: { current: 7, peak: 7 } }))
  t.same(shown, ['>A', '>B'])
  update('second-b', playing('B', 600))
  update('second-c', playing('C', 900))
  t.same(shown, ['>A', '>B', 'B', '>C'])
})

test('a stale backend with an older title changes the status, but not the title', async (t) => {
  const { shown, snapshot } = setup(t)
  snapshot('first-5', playing('B', 500))
  snapshot('second-9', playing('A', 100, { status: 'stale' }))
  t.same(shown, ['>B', '(stale) B'])
})

test('a status that arrives with an older title is shown after the whole delay of the page', async (t) => {
  const { shown, snapshot, passes } = setup(t, { delay: 5000 })
  snapshot('first-5', playing('B', 500))
  snapshot('second-9', playing('A', 100, { status: 'stale' }))
  passes(4999)
  t.same(shown, ['>B'])
  passes(1)
  t.same(shown, ['>B', '(stale) B'])
})

test('polls that two backends answer by turns never go back to an older title', async (t) => {
  const { shown, take } = setup(t)
  for (const [version, text, at] of [['first-5', 'A', 0], ['second-5', 'A', 3], ['first-6', 'B', 500], ['second-5', 'A', 3], ['second-6', 'B', 503], ['first-6', 'B', 500]] as const) {
    take({ version, stations: [playing(text, at)] })
  }
  t.same(shown.filter((text) => text?.startsWith('>')), ['>A', '>B'])
})

test('the clocks of two backends may differ by an hour', async (t) => {
  const { shown, take } = setup(t)
  const HOUR = 3_600_000
  const snapshot = (version: string, ms: number, text: string, at: number) => take({ version, serverTime: new Date(ms + 1000).toISOString(), stations: [playing(text, ms + at)] })
  snapshot('first-1', 0, 'B', 500)
  snapshot('late-1', -HOUR, 'C', 700)
  snapshot('early-1', HOUR, 'B', 400)
  t.same(shown, ['>B', '>C'])
})

test('a clock that seems to differ by no more than the latency is taken as equal', async (t) => {
  const { shown, take } = setup(t)
  take({ version: 'first-1', serverTime: new Date(0).toISOString(), stations: [playing('A', 500)] })
  take({ version: 'second-1', serverTime: new Date(1900).toISOString(), stations: [playing('A, renamed', 500)] })
  t.same(shown, ['>A', '>A, renamed'])
})

test('a snapshot is outdated if another backend makes a live station stale', async (t) => {
  const { snapshot, isOutdated } = setup(t)
  const stale = [station('A', { status: 'stale' })]
  t.equal(isOutdated({ version: 'second-1', stations: stale }), false, 'nothing is known yet')
  snapshot('first-1', station('A'))
  t.equal(isOutdated({ version: 'second-1', stations: stale }), true)
  t.equal(isOutdated({ version: 'first-2', stations: stale }), false, 'the same backend knows best')
  t.equal(isOutdated({ version: 'second-1', stations: [station('A'), undefined] }), false)
  t.equal(isOutdated({ stations: stale }), true)
  t.equal(isOutdated({}), false)
  snapshot('first-2', ...stale)
  t.equal(isOutdated({ version: 'second-1', stations: stale }), false, 'no backend can read Icecast')
})
