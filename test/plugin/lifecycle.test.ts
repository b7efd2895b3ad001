import { once } from 'node:events'
import Fastify from 'fastify'
import { test } from 'tap'
import fastifyIcecast from '../../index.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { isLive, plays, scenario, until } from '../helpers/station.ts'

test('the app is ready while Icecast is down, and subscribers receive the station when it is up', async (t) => {
  const icecast = await fakeIcecast()
  await icecast.fail('refused')
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'Back - Again')

  const { get, page } = await scenario(t, { icecast, stations: { main: { name: 'Radio Main', mounts: ['/main.mp3'] } } })
  t.match((await get('/now-playing/main')).body, { name: 'Radio Main', status: 'unknown', track: null, listeners: { current: null, peak: null } })
  const listener = page()
  t.match(await listener.snapshot(), { stations: [{ status: 'unknown' }] })
  await icecast.recover()
  t.match(await listener.update(({ status }) => status === 'live'), { track: { text: 'Back - Again' } })
})

test('a station becomes stale while Icecast hangs, and live again when it answers', async (t) => {
  const { app, icecast, page, logs } = await scenario(t, { timeout: 80, staleAfter: 300 })
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'Held - Song')
  await until(app, plays('Held - Song'))
  const [before] = app.nowPlaying.list()
  const listener = page()
  await listener.snapshot()

  await icecast.fail('hang')
  const stale = await listener.update(({ status }) => status !== 'live')
  t.equal(stale.status, 'stale', 'never offline')
  t.same(stale.track, before?.track)

  icecast.title('/main.mp3', 'New - Song')
  await icecast.recover()
  t.match(await listener.update(({ status }) => status === 'live'), { track: { text: 'New - Song' } })
  t.same(listener.updates.filter(({ station }) => station.status === 'offline'), [])

  const told = logs.filter(({ msg }) => /^Cannot read Icecast|readable again/.test(msg)).map(({ msg }) => msg)
  t.match(told, [/^Cannot read Icecast http:.*; retrying/, /^Icecast http:.* is readable again$/], 'logged once when it began, once when it ended')
})

for (const fault of ['hang', 'hang-body', 'drip'] as const) {
  test(`app.close() is prompt while Icecast fails by '${fault}' and subscribers do not answer`, async (t) => {
    const { app, icecast, page } = await scenario(t, { timeout: 60_000 })
    await icecast.fail(fault)
    await icecast.requested()
    const pages = Array.from({ length: 20 }, () => page())
    await Promise.all(pages.map((one) => one.snapshot()))
    for (const one of pages.slice(10)) one.socket.pause()
    await app.close()
    t.equal(app.nowPlaying.subscribers, 0)
    for (const one of pages.slice(0, 10)) t.match(await one.closed, { code: 1012, reason: /^retry=\d+$/ })
    t.equal(await app.nowPlaying.refresh(), false, 'nothing is read any more')
  })
}

test('app.close() resolves before the app is ready, and a second time', async (t) => {
  const app = Fastify()
  app.register(fastifyIcecast, { url: 'http://127.0.0.1:1' })
  await app.close()
  await app.close()
  t.pass()
})

test('Icecast receives the same requests with a hundred subscribers as with one', async (t) => {
  const { app, icecast, page } = await scenario(t, { interval: 50 })
  icecast.source('/main.mp3')
  const pages = Array.from({ length: 100 }, () => page())
  await Promise.all(pages.map((one) => one.snapshot()))
  const first = icecast.requests.length
  await icecast.requested(5)
  icecast.title('/main.mp3', 'For - Everyone')
  await Promise.all(pages.map((one) => one.sees('For - Everyone')))
  const requests = icecast.requests.slice(first)
  const gaps = requests.slice(1).map(({ at }, i) => at - (requests[i]?.at ?? 0))
  t.ok(gaps.every((gap) => gap >= 49), `never sooner than the interval: ${gaps}`)
  t.equal(app.nowPlaying.subscribers, 100)
})

test('refresh() reads at once, and once for simultaneous calls', async (t) => {
  const { app, icecast } = await scenario(t, { interval: 3_600_000 })
  await app.nowPlaying.refresh()
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'From the playout')
  const before = icecast.requests.length
  t.same(await Promise.all([app.nowPlaying.refresh(), app.nowPlaying.refresh(), app.nowPlaying.refresh()]), [true, true, true])
  t.equal(icecast.requests.length - before, 1)
  t.equal(app.nowPlaying.get('main.mp3')?.track?.text, 'From the playout')
  await icecast.fail(500)
  t.equal(await app.nowPlaying.refresh(), false)
})

test('`nowPlaying` emits each change in order with the previous state, despite listeners that throw', async (t) => {
  const { app, icecast, logs } = await scenario(t, {
    after: (app) => {
      app.nowPlaying.on('track', () => { throw new Error('mine') })
      app.nowPlaying.on('update', async () => { throw new Error('mine too') })
    }
  })
  const heard: unknown[] = []
  app.nowPlaying.on('track', (track, station) => heard.push(['track', track.text, station.id]))
  app.nowPlaying.on('status', (station, previous) => heard.push(['status', station.status, previous?.status]))
  app.nowPlaying.on('update', (station, previous) => heard.push(['update', station.track?.text, previous?.track?.text]))
  icecast.source('/main.mp3')
  await until(app, isLive)
  icecast.title('/main.mp3', 'One')
  await until(app, plays('One'))
  icecast.title('/main.mp3', 'Two')
  await until(app, plays('Two'))
  icecast.disconnect('/main.mp3')
  await until(app, ([main]) => main?.status === 'offline')
  t.same(heard, [
    ['status', 'live', undefined], ['update', undefined, undefined],
    ['track', 'One', 'main.mp3'], ['update', 'One', undefined],
    ['track', 'Two', 'main.mp3'], ['update', 'Two', 'One'],
    ['status', 'offline', 'live'], ['update', undefined, 'Two']
  ])
  t.match(logs.filter(({ level }) => level === 50).map(({ msg }) => msg).slice(0, 2),
    ['a listener of nowPlaying\'s \'update\' failed', 'a listener of nowPlaying\'s \'track\' failed'])
  t.throws(() => { Object.assign(app.nowPlaying.get('main.mp3') ?? {}, { name: 'x' }) }, 'the state can not be changed')
})

test('a `parseTrack` that fails is logged once, and the default reading is used', async (t) => {
  const { app, icecast, logs } = await scenario(t, { parseTrack: () => { throw new Error('mine') } })
  icecast.source('/main.mp3')
  for (const title of ['A - B', 'C - D']) {
    icecast.title('/main.mp3', title)
    await until(app, plays(title))
  }
  t.match(logs.filter(({ level }) => level === 50), [{ msg: '`parseTrack` failed; using the default', err: { message: 'mine' } }])
  t.equal(logs.filter(({ level }) => level === 50).length, 1)
})

test('a second registration in one scope fails with FST_ICECAST_ALREADY_REGISTERED', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyIcecast, { url: 'http://127.0.0.1:1' })
  await t.rejects(async () => { await app.register(fastifyIcecast, { url: 'http://127.0.0.1:1' }) }, { code: 'FST_ICECAST_ALREADY_REGISTERED' })
})

test('a registration with a wrong option fails with FST_ICECAST_INVALID_OPTION', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => { await app.register(fastifyIcecast, { url: 'http://127.0.0.1:1', interval: 10 }) }, {
    code: 'FST_ICECAST_INVALID_OPTION',
    message: 'fastify-icecast: option `interval` is 10; it should be a whole number of ms from 50 to 3600000'
  })
})

test('log lines contain no credentials', async (t) => {
  const icecast = await fakeIcecast()
  const { app, logs } = await scenario(t, { icecast, timeout: 100, url: icecast.url.replace('//', '//listener:s3cret%21@') })
  icecast.source('/main.mp3')
  await until(app, isLive)
  for (const fault of ['unauthorized', 'limit', 'html', 'refused'] as const) {
    await icecast.fail(fault)
    await app.nowPlaying.refresh()
    await icecast.recover()
    await app.nowPlaying.refresh()
  }
  const text = JSON.stringify(logs)
  t.equal(logs.filter(({ msg }) => /^Cannot read Icecast|is readable again$/.test(msg)).length, 2, 'outages that follow each other closely are logged once')
  t.notMatch(text, /s3cret|listener:|Basic /)
  t.notMatch(text, Buffer.from('listener:s3cret!').toString('base64'))
})

test('the plugin leaves no timers after app.close()', async (t) => {
  const { app, icecast } = await scenario(t, { interval: 50 })
  icecast.source('/main.mp3')
  await once(app.nowPlaying, 'update')
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  await app.close()
  t.ok(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length <= timers)
})

test('the plugin logs the first good read, and the stations that have no mount', async (t) => {
  const icecast = await fakeIcecast()
  const other = await fakeIcecast({ version: '2.5' })
  t.teardown(() => Promise.all([icecast.close(), other.close()]))
  icecast.source('/main.mp3')
  const { app, logs } = await scenario(t, {
    servers: [{ url: icecast.url }, { url: other.url }], stations: { main: { mounts: ['/main.mp3'] }, typo: { mounts: ['/mian.mp3'] } }
  })
  await app.nowPlaying.refresh()
  await app.nowPlaying.refresh()
  t.match(logs.filter(({ msg }) => msg.startsWith('Connected to Icecast')), [{ icecast: /^Icecast 2\./ }, { icecast: /^Icecast 2\./ }])
  t.match(logs.filter(({ msg }) => msg.startsWith('Icecast shows no mount of station `typo`')), [{
    level: 30,
    station: 'typo',
    mounts: ['/mian.mp3'],
    shown: ['/main.mp3'],
    msg: 'Icecast shows no mount of station `typo` yet: its sources are off, or its `mounts` (/mian.mp3) are misspelt. Icecast shows /main.mp3'
  }])
  t.equal(logs.filter(({ msg }) => /^Connected to Icecast|^Icecast shows no mount/.test(msg)).length, 3, 'once')
})

test('the log names the mounts that Icecast shows when the only mount is misspelt', async (t) => {
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  icecast.source('/main.mp3')
  const { app, logs } = await scenario(t, { url: icecast.url, stations: { main: { mounts: ['/Main.mp3'] } } })
  await app.nowPlaying.refresh()
  t.match(logs.find(({ msg }) => msg.startsWith('Icecast shows no mount')), { msg: /\(\/Main\.mp3\) are misspelt\. Icecast shows \/main\.mp3$/, shown: ['/main.mp3'] })
  t.match(app.nowPlaying.get('main'), { status: 'offline' })
  t.equal(icecast.requests.filter(({ path }) => path === '/status-json.xsl').length, 1, 'once')
})
