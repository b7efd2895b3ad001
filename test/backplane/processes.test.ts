import { build } from 'esbuild'
import { test } from 'tap'
import { allAgree, allShow, InstanceProcess, leaderOf, until } from '../helpers/instances.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { redisIsMissing, startRedis } from '../helpers/redis.ts'

test('three processes go on as one when the leader is killed or paused, and when Redis is restarted empty', { skip: redisIsMissing, timeout: 110_000 }, async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'A - First')
  // Compiled once, since each process would otherwise take seconds for it.
  const program = `${t.testdir({})}/instance.mjs`
  await build({ entryPoints: ['test/helpers/instance.ts'], outfile: program, bundle: true, packages: 'external', platform: 'node', format: 'esm' })
  const instances = Array.from({ length: 3 }, () => new InstanceProcess({ icecast: icecast.url, redisPort: redis.port, program }))
  t.teardown(() => Promise.all(instances.map((instance) => instance.kill())))
  await Promise.all(instances.map((instance) => instance.start()))
  await until('one leads', () => leaderOf(instances) !== null)
  await until('all show the first title', () => allShow(instances, 'A - First'))

  const killed = leaderOf(instances)
  const first = (await instances[0]?.list())?.stations[0]?.track?.id
  await killed?.kill()
  t.comment(`killed: another leads after ${await until('another leads', () => leaderOf(instances) !== null)} ms`)
  await until('the others agree', () => allAgree(instances))
  for (const instance of instances.filter((one) => one !== killed)) t.match((await instance.list()).stations[0], { status: 'live', track: { id: first } })
  icecast.title('/main.mp3', 'B - Second')
  await until('the others show the next title', () => allShow(instances, 'B - Second'))
  await killed?.start()
  await until('it is back', () => allShow(instances, 'B - Second'))

  const paused = leaderOf(instances)
  const others = instances.filter((one) => one !== paused)
  paused?.signal('SIGSTOP')
  t.comment(`paused: another leads after ${await until('another leads', () => leaderOf(others) !== null)} ms`)
  icecast.title('/main.mp3', 'C - Third')
  await until('the others show the third title', () => allShow(others, 'C - Third'))
  const shown = (await others[0]?.list())?.version
  paused?.signal('SIGCONT')
  await until('it follows', () => allShow(instances, 'C - Third'))
  await until('all agree', () => allAgree(instances))
  t.equal(paused?.leads, false)
  t.ok(String((await others[0]?.list())?.version) >= String(shown))

  await redis.stop()
  icecast.title('/main.mp3', 'D - Fourth')
  t.comment(`without Redis the title is everywhere after ${await until('all show the fourth title', () => allShow(instances, 'D - Fourth'))} ms`)
  await redis.start()
  await until('one leads again', () => leaderOf(instances) !== null)
  await until('all agree again', () => allAgree(instances))
  icecast.title('/main.mp3', 'E - Fifth')
  await until('all show the fifth title', () => allShow(instances, 'E - Fifth'))

  for (const instance of instances) {
    const texts = instance.announced.map(({ text }) => text)
    t.strictSame(texts, [...new Set(texts)], 'nothing was announced twice')
    t.equal(texts.at(-1), 'E - Fifth')
  }
  const closed = leaderOf(instances)
  closed?.signal('SIGTERM')
  t.comment(`closed: another leads after ${await until('another leads', () => instances.some((one) => one !== closed && one.leads))} ms`)
})
