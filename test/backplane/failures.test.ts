import { once } from 'node:events'
import { test } from 'tap'
import type { Backplane } from '../../lib/backplane/backplane.ts'
import { becomes } from '../helpers/becomes.ts'
import { allShow, announcedBy, Cluster, leaderOf } from './helper.ts'

/** Blocks the event loop, as a process that is stopped. */
function block (ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('an app is ready when the backplane hangs, reads Icecast itself, and joins the others when it can', async (t) => {
  const cluster = await Cluster.open(t)
  cluster.icecast.title('/main.mp3', 'A - One')
  const first = await cluster.add()
  await allShow([first], 'A - One')
  const second = await cluster.add({}, { hangs: true })
  await allShow([second], 'A - One')
  t.equal(second.app.nowPlaying.leads, true, 'as far as it knows it is alone')
  const announced = announcedBy(second)
  second.faults.hangs = false
  await becomes(() => second.app.nowPlaying.version === first.app.nowPlaying.version)
  t.strictSame(second.app.nowPlaying.list(), first.app.nowPlaying.list())
  t.equal(second.app.nowPlaying.leads, false)
  t.strictSame(announced, [])
})

test('an instance that is cut off shows the next title, and later what the others show', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(3)
  const announced = instances.map(announcedBy)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  for (const isLeader of [false, true]) {
    const leader = leaderOf(instances)
    const cutOff = isLeader ? leader : instances.find((one) => one !== leader)
    if (cutOff === undefined) throw new Error('there is no such instance')
    cutOff.faults.isDown = true
    const title = isLeader ? 'C - Three' : 'B - Two'
    await becomes(() => cutOff.logs.some(({ msg }) => msg.startsWith('The backplane cannot be used')))
    cluster.icecast.title('/main.mp3', title)
    await allShow(instances, title)
    cutOff.faults.isDown = false
    await becomes(() => new Set(instances.map(({ app }) => app.nowPlaying.version)).size === 1)
    t.equal(new Set(instances.map(({ app }) => JSON.stringify(app.nowPlaying.list()))).size, 1)
  }
  t.strictSame(announced, instances.map(() => ['A - One', 'B - Two', 'C - Three']))
})

test('lost hints are made up for within seconds', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(2)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  for (const { faults } of instances) faults.losesHints = true
  const announced = instances.map(announcedBy)
  cluster.icecast.title('/main.mp3', 'B - Two')
  await allShow(instances, 'B - Two')
  t.strictSame(announced, [['B - Two'], ['B - Two']])
})

test('a follower that cannot read the state for a moment reads it again', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(2)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  const [follower] = instances.filter(({ app }) => !app.nowPlaying.leads)
  if (follower === undefined) throw new Error('there is no follower')
  const reads = follower.faults.calls['read'] ?? 0
  follower.faults.failsToRead = true
  cluster.icecast.title('/main.mp3', 'B - Two')
  await becomes(() => (follower.faults.calls['read'] ?? 0) > reads + 1)
  follower.faults.failsToRead = false
  await allShow(instances, 'B - Two')
})

test('an instance that was stopped publishes nothing that it read before, and follows the new leader', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(2)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  const leader = leaderOf(instances)
  const [other] = instances.filter((one) => one !== leader)
  if (other === undefined) throw new Error('there is no other instance')
  // Both are in this process, so another leader has to be made up for: a third handle leads as soon as it can.
  const third = cluster.shared.open()
  block(3500)
  t.equal(leader.app.nowPlaying.leads, false, 'its time is over')
  const term = await third.lead(60_000)
  t.type(term, 'number', 'it has not extended it')
  const versions: string[] = []
  leader.app.nowPlaying.on('update', () => { versions.push(leader.app.nowPlaying.version) })
  cluster.icecast.title('/main.mp3', 'B - Two')
  const reads = cluster.icecast.requests.length
  await becomes(() => (leader.faults.calls['lead'] ?? 0) > 6)
  t.strictSame(versions, [])
  t.ok(cluster.icecast.requests.length <= reads + 2, 'it does not read any more')
  await third.leave()
  await allShow(instances, 'B - Two')
})

test('a blocked leader goes on in the same term when nobody else has led', async (t) => {
  const cluster = await Cluster.open(t)
  const one = await cluster.add()
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow([one], 'A - One')
  const announced = announcedBy(one)
  block(3500)
  cluster.icecast.title('/main.mp3', 'B - Two')
  await allShow([one], 'B - Two')
  t.strictSame(announced, ['B - Two'])
  t.equal(one.logs.some(({ msg }) => msg.includes('backplane')), false)
})

test('what an old leader writes is refused, and it leads again in a higher term', async (t) => {
  const cluster = await Cluster.open(t)
  const one = await cluster.add()
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow([one], 'A - One')
  const other = cluster.shared.open()
  one.faults.losesHints = true
  const term = Date.now() + 60_000
  t.equal(await other.write(term, { head: 'of another leader', stations: new Map() }, 'hint'), true)
  cluster.icecast.title('/main.mp3', 'B - Two')
  await allShow([one], 'B - Two')
  cluster.icecast.title('/main.mp3', 'C - Three')
  await allShow([one], 'C - Three')
  t.ok(parseInt(one.app.nowPlaying.version, 36) > term)
})

test('a store that was emptied is filled again', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(2)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  const other = cluster.shared.open()
  const stored = await other.read()
  // As after an eviction: the state is gone, the lease is not.
  await other.write(stored?.term ?? 0, { head: stored?.head ?? '', stations: new Map([['main.mp3', null]]) }, 'unknown hint')
  const late = await cluster.add()
  await allShow([late], 'A - One')
  t.strictSame(late.app.nowPlaying.list(), instances[0]?.app.nowPlaying.list())
})

test('an instance that cannot read the format of the state reads Icecast itself, and replaces it when it leads', async (t) => {
  const cluster = await Cluster.open(t)
  const other = cluster.shared.open()
  const term = await other.lead(60_000) ?? NaN
  await other.write(term, { head: JSON.stringify({ format: 99 }), stations: new Map([['main.mp3', 'of another version']]) }, '["write", 99]')
  cluster.icecast.title('/main.mp3', 'A - One')
  const one = await cluster.add()
  await allShow([one], 'A - One')
  t.ok(one.logs.some(({ msg }) => msg.includes('its format is 99, and this version of fastify-icecast reads 1')))
  await other.leave()
  await becomes(() => one.logs.some(({ msg }) => msg === 'The backplane can be used again'))
  t.ok(one.logs.some(({ msg }) => msg === 'The state in the backplane cannot be used, and is replaced'))
  const second = await cluster.add()
  await allShow([second], 'A - One')
  t.strictSame(second.app.nowPlaying.list(), one.app.nowPlaying.list())
})

test('a station that cannot be read stays as it was, and is logged once', async (t) => {
  const cluster = await Cluster.open(t)
  cluster.icecast.source('/other.mp3')
  cluster.icecast.title('/main.mp3', 'A - One')
  const other = cluster.shared.open()
  const writer = await cluster.add()
  await allShow([writer], 'A - One')
  await becomes(() => writer.app.nowPlaying.list().length === 2)
  let stored = await other.read()
  while (stored?.stations.size !== 2) stored = await other.read()
  await writer.app.close()
  const term = await other.lead(60_000) ?? NaN
  const head = { ...JSON.parse(stored.head), term, sequence: 1, time: Date.now() }
  await other.write(term, { head: JSON.stringify(head), stations: new Map([['main.mp3', '{"version":"a-1","station":[]}']]) }, JSON.stringify(['write', term, 0, 1, Date.now(), null]))
  const one = await cluster.add()
  await becomes(() => one.app.nowPlaying.list().length === 1)
  t.match(one.app.nowPlaying.list(), [{ id: 'other.mp3' }])
  t.equal(one.logs.filter(({ msg }) => msg.includes('station `main.mp3` is not as it should be')).length, 1)
  for (const sequence of [2, 3]) {
    const text = sequence === 2 ? 'x'.repeat(10) : stored.stations.get('main.mp3') ?? ''
    await other.write(term, { head: JSON.stringify({ ...head, sequence }), stations: new Map([['main.mp3', text]]) }, JSON.stringify(['write', term, sequence - 1, sequence, Date.now(), ['main.mp3']]))
  }
  await allShow([one], 'A - One')
})

test('a backplane that throws in `listen` is asked again', async (t) => {
  const cluster = await Cluster.open(t)
  const shared = cluster.shared.open()
  let attempts = 0
  const backplane: Backplane = {
    lead: (ms) => shared.lead(ms),
    leave: () => shared.leave(),
    write: (...args) => shared.write(...args),
    read: (ids) => shared.read(ids),
    tell: (text) => shared.tell(text),
    close: () => shared.close(),
    listen: async (listener) => {
      if (++attempts === 1) throw new Error('not yet')
      listener.onLost()
      await shared.listen(listener)
    }
  }
  const [one, two] = [await cluster.add(), await cluster.add({ backplane })]
  await becomes(() => attempts === 2)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow([one, two], 'A - One')
})

test('one backplane serves one registration, unless it can be opened', async (t) => {
  const cluster = await Cluster.open(t)
  const backplane = cluster.shared.open()
  delete backplane.open
  Object.defineProperty(backplane, 'open', { value: undefined })
  await cluster.add({ backplane })
  await t.rejects(cluster.add({ backplane }), { code: 'FST_ICECAST_INVALID_OPTION', message: /option `backplane` is .* one that no other registration uses/ })
  await t.rejects(cluster.add({ backplane: Object.create(null) }), { message: /should be an object with the functions `lead`/ })
})

test('an app that is closed before it is ready, or while the backplane hangs, closes at once', async (t) => {
  const cluster = await Cluster.open(t)
  const one = await cluster.add({}, { hangs: true })
  const at = performance.now()
  await one.app.close()
  await one.app.close()
  t.ok(performance.now() - at < 3000)
})

test('a follower is told of changes of a station by station, and of stations that are gone', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(2)
  cluster.icecast.source('/b.mp3')
  await Promise.all(instances.map(async ({ app }) => { while (app.nowPlaying.list().length < 2) await once(app.nowPlaying, 'update') }))
  t.strictSame(instances.map(({ app }) => app.nowPlaying.list().map(({ id }) => id)), [['b.mp3', 'main.mp3'], ['b.mp3', 'main.mp3']])
  for (let i = 0; i < 5; i++) {
    cluster.icecast.title('/b.mp3', `B - ${i}`)
    cluster.icecast.title('/main.mp3', `A - ${i}`)
    await allShow(instances, `B - ${i}`, 'b.mp3')
    await allShow(instances, `A - ${i}`)
  }
  await becomes(() => new Set(instances.map(({ app }) => app.nowPlaying.version)).size === 1)
})
