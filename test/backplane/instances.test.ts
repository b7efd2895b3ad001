import { test } from 'tap'
import { becomes } from '../helpers/becomes.ts'
import { allShow, announcedBy, Cluster, leaderOf } from './helper.ts'

test('of three instances one reads Icecast, and all publish the same state', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(3)
  const { icecast } = cluster
  const announced = instances.map(announcedBy)
  icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  icecast.title('/main.mp3', 'B - Two')
  await allShow(instances, 'B - Two')
  t.strictSame(announced, [['A - One', 'B - Two'], ['A - One', 'B - Two'], ['A - One', 'B - Two']])
  const leader = leaderOf(instances)
  await becomes(() => instances.every(({ app }) => app.nowPlaying.version === leader.app.nowPlaying.version))
  for (const path of ['/now-playing', '/now-playing/main.mp3', '/now-playing/main.mp3/history']) {
    const answers = await Promise.all(instances.map(({ get }) => get(path)))
    const [first] = answers
    for (const { text, headers } of answers) {
      t.equal(text, first?.text)
      t.equal(headers.get('etag'), first?.headers.get('etag'))
    }
  }
  t.match(leader.app.nowPlaying.version, /^[0-9a-z]{8}-[0-9a-z]+$/)
})

test('when the leader closes, another one leads at once and goes on with the track', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(3)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  const leader = leaderOf(instances)
  const others = instances.filter((one) => one !== leader)
  const announced = others.map(announcedBy)
  const statuses: string[] = []
  for (const { app } of others) app.nowPlaying.on('status', ({ status }) => { statuses.push(status) })
  const tracks = instances.map(({ app }) => app.nowPlaying.get('main.mp3')?.track)
  const at = performance.now()
  await leader.app.close()
  await becomes(() => others.some(({ app }) => app.nowPlaying.leads))
  t.comment(`another leads after ${Math.round(performance.now() - at)} ms`)
  cluster.icecast.title('/main.mp3', 'B - Two')
  await allShow(others, 'B - Two')
  t.strictSame(announced, [['B - Two'], ['B - Two']])
  t.strictSame(statuses, [])
  for (const { app } of others) t.match(app.nowPlaying.get('main.mp3')?.history[0], { ...tracks[0] })
})

test('a leader that is gone without a word is replaced, and its track goes on', async (t) => {
  const cluster = await Cluster.open(t)
  const instances = await cluster.addSeveral(3)
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow(instances, 'A - One')
  const leader = leaderOf(instances)
  const others = instances.filter((one) => one !== leader)
  const announced = others.map(announcedBy)
  const at = performance.now()
  leader.faults.hangs = true
  await becomes(() => others.some(({ app }) => app.nowPlaying.leads))
  t.comment(`another leads after ${Math.round(performance.now() - at)} ms`)
  cluster.icecast.title('/main.mp3', 'B - Two')
  await allShow(others, 'B - Two')
  t.strictSame(announced, [['B - Two'], ['B - Two']])
})

for (const fault of ['isDown', 'hangs'] as const) {
  test(`when the backplane ${fault === 'isDown' ? 'is down' : 'hangs'}, each instance reads Icecast itself, and afterwards all agree without announcing a title twice`, async (t) => {
    const cluster = await Cluster.open(t)
    const instances = await cluster.addSeveral(3)
    const announced = instances.map(announcedBy)
    cluster.icecast.title('/main.mp3', 'A - One')
    await allShow(instances, 'A - One')
    const statuses: string[] = []
    for (const { app } of instances) app.nowPlaying.on('status', ({ status }) => { statuses.push(status) })
    const ids = instances.map(({ app }) => app.nowPlaying.get('main.mp3')?.track?.id)
    const at = performance.now()
    for (const { faults } of instances) faults[fault] = true
    cluster.icecast.title('/main.mp3', 'B - Two')
    await allShow(instances, 'B - Two')
    t.comment(`all show the next title after ${Math.round(performance.now() - at)} ms`)
    cluster.icecast.title('/main.mp3', 'C - Three')
    await allShow(instances, 'C - Three')
    t.equal(instances.filter(({ app }) => app.nowPlaying.leads).length, 1, 'the last leader goes on to lead')
    for (const { faults } of instances) faults[fault] = false
    await becomes(() => new Set(instances.map(({ app }) => app.nowPlaying.version)).size === 1)
    const states = instances.map(({ app }) => JSON.stringify(app.nowPlaying.list()))
    t.equal(new Set(states).size, 1)
    t.equal(instances.filter(({ app }) => app.nowPlaying.leads).length, 1)
    cluster.icecast.title('/main.mp3', 'D - Four')
    await allShow(instances, 'D - Four')
    t.strictSame(announced, instances.map(() => ['A - One', 'B - Two', 'C - Three', 'D - Four']))
    t.strictSame(statuses, [])
    t.match(instances[0]?.app.nowPlaying.get('main.mp3')?.history, [{ text: 'C - Three' }, { text: 'B - Two' }, { text: 'A - One', id: ids[0] }])
    for (const { logs } of instances) {
      t.strictSame(logs.filter(({ msg }) => msg.includes('backplane')).map(({ msg }) => msg.slice(0, 30)), ['The backplane cannot be used; ', 'The backplane can be used agai'])
    }
  })
}
