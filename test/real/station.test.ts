import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test, type Test } from 'tap'
import { icecast2Missing, startIcecast2, until as eventually, type Icecast2, type Icecast2Options } from '../helpers/icecast2.ts'
import { connectSource } from '../helpers/source.ts'
import { isLive, scenario, until, type Page, type Scenario, type ScenarioOptions } from '../helpers/station.ts'

const skip = icecast2Missing()
const UTF8 = { mounts: '<mount type="normal"><mount-name>/main.mp3</mount-name><charset>UTF-8</charset></mount>' }

async function icecast2 (t: Test, options: Icecast2Options = UTF8): Promise<Icecast2> {
  const icecast = await startIcecast2(options)
  t.teardown(() => icecast.stop())
  return icecast
}

/** An app that reads a real Icecast, and what status its station has had. */
async function station (t: Test, icecast: Icecast2, options: ScenarioOptions = {}): Promise<Scenario & { statuses: string[] }> {
  const scene = await scenario(t, { url: icecast.url, stations: { main: { mounts: ['/main.mp3'] } }, ...options })
  const statuses: string[] = []
  scene.app.nowPlaying.on('status', ({ status }) => statuses.push(status))
  return { ...scene, statuses }
}

/** Pages that are subscribed. */
async function pages ({ page }: Scenario, count: number): Promise<Page[]> {
  const all = Array.from({ length: count }, () => page())
  await Promise.all(all.map((one) => one.snapshot()))
  return all
}

test('a hundred pages see each title, and Icecast is asked as often as with none', { skip }, async (t) => {
  const icecast = await icecast2(t)
  const source = await connectSource(icecast, '/main.mp3', { name: 'Radio Main', genre: 'Everything' })
  t.teardown(() => source.disconnect())
  // Two apps of the same pace, told apart by what they ask for.
  const full = await station(t, icecast)
  await station(t, icecast, { auth: icecast.auth, live: false })
  const listeners = await pages(full, 100)
  t.equal(full.app.nowPlaying.subscribers, 100)
  const asked = () => [icecast.requests('/status-json.xsl'), icecast.requests('/admin/stats')] as const
  const before = asked()

  for (const title of ['Björk - Hyperballad', 'Кино - Группа крови']) {
    await icecast.setTitle('/main.mp3', title)
    await Promise.all(listeners.map((one) => one.sees(title)))
  }
  t.match(full.app.nowPlaying.get('main'), {
    name: 'Radio Main', genre: 'Everything', status: 'live', track: { artist: 'Кино', title: 'Группа крови' }, history: [{ text: 'Björk - Hyperballad' }]
  })
  await eventually('40 requests', 20_000, () => asked()[1] >= before[1] + 40)
  const [withPages, without] = asked().map((count, i) => count - Number(before[i])) as [number, number]
  t.ok(Math.abs(withPages - without) <= without / 4, `${withPages} requests with 100 pages, ${without} with none`)
})

for (const auth of [false, true]) {
  test(`an Icecast that hangs${auth ? ', with an account' : ''}: the state is held and stale, and live when it goes on; never offline`, { skip }, async (t) => {
    const icecast = await icecast2(t)
    const source = await connectSource(icecast, '/main.mp3')
    t.teardown(() => source.disconnect())
    const scene = await station(t, icecast, { timeout: 500, staleAfter: 300, ...auth && { auth: icecast.auth, reconcileInterval: 50 } })
    await until(scene.app, isLive)
    await icecast.setTitle('/main.mp3', 'Held - Song')
    const [listener] = await pages(scene, 1)
    await listener?.sees('Held - Song')
    await icecast.hang()
    await until(scene.app, ([main]) => main?.status === 'stale')
    t.match(scene.app.nowPlaying.get('main'), { track: { text: 'Held - Song' } })
    icecast.resume()
    await until(scene.app, isLive)
    await icecast.setTitle('/main.mp3', 'New - Song')
    await listener?.sees('New - Song')
    t.same(scene.statuses.slice(-3), ['live', 'stale', 'live'])
    t.notOk(listener?.updates.some(({ station }) => station.status === 'offline'))
    t.same(scene.logs.filter(({ level }) => level > 40), [], 'and nothing else went wrong')
  })

  test(`an Icecast that is killed and started again${auth ? ', with an account' : ''}: pages see what it says then, without reconnecting`, { skip }, async (t) => {
    const icecast = await icecast2(t)
    const before = await connectSource(icecast, '/main.mp3')
    const scene = await station(t, icecast, { staleAfter: 100, ...auth && { auth: icecast.auth } })
    const listeners = await pages(scene, 3)
    await icecast.setTitle('/main.mp3', 'Before - That')
    await Promise.all(listeners.map((one) => one.sees('Before - That')))
    await icecast.stop()
    await before.disconnect()
    await until(scene.app, ([main]) => main?.status === 'stale')
    t.match(scene.app.nowPlaying.get('main'), { track: { text: 'Before - That' } }, 'held')
    await icecast.restart()
    const after = await connectSource(icecast, '/main.mp3')
    t.teardown(() => after.disconnect())
    await icecast.setTitle('/main.mp3', 'After - That')
    await Promise.all(listeners.map((one) => one.sees('After - That')))
    t.equal(scene.app.nowPlaying.get('main')?.status, 'live')
    t.equal(scene.app.nowPlaying.subscribers, 3)
  })
}

test('started before Icecast: the app is ready at once, and pages see it come', { skip }, async (t) => {
  const icecast = await icecast2(t)
  await icecast.stop()
  const scene = await station(t, icecast)
  const [listener] = await pages(scene, 1)
  t.match(await listener?.snapshot(), { stations: [{ status: 'unknown' }] })
  await icecast.restart()
  const source = await connectSource(icecast, '/main.mp3')
  t.teardown(() => source.disconnect())
  await icecast.setTitle('/main.mp3', 'At - Last')
  await listener?.sees('At - Last')
})

test('an app with 100 pages closes while Icecast hangs, and its process ends by itself', { skip }, async (t) => {
  const icecast = await icecast2(t)
  const backend = fileURLToPath(new URL('../helpers/backend.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, backend, icecast.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  t.equal(String((await once(child.stdout, 'data'))[0]), 'ready')
  await icecast.hang()
  child.kill('SIGUSR2')
  // It would take a minute if it waited for Icecast, or for pages.
  t.equal(String((await once(child.stdout, 'data'))[0]), 'closed 0 false')
  t.same(await once(child, 'exit'), [0, null])
})

test('with an account Icecast is asked when its feed tells of something, and hardly ever when it does not', { skip }, async (t) => {
  const icecast = await icecast2(t)
  const source = await connectSource(icecast, '/main.mp3')
  t.teardown(() => source.disconnect())
  const scene = await station(t, icecast, { auth: icecast.auth, reconcileInterval: 3_600_000 })
  const [listener] = await pages(scene, 1)
  // An app of another server as a clock: it reads at the interval. Requests of others to this one would cause reads.
  const clock = await icecast2(t)
  await station(t, clock)
  const asked = () => icecast.requests('/admin/stats')
  const quiet = async () => {
    for (let before = -1; asked() > before;) {
      before = asked()
      const ticks = clock.requests('/status-json.xsl')
      await eventually('20 ticks', 20_000, () => clock.requests('/status-json.xsl') >= ticks + 20)
    }
  }
  await eventually('first read', 5000, () => asked() > 0)
  await quiet()
  const idle = asked()
  await icecast.setTitle('/main.mp3', 'Through - The feed')
  await listener?.sees('Through - The feed')
  await quiet()
  const more = asked() - idle
  t.ok(more >= 1 && more <= 7, `${more} requests for one title`)
  await source.disconnect()
  await until(scene.app, ([main]) => main?.status === 'offline')
})

test('a mount that is off is seen as soon as its source comes, however often its feed has spoken of it before', { skip }, async (t) => {
  const icecast = await icecast2(t)
  const { app } = await station(t, icecast, { auth: icecast.auth, reconcileInterval: 3_600_000 })
  await until(app, ([main]) => main?.status === 'offline')
  // Another app as a clock: it reads at the interval.
  await station(t, icecast)
  // Whatever source comes, the feed speaks of every mount that is configured.
  const other = await connectSource(icecast, '/other.mp3')
  t.teardown(() => other.disconnect())
  const ticks = icecast.requests('/status-json.xsl')
  await eventually('60 ticks', 20_000, () => icecast.requests('/status-json.xsl') >= ticks + 60)
  const source = await connectSource(icecast, '/main.mp3')
  t.teardown(() => source.disconnect())
  await until(app, isLive)
})

test('mounts of all kinds of names are found when they are asked for by name', { skip }, async (t) => {
  const names = ['/my radio', '/q?x=1&y=2', '/a+b%', '/Москва.mp3', '/"quoted"', '/a/b/c']
  const icecast = await icecast2(t, {})
  for (const mount of names) {
    const source = await connectSource(icecast, mount)
    t.teardown(() => source.disconnect())
  }
  for (const auth of [false, true]) {
    const one = await Promise.all(names.map(async (mount) => {
      const { app } = await station(t, icecast, { stations: { main: { mounts: [mount] } }, ...auth && { auth: icecast.auth } })
      await until(app, ([main]) => main?.status === 'live' || main?.status === 'offline')
      return app.nowPlaying.get('main')?.status
    }))
    t.same(one, names.map(() => 'live'), auth ? 'with an account' : 'without one')
  }
})

test('a `<hostname>` with a scheme or a slash hides no mount', { skip }, async (t) => {
  for (const hostname of ['http://127.0.0.1', '127.0.0.1/']) {
    const icecast = await icecast2(t, { mounts: `<hostname>${hostname}</hostname>` })
    const source = await connectSource(icecast, '/main.mp3')
    t.teardown(() => source.disconnect())
    const { app } = await station(t, icecast)
    await until(app, isLive)
    for (const auth of [false, true]) {
      const { app } = await scenario(t, { url: icecast.url, ...auth && { auth: icecast.auth } })
      await until(app, isLive)
      t.equal(app.nowPlaying.list()[0]?.id, 'main.mp3')
    }
  }
})

test('an automation that plays on is not shown during a live show without titles, and is shown again after it', { skip }, async (t) => {
  const icecast = await icecast2(t)
  const automation = await connectSource(icecast, '/auto.mp3')
  t.teardown(() => automation.disconnect())
  await icecast.setTitle('/auto.mp3', 'Automation - One')
  const { app, statuses } = await station(t, icecast, { hold: 500, stations: { main: { mounts: ['/main.mp3'], fallbacks: ['/auto.mp3'] } } })
  await until(app, ([main]) => main?.fallback === true && main.track?.text === 'Automation - One')
  const show = await connectSource(icecast, '/main.mp3')
  t.teardown(() => show.disconnect())
  await until(app, ([main]) => main?.fallback === false && main.track === null)
  const shown: Array<string | undefined> = []
  app.nowPlaying.on('track', ({ text }) => shown.push(text))
  await icecast.setTitle('/auto.mp3', 'Automation - Two')
  await icecast.setTitle('/main.mp3', 'Show - Hello')
  await until(app, ([main]) => main?.track?.text === 'Show - Hello')
  await show.disconnect()
  await until(app, ([main]) => main?.fallback === true && main.track?.text === 'Automation - Two')
  t.same(shown, ['Show - Hello', 'Automation - Two'])
  t.same(statuses, ['live'])
})
