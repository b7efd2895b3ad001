import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import { SharedClock } from '../../lib/state/shared-clock.ts'
import { becomes } from '../helpers/becomes.ts'
import { allShow, Cluster, leaderOf, type OneInstance } from './helper.ts'

/** The instance that leads, and another one. */
function roles (instances: readonly OneInstance[]): [leader: OneInstance, follower: OneInstance] {
  const leader = leaderOf(instances)
  const follower = instances.find((one) => one !== leader)
  if (follower === undefined) throw new Error('there is only one instance')
  return [leader, follower]
}

test('`refresh` of any instance makes the leader read, and resolves when the result has arrived', async (t) => {
  const cluster = await Cluster.open(t)
  const [leader, follower] = roles(await cluster.addSeveral(2, { interval: 60_000 }))
  cluster.icecast.title('/main.mp3', 'A - One')
  t.equal(await follower.app.nowPlaying.refresh(), true)
  t.equal(follower.app.nowPlaying.get('main.mp3')?.track?.text, 'A - One')
  cluster.icecast.title('/main.mp3', 'B - Two')
  t.equal(await leader.app.nowPlaying.refresh(), true)
  t.equal(leader.app.nowPlaying.get('main.mp3')?.track?.text, 'B - Two')
  cluster.icecast.fail('refused')
  t.equal(await follower.app.nowPlaying.refresh(), false)
})

test('`refresh` of an instance that closes, or that cannot reach the leader, resolves to false', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(2)
  const [leader, follower] = roles(instances)
  leader.faults.losesHints = true
  const unanswered = follower.app.nowPlaying.refresh()
  follower.faults.isDown = true
  t.equal(await follower.app.nowPlaying.refresh(), false, 'it cannot be sent')
  await follower.app.close()
  t.equal(await unanswered, false)
})

test('what any instance is told reaches the leader, and is published everywhere', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(2)
  const [, follower] = roles(instances)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  t.strictSame(await follower.app.nowPlaying.tell('main.mp3', { artist: 'A', title: 'One', duration: 200_000, next: { title: 'Two' } }), { shown: true, status: 'shown', reason: null })
  t.match(follower.app.nowPlaying.get('main.mp3'), { track: { duration: 200_000 }, next: { text: 'Two' } })
  t.match(await follower.app.nowPlaying.tell('main.mp3', { artist: 'B', title: 'Other' }), { shown: false, reason: 'other-title' })
  await t.rejects(follower.app.nowPlaying.tell('main.mp3', { artist: 'A', duration: -1 }), { code: 'FST_ICECAST_INVALID_DETAILS' })
  follower.faults.hangs = true
  t.match(await follower.app.nowPlaying.tell('main.mp3', { artist: 'A', title: 'One' }), { shown: false, reason: 'no-leader' })
})

test('questions that are not understood are not answered, and texts of others do no harm', async (t) => {
  const cluster = await Cluster.open(t)
  const [, follower] = roles(await cluster.addSeveral(2))
  const other = cluster.shared.open()
  const texts: string[] = []
  await other.listen({ onHint: (text) => { texts.push(text) }, onLost: () => {} })
  for (const text of ['["question","a","unknown",""]', '["question","b","tell","[1]"]', '["question","b","tell","{"]', '["answer","nobody","",1,1,1]', '["write",1,1,1,1,null]', '["write",9007199254740991,0,9007199254740991,1,["x"]]', 'nonsense', '[]', '["answer"]', '["question"]', '["write"]', '"text"', 'x'.repeat(10_000)]) await other.tell(text)
  t.equal(await follower.app.nowPlaying.refresh(), true)
  t.strictSame(texts.filter((text) => /^\["answer","[ab]"/.test(text)), [])
})

test('instances whose clocks differ publish the leader\'s time, also after a takeover', async (t) => {
  const cluster = await Cluster.open(t)
  const leader = await cluster.add({ delay: 300 })
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow([leader], 'A - One')
  // The clock of this process is set forward: both instances have it, but the leader's time was read before.
  const { now } = Date
  t.teardown(() => { Date.now = now })
  const follower = await cluster.add({ delay: 300 })
  const serverTime = async (instance: OneInstance): Promise<number> => {
    const message = await instance.page().snapshot()
    return message.type === 'snapshot' ? Date.parse(message.serverTime) : NaN
  }
  await becomes(() => follower.app.nowPlaying.version === leader.app.nowPlaying.version)
  await delay(100)
  t.ok(Math.abs(await serverTime(follower) - now()) < 2000)
  Date.now = () => now() + 300_000
  t.ok(Math.abs(await serverTime(follower) - now()) < 2000, 'the follower keeps the leader\'s time')
  Date.now = now
})

test('a follower takes the largest of the last differences, and a new leader approaches its own time slowly', async (t) => {
  const { now } = performance
  t.teardown(() => { performance.now = now })
  let monotonic = 1000
  performance.now = () => monotonic
  const clock = new SharedClock()
  t.ok(Math.abs(clock.now().wall - Date.now()) < 1000)
  const ahead = Date.now() + 300_000
  clock.observe(ahead - 700)
  t.equal(clock.now().wall, ahead - 700)
  clock.observe(ahead)
  clock.observe(ahead - 40)
  t.equal(clock.now().wall, ahead)
  for (let i = 0; i < 6; i++) clock.observe(ahead - 100_000)
  t.equal(clock.now().wall, ahead - 100_000, 'the clock of the leader was set')
  clock.observe(ahead)
  clock.lead()
  const offset = (): number => clock.now().wall - Date.now()
  t.ok(Math.abs(offset() - 300_000) < 1000)
  monotonic += 1_000_000
  t.ok(Math.abs(offset() - 290_000) < 1000)
  monotonic += 100_000_000
  t.ok(Math.abs(offset()) < 1000)
})
