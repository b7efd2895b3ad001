import { mock } from 'node:test'
import { test, type Test } from 'tap'
import { HistorySaver } from '../../lib/store/history-saver.ts'
import type { HistoryStore, StationMemory } from '../../lib/store/store.ts'
import { logOf } from '../helpers/log.ts'
import { memory, memoryStore } from './memory-store.ts'

/** A store whose every save is answered by the test. */
class SlowStore implements HistoryStore {
  readonly calls: string[] = []
  readonly #settle: Array<(error?: unknown) => void> = []

  async load (): Promise<Array<[string, unknown]>> { return [] }

  async save (station: string, { track }: StationMemory): Promise<void> {
    this.calls.push(`${station}: ${track?.text ?? 'nothing'}`)
    await new Promise<void>((resolve, reject) => {
      this.#settle.push((error) => error === undefined ? resolve() : reject(error))
    })
  }

  async close (): Promise<void> { this.calls.push('close') }

  /** The save that was begun first has ended. */
  async settle (error?: unknown): Promise<void> {
    this.#settle.shift()?.(error)
    await new Promise(setImmediate)
  }
}

/** A history saver, what there is to save of each station, and a way to pass time. */
function setupSaver (t: Test, store: HistoryStore = memoryStore()) {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { log, lines } = logOf()
  const now = new Map<string, StationMemory>()
  const saver = new HistorySaver({ store, log, fields: null, toSaved: (station) => now.get(station) })
  const passes = async (ms: number): Promise<void> => {
    await new Promise(setImmediate)
    mock.timers.tick(ms)
    await new Promise(setImmediate)
  }
  /** A track begins. */
  const plays = (station: string, text: string): void => {
    now.set(station, memory(text))
    saver.noteChange(station)
  }
  return { saver, now, plays, lines, passes }
}

const nothing = { ...memory(), track: null }

test('a restart loads what was saved, and new tracks are saved', async (t) => {
  const texts = new Map([['main', JSON.stringify(memory('A'))], ['gone', '"?"']])
  const { saver, plays, lines } = setupSaver(t, memoryStore(texts))
  t.strictSame(await saver.load(), new Map([['main', memory('A')]]))
  plays('main', 'B')
  plays('__proto__', 'C')
  await saver.close()
  t.strictSame(JSON.parse(texts.get('main') ?? ''), memory('B'))
  t.strictSame(JSON.parse(texts.get('__proto__') ?? ''), memory('C'))
  t.strictSame(lines, [])
})

test('changes that do not concern tracks are not saved', async (t) => {
  const store = new SlowStore()
  store.load = async () => [['main', memory('A')]]
  const { saver, now, plays } = setupSaver(t, store)
  await saver.load()
  plays('main', 'A')
  now.set('main', { ...memory('A'), seenAt: '2026-11-22T06:00:00.000Z' })
  saver.noteChange('main')
  saver.noteChange('unknown')
  t.strictSame(store.calls, [])
  plays('main', 'B')
  t.strictSame(store.calls, ['main: B'])
  await store.settle()
  saver.noteChange('main')
  t.strictSame(store.calls, ['main: B'])
  now.set('main', nothing)
  saver.noteChange('main')
  t.strictSame(store.calls, ['main: B', 'main: nothing'])
  await store.settle()
})

test('saves of one station never overlap, and the latest state wins', async (t) => {
  const store = new SlowStore()
  const { saver, plays } = setupSaver(t, store)
  await saver.load()
  for (const text of ['A', 'B', 'C']) plays('main', text)
  plays('other', 'X')
  t.strictSame(store.calls, ['main: A', 'other: X'], 'another station does not wait')
  await store.settle()
  t.strictSame(store.calls.slice(2), ['main: C'])
  await store.settle()
  await store.settle()
  t.equal(store.calls.length, 3)
})

test('a store may change the memory it receives', async (t) => {
  const now = memory('A', { artwork: { url: 'x' } })
  const store: HistoryStore = {
    ...memoryStore(),
    async save (station, memory) {
      for (const past of memory.history) for (const field of Object.keys(past)) Reflect.deleteProperty(past, field)
      Object.assign(memory, { track: null })
    }
  }
  const { saver, plays, now: memories } = setupSaver(t, store)
  await saver.load()
  plays('main', 'A')
  memories.set('main', now)
  saver.noteChange('main')
  await saver.close()
  t.strictSame(now, memory('A', { artwork: { url: 'x' } }))
})

test('a track is saved each minute while it is on, so that a restart knows how long it was', async (t) => {
  const store = new SlowStore()
  const { saver, now, plays, passes } = setupSaver(t, store)
  await saver.load()
  plays('main', 'A')
  now.set('silent', nothing)
  saver.noteChange('silent')
  await store.settle()
  await store.settle()
  for (let minute = 1; minute <= 3; minute++) {
    await passes(59_999)
    t.equal(store.calls.length, 1 + minute)
    await passes(1)
    t.equal(store.calls.at(-1), 'main: A')
    await store.settle()
  }
  now.clear()
  await passes(120_000)
  t.strictSame(store.calls, ['main: A', 'silent: nothing', 'main: A', 'main: A', 'main: A'], 'a station that is no more is not saved')
})

test('a station that disappears during its save is not saved again', async (t) => {
  const store = new SlowStore()
  const { saver, now, plays, passes } = setupSaver(t, store)
  await saver.load()
  plays('main', 'A')
  plays('main', 'B')
  now.clear()
  await passes(60_000)
  await store.settle()
  await passes(60_000)
  t.strictSame(store.calls, ['main: A'])
})

test('a store that fails is logged once and retried with the next change', async (t) => {
  const texts = new Map<string, string>()
  const working = memoryStore(texts)
  const failures: Array<[what: string, fail: () => Promise<void>]> = [
    ['rejects', async () => { throw new Error('no space') }],
    ['throws', () => { throw new Error('no space') }],
    ['throws what is no error', () => { throw Object.create(null) }]
  ]
  for (const [what, fail] of failures) {
    let isBroken = true
    texts.clear()
    const store: HistoryStore = { ...working, save: (...args) => isBroken ? fail() : working.save(...args) }
    const { saver, plays, lines } = setupSaver(t, store)
    await saver.load()
    for (const text of ['A', 'B', 'C']) {
      plays('main', text)
      await new Promise(setImmediate)
    }
    t.match(lines, [{ level: 40, err: { message: String }, msg: '`store.save()` reported an error; saving again with the next change' }], what)
    isBroken = false
    plays('main', 'D')
    await new Promise(setImmediate)
    t.match(lines.slice(1), [{ level: 30, msg: '`store.save()` succeeds again' }])
    t.match(JSON.parse(texts.get('main') ?? ''), { track: { text: 'D' } })
    await saver.close()
  }
})

test('the app starts without a history when the store hangs, fails or returns nonsense', async (t) => {
  const loads: Array<[what: string, load: () => unknown, says: object]> = [
    ['hangs', () => new Promise(() => {}), { code: 'FST_ICECAST_STORE_TIMEOUT', message: '`store` did not load within 2000 ms' }],
    ['rejects', () => Promise.reject(new Error('no such table')), { message: 'no such table' }],
    ['throws', () => { throw new Error('no such table') }, { message: 'no such table' }],
    ['gives nothing', () => undefined, { message: /iterable/ }],
    ['gives a number', () => 5, { message: /iterable/ }],
    ['gives what breaks off', () => (function * () { throw new Error('connection lost') })(), { message: 'connection lost' }]
  ]
  for (const [what, load, says] of loads) {
    const { saver, lines, passes } = setupSaver(t, Object.assign(memoryStore(), { load }))
    const loaded = saver.load()
    await passes(2000)
    t.strictSame(await loaded, new Map(), what)
    t.match(lines, [{ level: 40, err: says, msg: '`store.load()` failed; starting with an empty history' }])
    await saver.close()
  }
})

test('a save that hangs is logged, and the other stations are saved', async (t) => {
  const store = new SlowStore()
  const { saver, plays, lines, passes } = setupSaver(t, store)
  await saver.load()
  await passes(59_999)
  plays('main', 'A')
  await passes(1)
  t.strictSame(lines, [])
  await passes(60_000)
  t.match(lines, [{ level: 40, err: { code: 'FST_ICECAST_STORE_TIMEOUT', message: '`store` did not save within 60000 ms' } }])
  plays('other', 'X')
  t.strictSame(store.calls, ['main: A', 'other: X'])

  const closed = saver.close()
  await passes(750)
  await closed
  t.match(lines.slice(1), [{ level: 40, err: { message: '`store` did not save within 750 ms' }, msg: '`store.save()` did not end before the app closed; the latest tracks may be missing' }])
  t.equal(store.calls.at(-1), 'close', 'and it is closed all the same')
  await store.settle()
  await store.settle()
  t.equal(store.calls.at(-1), 'close', 'after which it is not called any more')
})

test('a save that is slow but ends is not logged', async (t) => {
  const store = new SlowStore()
  const { saver, plays, lines, passes } = setupSaver(t, store)
  await saver.load()
  for (const text of 'ABC') {
    plays('main', text)
    await passes(60_000)
    await store.settle()
    await store.settle()
  }
  t.strictSame(lines, [])
})

test('closing saves the current state after any save in progress, then closes the store', async (t) => {
  const store = new SlowStore()
  const { saver, now, plays } = setupSaver(t, store)
  await saver.load()
  plays('main', 'A')
  plays('other', 'X')
  await store.settle()
  now.set('main', memory('B'))
  const closed = saver.close()
  plays('main', 'C')
  plays('late', 'L')
  for (let i = 0; i < 4; i++) await store.settle()
  await closed
  t.strictSame(store.calls, ['main: A', 'other: X', 'main: B', 'other: X', 'close'])
  await saver.close()
  saver.noteChange('main')
  t.equal(store.calls.at(-1), 'close', 'once')
})

test('an app that was never ready saves nothing', async (t) => {
  const store = new SlowStore()
  const { saver, plays } = setupSaver(t, store)
  plays('main', 'A')
  await saver.close()
  t.strictSame(await saver.load(), new Map())
  plays('main', 'B')
  t.strictSame(store.calls, ['close'])
})

test('closing ends whatever the store does', async (t) => {
  const closes: Array<[what: string, close: () => unknown, says: object[]]> = [
    ['hangs', () => new Promise(() => {}), [{ err: { code: 'FST_ICECAST_STORE_TIMEOUT', message: '`store` did not close within 250 ms' }, msg: '`store.close()` failed' }]],
    ['rejects', () => Promise.reject(new Error('gone')), [{ err: { message: 'gone' } }]],
    ['throws', () => { throw new Error('gone') }, [{ err: { message: 'gone' } }]],
    ['is done', () => undefined, []]
  ]
  for (const [what, close, says] of closes) {
    const store = Object.assign(memoryStore(), { close })
    const { saver, lines, passes } = setupSaver(t, store)
    await saver.load()
    const closed = saver.close()
    await passes(250)
    await closed
    t.match(lines, says, what)
    t.equal(lines.length, says.length)
  }
})
