import { build } from 'esbuild'
import { test } from 'tap'
import { icecast2Missing, startIcecast2 } from '../helpers/icecast2.ts'
import { allAgree, allShow, InstanceProcess, leaderOf, until } from '../helpers/instances.ts'
import { redisIsMissing, startRedis } from '../helpers/redis.ts'
import { connectSource } from '../helpers/source.ts'

const skip = icecast2Missing() || redisIsMissing
const ONE_SECOND = 1000

/** What an instance answers at `/now-playing`, as text. */
async function bodyOf (instance: InstanceProcess): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${instance.port}/now-playing`, { signal: AbortSignal.timeout(5000) })
  return await response.text()
}

test('three processes in front of a real Icecast show the same, and load it as one does', { skip, timeout: 110_000 }, async (t) => {
  const icecast = await startIcecast2({ mounts: '<mount type="normal"><mount-name>/main.mp3</mount-name><charset>UTF-8</charset></mount>' })
  t.teardown(() => icecast.stop())
  const source = await connectSource(icecast, '/main.mp3', { name: 'Radio Main' })
  t.teardown(() => source.disconnect())
  const redis = await startRedis()
  t.teardown(() => redis.close())
  // Compiled once, since each process would otherwise take seconds for it.
  const program = `${t.testdir({})}/instance.mjs`
  await build({ entryPoints: ['test/helpers/instance.ts'], outfile: program, bundle: true, packages: 'external', platform: 'node', format: 'esm' })
  const options = { interval: 100, hold: 0 }
  const instances = Array.from({ length: 3 }, () => new InstanceProcess({ icecast: icecast.url, redisPort: redis.port, program, options }))
  t.teardown(() => Promise.all(instances.map((instance) => instance.kill())))
  const running = (): InstanceProcess[] => instances.filter(({ isRunning }) => isRunning)

  /** Sets a title, waits until all that run show it, and compares what they answer. */
  async function play (title: string): Promise<void> {
    await icecast.setTitle('/main.mp3', title)
    t.comment(`${title}: on all after ${Math.round(await until(`all show ${title}`, () => allShow(instances, title)))} ms`)
    await until('all agree', () => allAgree(instances))
    const bodies = await Promise.all(running().map(bodyOf))
    t.match(bodies[0], title)
    t.strictSame(new Set(bodies).size, 1, `${running().length} instances answer the same, byte for byte`)
    const ids = running().map(({ announced }) => announced.at(-1)?.id)
    t.type(ids[0], 'string')
    t.strictSame(new Set(ids).size, 1, 'the track has the same id on all')
  }

  /** The requests a second that Icecast gets, over two seconds. */
  async function rate (): Promise<number> {
    const before = icecast.requests()
    const start = performance.now()
    await until('two seconds have passed', () => performance.now() - start >= 2 * ONE_SECOND)
    return (icecast.requests() - before) * ONE_SECOND / (performance.now() - start)
  }

  const [first, ...others] = instances
  await first?.start()
  await until('the first leads', () => first?.leads === true)
  await icecast.setTitle('/main.mp3', 'A - First')
  await until('the first shows it', () => allShow(instances, 'A - First'))
  const ofOne = await rate()
  await Promise.all(others.map((instance) => instance.start()))
  await until('all show it', () => allShow(instances, 'A - First'))
  const ofThree = await rate()
  t.ok(ofOne > 1, 'the requests are counted')
  // Three that read would send three times as many; this leaves room for a machine that is busy.
  t.ok(ofThree < 2.2 * ofOne, `${ofThree.toFixed(1)} requests a second with three instances, ${ofOne.toFixed(1)} with one`)
  await play('Björk - Jóga')
  await play('Кино - Группа крови')

  const killed = leaderOf(instances)
  await killed?.kill()
  t.comment(`killed: another leads after ${Math.round(await until('another leads', () => leaderOf(instances) !== null))} ms`)
  await play('D - Fourth')
  await killed?.start()
  await play('E - Fifth')

  const closed = leaderOf(instances)
  const rest = instances.filter((one) => one !== closed)
  closed?.signal('SIGTERM')
  t.comment(`closed: another leads after ${Math.round(await until('another leads', () => leaderOf(rest) !== null))} ms`)
  await until('it has ended', () => closed?.isRunning === false)
  await play('F - Sixth')

  for (const { announced } of rest) {
    const texts = announced.map(({ text }) => text)
    t.strictSame(texts, [...new Set(texts)], 'nothing was announced twice')
  }
  t.equal(rest.length, 2)
})
