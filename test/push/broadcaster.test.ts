import { Writable } from 'node:stream'
import { mock } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test, type Test } from 'tap'
import { ConnectionLimits } from '../../lib/push/connection-limits.ts'
import type { StationFilterGroup } from '../../lib/push/station-filter-group.ts'
import { Broadcaster } from '../../lib/push/broadcaster.ts'
import { createMetrics } from '../../lib/push/metrics.ts'
import type { Subscriber } from '../../lib/push/subscriber.ts'
import { Radio, type MountInShort } from '../stations/helper.ts'

interface Update { version: string, station: { id: string, track: { text: string } | null } }

/** A subscriber whose line can stall: then it takes one write and no more. */
class Reader implements Subscriber {
  readonly transport = 'eventStream'
  readonly limitKey = ''
  readonly group: StationFilterGroup
  slice = 0
  isAlive = true
  isStalled = false
  retry: number | null = null
  isTerminated = false
  readonly chunks: Buffer[] = []
  readonly #line: Writable
  #release: (() => void) | null = null

  constructor (group: StationFilterGroup) {
    this.group = group
    this.#line = new Writable({
      write: (chunk, encoding, done) => {
        this.chunks.push(chunk)
        if (this.isStalled) this.#release = done
        else done()
      }
    })
  }

  get queued () { return this.#line.writableLength }
  get isFree () { return this.queued === 0 }
  write (bytes: Buffer) { this.#line.write(bytes) }
  beat (heartbeat: Buffer) {
    if (this.isAlive) this.write(heartbeat)
    return this.isAlive
  }

  close (retry: number) { this.retry = retry }
  terminate () { this.isTerminated = true }

  resume () {
    this.isStalled = false
    this.#release?.()
  }

  get events (): string[] { return this.chunks.flatMap((chunk) => chunk.toString().split('\n\n').filter((text) => text !== '')) }
  get updates (): Update[] {
    return this.events.filter((text) => text.includes('event: update')).map((text) => JSON.parse(text.slice(text.indexOf('data: ') + 6)))
  }

  get titles () { return this.updates.map(({ station: { id, track } }) => `${id} ${track?.text}`) }
}

function setUp (t: Test, options: { heartbeat?: number, slowAfter?: number } = {}) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.teardown(() => mock.timers.reset())
  const radio = new Radio()
  const metrics = createMetrics()
  const hub = new Broadcaster({ state: radio.state, door: new ConnectionLimits({ subscribers: 5000, perAddress: null }), metrics, heartbeat: 25_000, slowAfter: 30_000, ...options })
  let second = 0
  return {
    /** ms pass. */
    passes: (ms: number) => mock.timers.tick(ms),
    radio,
    metrics,
    hub,
    reader (...wants: string[]) {
      const reader = new Reader(hub.group(wants.length === 0 ? null : new Set(wants)))
      hub.add(reader)
      return reader
    },
    /** Icecast shows these mounts; whoever keeps up has them when it resolves. */
    async reports (mounts: Record<string, MountInShort>) {
      for (const change of radio.reports(++second, mounts)) hub.publish(change)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

test('a thousand readers that stall cost the others nothing, and bounded memory', async (t) => {
  const { hub, radio, metrics, reader, reports, passes } = setUp(t)
  await reports({ '/a': '0', '/b': '0', '/c': '0' })
  const stalled = Array.from({ length: 1000 }, () => reader())
  for (const one of stalled) one.isStalled = true
  const live = Array.from({ length: 10 }, () => reader())
  const before = metrics.sent
  for (let i = 1; i <= 50; i++) await reports({ '/a': `${i}`, '/b': `${i}`, '/c': i === 50 ? '50' : '0' })

  for (const one of live) t.equal(one.updates.length, 101, 'the others get every update')
  const [first] = live
  t.same(first?.titles.slice(-3), ['a 50', 'b 50', 'c 50'])
  const written = stalled.map((one) => one.queued)
  const bytes = JSON.stringify(radio.state.list).length
  t.ok(Math.max(...written) < 2 * bytes, `at the most what one report brings is queued: ${Math.max(...written)}`)
  t.equal(new Set(stalled.map((one) => one.chunks.at(-1))).size, 1, 'and it is the same bytes for all')
  t.match(metrics, { behind: 1000, skipped: 1000 * 48 * 2, sent: before + 1000 * 2 + 10 * 101, dropped: 0 })

  passes(1000)
  t.equal(metrics.behind, 1000, 'nothing is sent while nothing is taken')
  for (const one of stalled) one.resume()
  passes(100)
  for (const one of stalled.slice(0, 3)) t.same(one.titles, ['a 1', 'b 1', 'a 50', 'b 50', 'c 50'], 'the newest of each, once')
  t.equal(metrics.behind, 0)
  await reports({ '/a': 'on', '/b': '50', '/c': '50' })
  t.equal(stalled[0]?.titles.at(-1), 'a on', 'and then each again')
  t.equal(metrics.eventStreams, 1010)
  for (const one of [...stalled, ...live]) hub.delete(one)
  t.equal(metrics.eventStreams, 0)
})

test('what a slow reader catches up with comes in the order of the versions', async (t) => {
  const { reader, reports, passes, radio } = setUp(t)
  await reports({ '/a': '0', '/b': '0', '/c': '0' })
  const slow = reader('a', 'b')
  slow.isStalled = true
  await reports({ '/a': '1', '/b': '0', '/c': '0' })
  await reports({ '/a': '2', '/b': '0', '/c': '0' })
  await reports({ '/a': '2', '/b': '3', '/c': '0' })
  await reports({ '/a': '4', '/b': '3', '/c': '5' })
  slow.resume()
  passes(100)
  t.same(slow.titles, ['a 1', 'b 3', 'a 4'])
  t.equal(slow.updates.at(-1)?.version, radio.state.versionOf('a'))
})

test('a reader that has been behind for too long is dropped, and ended until it is gone', async (t) => {
  const { hub, reader, reports, passes, metrics } = setUp(t, { slowAfter: 0 })
  const slow = reader()
  slow.isStalled = true
  await reports({ '/a': '1' })
  passes(100)
  t.equal(slow.isTerminated, false, 'it has the first update to take')
  await reports({ '/a': '2' })
  passes(100)
  t.equal(slow.isTerminated, true)
  t.match(metrics, { dropped: 1, behind: 0, eventStreams: 0 })
  hub.delete(slow)
  passes(1000)
})

test('a reader that takes nothing is found by the heartbeat when there is no news, and one that shows no life is dropped', async (t) => {
  const { hub, reader, passes, metrics } = setUp(t, { slowAfter: 0, heartbeat: 1000 })
  const [alive, stalled, dead] = [reader(), reader(), reader()]
  stalled.isStalled = true
  stalled.write(Buffer.from('x'))
  dead.isAlive = false
  passes(1000)
  t.equal(alive.events.filter((text) => text.includes('event: heartbeat')).length, 1)
  t.same(stalled.events.filter((text) => text.includes('event: heartbeat')), [])
  passes(100)
  t.same([alive, stalled, dead].map(({ isTerminated }) => isTerminated), [false, true, true])
  t.equal(metrics.dropped, 2)
  for (const one of [alive, stalled, dead]) hub.delete(one)
})

test('one who was told to go and stays is ended', async (t) => {
  const { hub, reader, passes } = setUp(t)
  let tick = 1000
  const clock = mock.method(performance, 'now', () => tick)
  t.teardown(() => clock.mock.restore())
  const one = reader()
  hub.leave(one)
  passes(100)
  t.equal(one.isTerminated, false)
  tick += 2000
  passes(100)
  t.equal(one.isTerminated, true)
  hub.delete(one)
})

test('heartbeats come one to each in an interval, spread over it', async (t) => {
  const { reader, passes } = setUp(t, { heartbeat: 25_000 })
  const readers = Array.from({ length: 500 }, () => reader())
  const beats = () => readers.reduce((sum, { events }) => sum + events.length - 1, 0)
  for (let i = 1; i <= 100; i++) {
    passes(250)
    t.equal(beats(), 5 * i)
  }
  t.ok(readers.every(({ events }) => events.length === 2))
})

test('nothing runs while nobody is there', async (t) => {
  const { hub, reader, passes, reports } = setUp(t, { heartbeat: 1000 })
  const one = reader()
  hub.delete(one)
  passes(5000)
  await reports({ '/a': '1' })
  t.equal(one.chunks.length, 1)
  t.equal(hub.group(null).members, 0)
})

test('a snapshot is made once for all who come at the same time, and anew when something has changed', async (t) => {
  const { reader, reports } = setUp(t)
  await reports({ '/a': '1', '/b': '1' })
  const [first, second, other] = [reader(), reader(), reader('b')]
  t.equal(first.chunks[0], second.chunks[0])
  t.not(first.chunks[0], other.chunks[0])
  await reports({ '/a': '2', '/b': '1' })
  t.match(reader().chunks[0]?.toString(), '"text":"2"')
})

test('nothing that was sent is kept: there may be as many selections of stations as subscribers', async (t) => {
  const { reader, reports, passes } = setUp(t)
  await reports({ '/a': '1', '/b': '1', '/c': '1' })
  const few = [reader('a', 'b'), reader('b', 'c')]
  const many = Array.from({ length: 20 }, () => reader('a', 'c'))
  await reports({ '/a': '2', '/b': '2', '/c': '2' })
  t.equal(new Set(many.map(({ chunks }) => chunks.at(-1))).size, 1)
  const sent: Array<WeakRef<Buffer>> = []
  for (const { chunks } of [...few, ...many]) sent.push(...chunks.splice(0).map((chunk) => new WeakRef(chunk)))
  passes(100)
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  for (let i = 0; i < 100 && sent.some((one) => one.deref() !== undefined); i++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (typeof collect === 'function') collect()
  }
  t.same(sent.map((one) => one.deref()?.length), sent.map(() => undefined))
})

test('whatever stations one asks for: a single change is the same bytes for all, several come in the order of the versions', async (t) => {
  const { reader, reports } = setUp(t)
  await reports({ '/a': '1', '/b': '1', '/c': '1' })
  const readers = [reader(), reader('c', 'b'), reader('b'), reader('c', 'a', 'b')]
  await reports({ '/a': '1', '/b': '2', '/c': '1' })
  t.equal(new Set(readers.map(({ chunks }) => chunks.at(-1))).size, 1)
  await reports({ '/a': '3', '/b': '3', '/c': '3' })
  t.same(readers.map(({ titles }) => titles.slice(1)), [['a 3', 'b 3', 'c 3'], ['b 3', 'c 3'], ['b 3'], ['a 3', 'b 3', 'c 3']])
})

test('one who comes between a change and its publication is not told twice', async (t) => {
  const { radio, hub, reader } = setUp(t)
  const before = reader()
  for (const change of radio.reports(1, { '/a': '1' })) hub.publish(change)
  const one = reader()
  await new Promise((resolve) => setImmediate(resolve))
  t.same(one.updates, [])
  t.same(before.titles, ['a 1'])
})

test('one who comes back with a version that is current gets no second snapshot', async (t) => {
  const { radio, hub, reports } = setUp(t)
  await reports({ '/a': '1', '/b': '1' })
  const ofA = radio.state.versionOf('a')
  await reports({ '/a': '1', '/b': '2' })
  for (const [wants, seen, isTold] of [
    [null, radio.state.version, false],
    [null, ofA, true],
    [null, 'other', true],
    [null, undefined, true],
    [new Set(['a']), ofA, false],
    [new Set(['a']), radio.state.version, false],
    [new Set(['b']), ofA, true],
    [new Set(['a', 'b']), ofA, true]
  ] as const) {
    const reader = new Reader(hub.group(wants))
    hub.add(reader, seen)
    t.equal(reader.chunks.length, isTold ? 1 : 0, `${[...wants ?? ['all']]} ${seen}`)
  }
})

test('at the end all are told when to come back, over a time that grows with their number', async (t) => {
  const { hub, reader, passes } = setUp(t)
  const readers = Array.from({ length: 5000 }, () => reader())
  const leaving = new Reader(hub.group(null))
  hub.leave(leaving)
  const closing = hub.close()
  const retries = readers.map(({ retry }) => Number(retry))
  t.ok(Math.max(...retries) > 9000 && Math.max(...retries) <= 11_000)
  t.ok(new Set(retries).size > 1000)
  const late = reader()
  t.not(late.retry, null, 'also one who comes right now')
  for (const one of readers.slice(0, 4000)) hub.delete(one)
  passes(500)
  for (const one of [...readers.slice(4000), late, leaving]) {
    t.ok(one.isTerminated)
    hub.delete(one)
  }
  await closing
})

test('a station that is forgotten meanwhile is not caught up with', async (t) => {
  const { hub, reader, passes, reports, metrics } = setUp(t)
  await reports({ '/a': '1' })
  const slow = reader()
  slow.isStalled = true
  await reports({ '/a': '2' })
  for (const change of new Radio().reports(1, { '/elsewhere': '1' })) hub.publish(change)
  await reports({ '/a': '3' })
  slow.resume()
  passes(100)
  t.same(slow.titles, ['a 2', 'a 3'])
  t.equal(metrics.behind, 0)
})
