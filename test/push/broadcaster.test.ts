import { Writable } from 'node:stream'
import { mock } from 'node:test'
import { test, type Test } from 'tap'
import { ConnectionLimits } from '../../lib/push/connection-limits.ts'
import type { SubscriberGroup } from '../../lib/push/subscriber-group.ts'
import { Broadcaster } from '../../lib/push/broadcaster.ts'
import { createMetrics } from '../../lib/push/metrics.ts'
import type { Selection } from '../../lib/push/selection.ts'
import type { Subscriber, SubscriberState } from '../../lib/push/subscriber.ts'
import { Radio, type MountInShort } from '../stations/helper.ts'
import { awaitCollection } from '../helpers/collect-garbage.ts'

interface Update { version: string, station: { id: string, track: { text: string } | null } }

const EVERYTHING: Selection = { stations: null, history: Infinity, hasListeners: true }

/** A subscriber whose connection can stall: it then takes one write and no more. */
class FakeSubscriber implements Subscriber {
  readonly transport = 'eventStream'
  readonly limitKey = ''
  readonly group: SubscriberGroup
  state: SubscriberState = 'open'
  slice = 0
  isAlive = true
  isStalled = false
  reconnectDelay: number | null = null
  rejection: string | null = null
  isTerminated = false
  readonly chunks: Buffer[] = []
  readonly #sink: Writable
  #release: (() => void) | null = null

  constructor (group: SubscriberGroup) {
    this.group = group
    this.#sink = new Writable({
      write: (chunk, encoding, done) => {
        this.chunks.push(chunk)
        if (this.isStalled) this.#release = done
        else done()
      }
    })
  }

  get queuedBytes () { return this.#sink.writableLength }
  write (bytes: Buffer) { this.#sink.write(bytes) }
  beat (heartbeat: Buffer) {
    if (this.isAlive) this.write(heartbeat)
    return this.isAlive
  }

  close (delay: number) { this.reconnectDelay = delay }
  reject (code: string, message: string) { this.rejection = `${code}: ${message}` }
  terminate () { this.isTerminated = true }

  resume () {
    this.isStalled = false
    this.#release?.()
  }

  get events (): string[] { return this.chunks.flatMap((chunk) => chunk.toString().split('\n\n').filter((text) => text !== '')) }
  get updates (): Update[] {
    return this.events.filter((text) => text.includes('event: update')).map((text) => JSON.parse(text.slice(text.indexOf('data: ') + 6)))
  }

  /** All messages in short, with the part of their version that counts. */
  get messages (): string[] {
    return this.events.filter((text) => text.startsWith('event: ')).map((text) => {
      const message = JSON.parse(text.slice(text.indexOf('data: ') + 6))
      const { type, station, stations: [{ history = [] } = {}] = [station], listeners = station?.listeners } = message
      return [type, typeof station === 'string' ? station : station?.id, listeners?.current, type === 'listeners' ? '' : `+${history.length}`].filter((part) => part !== '').join(' ')
    })
  }

  get versions (): number[] { return this.events.flatMap((text) => /^id: .*-(.*)$/m.exec(text)?.[1] ?? []).map((count) => parseInt(count, 36)) }

  get titles () { return this.updates.map(({ station: { id, track } }) => `${id} ${track?.text}`) }
}

function setUp (t: Test, { radio = new Radio(), ...options }: { heartbeat?: number, slowAfter?: number, radio?: Radio } = {}) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.teardown(() => mock.timers.reset())
  const metrics = createMetrics()
  const limits = new ConnectionLimits({ subscribers: 5000, perAddress: null })
  const broadcaster = new Broadcaster({ state: radio.state, limits, metrics, heartbeat: 25_000, slowAfter: 30_000, ...options })
  let second = 0
  function subscribeTo (wishes: Partial<Selection>, ...stations: string[]) {
    const subscriber = new FakeSubscriber(broadcaster.group({ ...EVERYTHING, ...wishes, stations: stations.length === 0 ? null : new Set(stations) }))
    broadcaster.add(subscriber)
    return subscriber
  }
  return {
    /** Lets `ms` pass. */
    passes: (ms: number) => mock.timers.tick(ms),
    /** The next report comes so many seconds later. */
    skips: (seconds: number) => { second += seconds },
    radio,
    metrics,
    broadcaster,
    subscribers: broadcaster.subscribers,
    subscribe: (...stations: string[]) => subscribeTo({}, ...stations),
    subscribeTo,
    /** Icecast reports these mounts. Resolves when the changes have been sent. */
    async reports (mounts: Record<string, MountInShort>) {
      for (const change of radio.reports(++second, mounts)) broadcaster.publish(change)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Sets `performance.now()`; returns a function that advances it. */
function mockClock (t: Test): (ms: number) => void {
  let now = 1000
  const clock = mock.method(performance, 'now', () => now)
  t.teardown(() => clock.mock.restore())
  return (ms) => { now += ms }
}

test('a thousand stalled subscribers do not delay the others, and use bounded memory', async (t) => {
  const { radio, metrics, subscribe, subscribers, reports, passes } = setUp(t)
  await reports({ '/a': '0', '/b': '0', '/c': '0' })
  const stalled = Array.from({ length: 1000 }, () => subscribe())
  for (const one of stalled) one.isStalled = true
  const live = Array.from({ length: 10 }, () => subscribe())
  const before = metrics.sent
  for (let i = 1; i <= 50; i++) await reports({ '/a': `${i}`, '/b': `${i}`, '/c': i === 50 ? '50' : '0' })

  for (const one of live) t.equal(one.updates.length, 101, 'the others receive every update')
  const [first] = live
  t.same(first?.titles.slice(-3), ['a 50', 'b 50', 'c 50'])
  const queued = stalled.map(({ queuedBytes }) => queuedBytes)
  const bytes = JSON.stringify(radio.state.list).length
  t.ok(Math.max(...queued) < 2 * bytes, `no more than the changes of one report are queued: ${Math.max(...queued)}`)
  t.equal(new Set(stalled.map((one) => one.chunks.at(-1))).size, 1, 'as the same bytes for all')
  t.match(metrics, { behind: 1000, skipped: 1000 * 48 * 2, sent: before + 1000 * 2 + 10 * 101, dropped: 0 })

  passes(1000)
  t.equal(metrics.behind, 1000, 'nothing is sent while the socket takes nothing')
  for (const one of stalled) one.resume()
  passes(100)
  for (const one of stalled.slice(0, 3)) t.same(one.titles, ['a 1', 'b 1', 'a 50', 'b 50', 'c 50'], 'the newest state of each station, once')
  t.equal(metrics.behind, 0)
  await reports({ '/a': 'on', '/b': '50', '/c': '50' })
  t.equal(stalled[0]?.titles.at(-1), 'a on', 'and each update from then on')
  t.equal(metrics.eventStreams, 1010)
  for (const one of [...stalled, ...live]) subscribers.remove(one)
  t.equal(metrics.eventStreams, 0)
})

test('listener numbers alone are a small message, for subscribers that want them', async (t) => {
  const { subscribe, subscribeTo, reports, skips, metrics } = setUp(t)
  await reports({ '/a': 'One', '/b': 'One' })
  await reports({ '/a': 'Two', '/b': 'One' })
  const [all, one, quiet] = [subscribe(), subscribeTo({ history: 0 }, 'a'), subscribeTo({ history: 0, hasListeners: false })]
  skips(100)
  await reports({ '/a': { title: 'Two', listeners: 5 }, '/b': 'One' })
  await reports({ '/a': { title: 'Three', listeners: 5 }, '/b': 'One' })
  t.same(all.messages, ['snapshot   +1', 'listeners a 5', 'update a 5 +2'])
  t.same(one.messages, ['snapshot   +0', 'listeners a 5', 'update a 5 +0'])
  t.same(quiet.messages, ['snapshot   +0', 'update a 5 +0'])
  t.same(JSON.parse(String(all.events[1]).slice(String(all.events[1]).indexOf('{'))), {
    type: 'listeners', version: one.events[1]?.match(/^id: (.*)$/m)?.[1], station: 'a', listeners: { current: 5, peak: 0 }, mounts: { '/a': 5 }
  })
  t.equal(metrics.sent, 8)
})

test('a station that changes in two ways at once is sent whole', async (t) => {
  const { subscribe, subscribeTo, reports, radio, broadcaster } = setUp(t)
  await reports({ '/a': 'One' })
  const [all, quiet] = [subscribe(), subscribeTo({ hasListeners: false })]
  const changes = [
    ...radio.reports(101, { '/a': { title: 'Two', listeners: 1 } }),
    ...radio.reports(115, { '/a': { title: 'Two', listeners: 2 } })
  ]
  t.equal(changes.length, 2)
  for (const change of changes) broadcaster.publish(change)
  await new Promise((resolve) => setImmediate(resolve))
  t.same(all.messages.slice(1), ['update a 2 +1'])
  t.same(quiet.messages.slice(1), ['update a 2 +1'])
})

test('a slow subscriber receives the newest of updates and listener numbers, and nothing older than before', async (t) => {
  const { subscribe, subscribeTo, reports, passes, skips } = setUp(t)
  await reports({ '/a': 'One', '/b': 'One', '/c': 'One' })
  const slow = [subscribe(), subscribeTo({ hasListeners: false, history: 1 }), subscribeTo({ hasListeners: false }, 'a', 'c')]
  for (const one of slow) one.isStalled = true
  await reports({ '/a': 'Two', '/b': 'One', '/c': 'One' })
  await reports({ '/a': 'Three', '/b': 'Two', '/c': 'One' })
  skips(100)
  await reports({ '/a': { title: 'Three', listeners: 5 }, '/b': 'Two', '/c': { title: 'One', listeners: 6 } })
  skips(100)
  await reports({ '/a': { title: 'Three', listeners: 7 }, '/b': 'Two', '/c': { title: 'One', listeners: 6 } })
  for (const one of slow) one.resume()
  passes(100)
  const [all, quiet, two] = slow.map((one) => one.messages.slice(2))
  t.same(all, ['update b 0 +1', 'listeners c 6', 'update a 7 +2'])
  t.same(quiet, ['update a 0 +1', 'update b 0 +1'], 'with the numbers of their versions')
  t.same(two, ['update a 0 +2'])
  for (const { versions } of slow) t.same(versions, [...versions].sort((a, b) => a - b))
})

test('a client that reconnects receives a snapshot only if something has changed that it asks for', async (t) => {
  const { broadcaster, reports, radio, skips } = setUp(t)
  await reports({ '/a': 'One', '/b': 'One' })
  const before = radio.state.version
  skips(100)
  await reports({ '/a': { title: 'One', listeners: 5 }, '/b': 'One' })
  const messagesFor = (wishes: Partial<Selection>, version = before): string[] => {
    const subscriber = new FakeSubscriber(broadcaster.group({ ...EVERYTHING, ...wishes }))
    broadcaster.add(subscriber, version)
    return subscriber.messages
  }
  t.equal(messagesFor({}).length, 1)
  t.equal(messagesFor({}, radio.state.version).length, 0)
  t.equal(messagesFor({ hasListeners: false }).length, 0)
  t.equal(messagesFor({ stations: new Set(['a']) }).length, 1)
  t.equal(messagesFor({ stations: new Set(['b']) }).length, 0)
  t.equal(messagesFor({ stations: new Set(['b', 'a']), hasListeners: false }).length, 0)
  t.equal(messagesFor({}, 'else-1').length, 1)
})

test('a slow subscriber catches up in the order of the versions', async (t) => {
  const { subscribe, reports, passes, radio } = setUp(t)
  await reports({ '/a': '0', '/b': '0', '/c': '0' })
  const slow = subscribe('a', 'b')
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

test('a subscriber that is behind for longer than `slowAfter` is dropped', async (t) => {
  const { subscribe, subscribers, reports, passes, metrics } = setUp(t, { slowAfter: 1000 })
  const slow = subscribe()
  slow.isStalled = true
  await reports({ '/a': '1' })
  passes(2000)
  t.equal(slow.isTerminated, false, 'it still has the first update to take, and none was withheld')
  await reports({ '/a': '2' })
  passes(1000)
  t.equal(slow.isTerminated, false)
  passes(200)
  t.equal(slow.isTerminated, true)
  t.match(metrics, { dropped: 1, behind: 0, eventStreams: 0 })
  subscribers.remove(slow)
  passes(1000)
})

test('a subscriber that was behind for less than a second is not dropped after a pause of the process', async (t) => {
  const advance = mockClock(t)
  const { subscribe, reports, passes, metrics } = setUp(t, { slowAfter: 30_000 })
  const slow = subscribe()
  slow.isStalled = true
  await reports({ '/a': '1' })
  await reports({ '/a': '2' })
  advance(100)
  passes(100)
  // The process is stopped for a minute, in which the client reads everything. Node runs its timers first when it goes on.
  advance(60_000)
  passes(100)
  slow.resume()
  await new Promise((resolve) => setImmediate(resolve))
  t.match(metrics, { dropped: 0, behind: 0 })
  t.same(slow.titles, ['a 1', 'a 2'])
})

test('the heartbeat finds a stalled subscriber when there are no updates, and drops a subscriber that shows no sign of life', async (t) => {
  const { subscribe, subscribers, passes, metrics } = setUp(t, { slowAfter: 0, heartbeat: 1000 })
  const [alive, stalled, dead] = [subscribe(), subscribe(), subscribe()]
  stalled.isStalled = true
  stalled.write(Buffer.from('x'))
  dead.isAlive = false
  passes(1000)
  t.equal(alive.events.filter((text) => text.includes('event: heartbeat')).length, 1)
  t.same(stalled.events.filter((text) => text.includes('event: heartbeat')), [])
  passes(100)
  t.same([alive, stalled, dead].map(({ isTerminated }) => isTerminated), [false, true, true])
  t.equal(metrics.dropped, 2)
  for (const one of [alive, stalled, dead]) subscribers.remove(one)
})

test('after a pause of the process, a heartbeat waits until what clients have sent was read', async (t) => {
  const advance = mockClock(t)
  const { subscribe, passes, metrics } = setUp(t, { heartbeat: 1000 })
  const subscriber = subscribe()
  subscriber.isAlive = false
  advance(60_000)
  passes(10)
  t.equal(metrics.dropped, 0)
  subscriber.isAlive = true
  await new Promise((resolve) => setImmediate(resolve))
  t.match(metrics, { dropped: 0, eventStreams: 1 })
})

test('a connection that was told to close and stays open is terminated after 2 s', async (t) => {
  const { subscribe, subscribers, passes } = setUp(t)
  const [one, other] = [subscribe(), subscribe()]
  subscribers.evict(one)
  passes(1000)
  subscribers.evict(one)
  subscribers.evict(other)
  passes(900)
  t.equal(one.isTerminated, false)
  passes(300)
  t.equal(one.isTerminated, true, 'even if it was told twice')
  t.equal(other.isTerminated, false)
  subscribers.remove(one)
  passes(1000)
  t.equal(other.isTerminated, true)
})

test('each subscriber receives one heartbeat per interval, and all are spread over it', async (t) => {
  const { subscribe, passes } = setUp(t, { heartbeat: 25_000 })
  const all = Array.from({ length: 500 }, () => subscribe())
  const beats = () => all.reduce((sum, { events }) => sum + events.length - 1, 0)
  for (let i = 1; i <= 100; i++) {
    passes(250)
    t.equal(beats(), 5 * i)
  }
  t.ok(all.every(({ events }) => events.length === 2))
})

test('no timer runs without subscribers', async (t) => {
  const { broadcaster, subscribers, subscribe, passes, reports } = setUp(t, { heartbeat: 1000 })
  const one = subscribe()
  subscribers.remove(one)
  passes(5000)
  await reports({ '/a': '1' })
  t.equal(one.chunks.length, 1)
  t.equal(broadcaster.group(EVERYTHING).members, 0)
})

test('subscribers that connect at the same time share a snapshot until something changes', async (t) => {
  const { subscribe, reports } = setUp(t)
  await reports({ '/a': '1', '/b': '1' })
  const [first, second, other] = [subscribe(), subscribe(), subscribe('b')]
  t.equal(first.chunks[0], second.chunks[0])
  t.not(first.chunks[0], other.chunks[0])
  await reports({ '/a': '2', '/b': '1' })
  t.match(subscribe().chunks[0]?.toString(), '"text":"2"')
})

test('no message stays in memory after it was sent, even if each subscriber selects other stations', async (t) => {
  const { subscribe, reports, passes } = setUp(t)
  await reports({ '/a': '1', '/b': '1', '/c': '1' })
  const few = [subscribe('a', 'b'), subscribe('b', 'c')]
  const many = Array.from({ length: 20 }, () => subscribe('a', 'c'))
  await reports({ '/a': '2', '/b': '2', '/c': '2' })
  t.equal(new Set(many.map(({ chunks }) => chunks.at(-1))).size, 1)
  const sent: Array<WeakRef<Buffer>> = []
  for (const { chunks } of [...few, ...many]) sent.push(...chunks.splice(0).map((chunk) => new WeakRef(chunk)))
  passes(100)
  await awaitCollection(sent)
  t.same(sent.map((one) => one.deref()?.length), sent.map(() => undefined))
})

test('a single change is the same bytes for every selection, and several changes are sent in the order of the versions', async (t) => {
  const { subscribe, reports } = setUp(t)
  await reports({ '/a': '1', '/b': '1', '/c': '1' })
  const all = [subscribe(), subscribe('c', 'b'), subscribe('b'), subscribe('c', 'a', 'b')]
  await reports({ '/a': '1', '/b': '2', '/c': '1' })
  t.equal(new Set(all.map(({ chunks }) => chunks.at(-1))).size, 1)
  await reports({ '/a': '3', '/b': '3', '/c': '3' })
  t.same(all.map(({ titles }) => titles.slice(1)), [['a 3', 'b 3', 'c 3'], ['b 3', 'c 3'], ['b 3'], ['a 3', 'b 3', 'c 3']])
})

test('a subscriber that connects between a change and its publication receives it once', async (t) => {
  const { radio, broadcaster, subscribe } = setUp(t)
  const before = subscribe()
  for (const change of radio.reports(1, { '/a': '1' })) broadcaster.publish(change)
  const one = subscribe()
  await new Promise((resolve) => setImmediate(resolve))
  t.same(one.updates, [])
  t.same(before.titles, ['a 1'])
})

test('a client that reconnects with a current version receives no second snapshot', async (t) => {
  const { radio, broadcaster, reports } = setUp(t)
  await reports({ '/a': '1', '/b': '1' })
  const versionOfA = radio.state.versionOf('a')
  await reports({ '/a': '1', '/b': '2' })
  for (const [stations, lastVersion, isSent] of [
    [null, radio.state.version, false],
    [null, versionOfA, true],
    [null, 'other', true],
    [null, undefined, true],
    [new Set(['a']), versionOfA, false],
    [new Set(['a']), radio.state.version, false],
    [new Set(['b']), versionOfA, true],
    [new Set(['a', 'b']), versionOfA, true]
  ] as const) {
    const subscriber = new FakeSubscriber(broadcaster.group({ ...EVERYTHING, stations }))
    broadcaster.add(subscriber, lastVersion)
    t.equal(subscriber.chunks.length, isSent ? 1 : 0, `${[...stations ?? ['all']]} ${lastVersion}`)
  }
})

test('at shutdown, subscribers are asked to reconnect over a time that grows with their number', async (t) => {
  const { broadcaster, subscribers, subscribe, passes, metrics } = setUp(t)
  const all = Array.from({ length: 5000 }, () => subscribe())
  const closing = subscribe()
  subscribers.evict(closing)
  const closed = broadcaster.close()
  const delays = all.map(({ reconnectDelay }) => Number(reconnectDelay))
  t.ok(Math.max(...delays) > 9000 && Math.max(...delays) <= 11_010)
  t.ok(new Set(delays).size > 1000)
  const late = subscribe()
  t.not(late.reconnectDelay, null, 'as is a subscriber that connects at this moment')
  t.same(late.chunks, [], 'which receives nothing else')
  t.equal(metrics.eventStreams, 0)
  for (const one of all.slice(0, 4000)) subscribers.remove(one)
  passes(500)
  for (const one of [...all.slice(4000), late, closing]) {
    t.ok(one.isTerminated)
    subscribers.remove(one)
  }
  await closed
})

test('subscribers that are asked to move reconnect within a second, and no more are asked than there are', async (t) => {
  const { subscribe, subscribers, metrics, passes } = setUp(t)
  const all = [subscribe(), subscribe(), subscribe()]
  const asked = (): number[] => all.flatMap(({ reconnectDelay }) => reconnectDelay ?? [])
  subscribers.move(2)
  t.equal(asked().length, 2)
  t.ok(asked().every((delay) => delay >= 0 && delay <= 1000), asked().join(', '))
  t.match(metrics, { eventStreams: 1, moved: 2, dropped: 0 })
  subscribers.move(10)
  t.equal(asked().length, 3)
  subscribers.move(1)
  t.match(metrics, { eventStreams: 0, moved: 3 })
  passes(3000)
  t.ok(all.every(({ isTerminated }) => isTerminated), 'those that do not go are disconnected')
})

test('a slow subscriber is not sent a station that was removed in the meantime', async (t) => {
  const { broadcaster, subscribe, passes, reports, metrics } = setUp(t)
  await reports({ '/a': '1' })
  const slow = subscribe()
  slow.isStalled = true
  await reports({ '/a': '2' })
  for (const change of new Radio().reports(1, { '/elsewhere': '1' })) broadcaster.publish(change)
  await reports({ '/a': '3' })
  slow.resume()
  passes(100)
  t.same(slow.titles, ['a 2', 'a 3'])
  t.equal(metrics.behind, 0)
})

test('a subscriber to a station that does not exist is rejected half a minute after the first read, and one to a station that appears is not', async (t) => {
  const advance = mockClock(t)
  const { subscribe, subscribers, reports, passes, metrics } = setUp(t, { heartbeat: 1000 })
  const [unknown, late, all] = [subscribe('a', 'nope'), subscribe('b'), subscribe()]
  const beat = () => {
    for (let i = 0; i < 100; i++) {
      advance(10)
      passes(10)
    }
  }
  beat()
  await reports({ '/a': '1' })
  beat()
  t.equal(unknown.rejection, null, 'its encoder may be about to connect')
  await reports({ '/a': '1', '/b': '1' })
  advance(30_000)
  await new Promise((resolve) => setImmediate(resolve))
  beat()
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(unknown.rejection, 'FST_ICECAST_UNKNOWN_STATION: There is no station `nope`. There are: `a`, `b`')
  t.same([late, all].map(({ rejection }) => rejection), [null, null])
  t.match(metrics, { eventStreams: 2, dropped: 0 })
  beat()
  for (const one of [unknown, late, all]) subscribers.remove(one)
})
