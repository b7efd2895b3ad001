import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { connectInstance } from '../../lib/backplane/connect.ts'
import { becomes } from '../helpers/becomes.ts'
import { allShow, announcedBy, Cluster } from './helper.ts'

test('after all instances were gone for minutes, the history is still there and a track that is still on goes on', async (t) => {
  const cluster = await Cluster.open(t)
  const before = await cluster.add()
  for (const title of ['A - One', 'B - Two']) {
    cluster.icecast.title('/main.mp3', title)
    await allShow([before], title)
  }
  const id = before.app.nowPlaying.get('main.mp3')?.track?.id
  await before.app.close()
  const other = cluster.shared.open()
  const stored = await other.read()
  const term = await other.lead(60_000) ?? NaN
  await other.write(term, { head: JSON.stringify({ ...JSON.parse(stored?.head ?? ''), term, time: Date.now() - 120_000 }), stations: new Map() }, 'hint')
  await other.leave()
  const after = await cluster.add()
  await allShow([after], 'B - Two')
  t.match(after.app.nowPlaying.get('main.mp3'), { track: { id }, history: [{ text: 'A - One' }] })
})

test('an instance that was alone takes the ids of those who have led meanwhile, but not an older title', async (t) => {
  const cluster = await Cluster.open(t)
  const leader = await cluster.add()
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow([leader], 'A - One')
  // It knows nothing of the others, so it gives other ids to the same plays.
  const alone = await cluster.add({}, { isDown: true })
  await allShow([leader, alone], 'A - One')
  const announced = announcedBy(alone)
  const outages = (): number => alone.logs.filter(({ msg }) => msg.startsWith('The backplane cannot be used')).length
  await becomes(() => outages() === 1)
  cluster.icecast.title('/main.mp3', 'B - Two')
  await allShow([leader, alone], 'B - Two')
  const theirs = leader.app.nowPlaying.get('main.mp3')?.track?.id
  t.not(alone.app.nowPlaying.get('main.mp3')?.track?.id, theirs)
  await leader.app.close()
  alone.faults.isDown = false
  await becomes(() => alone.logs.some(({ msg }) => msg === 'The backplane can be used again'))
  t.equal(alone.app.nowPlaying.leads, true)
  t.equal(alone.app.nowPlaying.get('main.mp3')?.track?.id, theirs, 'the same play')
  const next = await cluster.add()
  alone.faults.isDown = true
  await becomes(() => next.app.nowPlaying.leads)
  cluster.icecast.title('/main.mp3', 'C - Three')
  await allShow([next, alone], 'C - Three')
  await next.app.close()
  cluster.icecast.title('/main.mp3', 'D - Four')
  await allShow([alone], 'D - Four')
  alone.faults.isDown = false
  const late = await cluster.add()
  await allShow([late], 'D - Four')
  t.equal(alone.app.nowPlaying.get('main.mp3')?.track?.text, 'D - Four')
  t.strictSame(announced, ['B - Two', 'C - Three', 'D - Four'])
})

test('a leader that was stopped while it asked the backplane leads on, or waits, but does not go on alone', async (t) => {
  const cluster = await Cluster.open(t)
  const one = await cluster.add()
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow([one], 'A - One')
  const calls = one.faults.calls['lead'] ?? 0
  one.faults.hangs = true
  await becomes(() => (one.faults.calls['lead'] ?? 0) > calls)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000)
  one.faults.hangs = false
  await delay(50)
  cluster.icecast.title('/main.mp3', 'B - Two')
  await allShow([one], 'B - Two')
  t.equal(one.logs.some(({ msg }) => msg.includes('backplane')), false)
})

test('an instance reads Icecast itself when the leader writes nothing', async (t) => {
  const cluster = await Cluster.open(t)
  const other = cluster.shared.open()
  await other.lead(60_000)
  cluster.icecast.title('/main.mp3', 'A - One')
  const one = await cluster.add()
  t.equal(one.app.nowPlaying.leads, false)
  await allShow([one], 'A - One')
  t.ok(one.logs.some(({ msg }) => msg.includes('the leader has not written')))
})

test('without a backplane a question is answered at once', async (t) => {
  const cluster = await Cluster.open(t)
  const { app } = await cluster.add({ backplane: undefined })
  t.equal(app.nowPlaying.leads, true)
  const options = { backplane: null, answers: new Map([['echo', (text: string) => text]]) }
  const only = await connectInstance(Object.assign(Object.create(null), options))
  t.equal(await only.ask('echo', 'a'), 'a')
  t.equal(await only.ask('other', 'a'), null)
  t.strictSame(only.outages, [])
})
