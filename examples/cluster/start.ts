// Three instances of an app on one machine, with Redis, an Icecast and a balancer. Run it with `npm run example:cluster`, which
// builds the package before; redis-server has to be installed. Ctrl+C ends everything.
//
//   PORT  where the balancer listens; default 3000
//   PACE  ms between two titles of the fake Icecast; default 10000
//
// While a page is open, kill the instance that leads (`kill -9` and the process id that is printed): the titles go on.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { startBalancer } from './balancer.ts'
import { startInstance, startRedis } from './processes.ts'

// All artists and titles are invented.
const TITLES = ['Marlow & the Tidewater - Slow Weather', 'Paper Lanterns - Moonlit Arcade', 'Os Barcos de Papel - Saudade às três', 'Hollow Pines - Half Past Never']
const INSTANCES = 3

/** What has to end, the newest first. */
const running: Array<() => unknown> = []
let ending: Promise<void> | null = null

/** Throws when the end has begun while this was started. */
function atEnd (end: () => unknown): void {
  running.push(end)
  if (ending !== null) throw new Error('stopped')
}

async function endAll (): Promise<void> {
  for (let end = running.pop(); end !== undefined; end = running.pop()) await end()
}

function stop (): void {
  ending ??= endAll()
}

function print (line: string): void {
  if (ending === null) console.log(`  ${new Date().toTimeString().slice(0, 8)}  ${line}`)
}

async function start ({ PORT = '3000', PACE = '10000' }: NodeJS.ProcessEnv): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'))
  atEnd(() => rm(folder, { recursive: true, force: true }))
  const redis = await startRedis(folder)
  atEnd(() => redis.stop())

  const icecast = await fakeIcecast()
  atEnd(() => icecast.close())
  icecast.source('/radio.mp3', { name: 'Radio' })
  let count = 0
  const play = (): void => { icecast.title('/radio.mp3', `${TITLES[count++ % TITLES.length]}`) }
  play()
  const timer = setInterval(play, Number(PACE))
  atEnd(() => clearInterval(timer))

  const starting = Array.from({ length: INSTANCES }, () => startInstance(icecast.url, redis.port, print))
  // Those that have started end also when another one has not.
  atEnd(() => Promise.all(starting.map((each) => each.then((instance) => instance.stop(), () => {}))))
  const instances = await Promise.all(starting)
  const balancer = await startBalancer(Number(PORT), () => instances.flatMap(({ port }) => port ?? []))
  atEnd(() => balancer.close())

  console.log(`
  Open http://127.0.0.1:${balancer.port} in some windows: each is connected to one of ${INSTANCES} instances.
  As JSON: http://127.0.0.1:${balancer.port}/now-playing
  Instances: ${instances.map(({ pid, port }) => `${pid} (port ${port})`).join(', ')}; Redis: ${redis.pid} (port ${redis.port})
  A new title begins every ${Number(PACE) / 1000} s. Stop everything with Ctrl+C.
`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
try {
  await start(process.env)
} catch (error) {
  if (ending === null) {
    console.error(`\n  The example cannot start. ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
  stop()
}
if (ending !== null) {
  await ending
  // What has started meanwhile.
  await endAll()
}
