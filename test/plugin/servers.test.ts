import { test } from 'tap'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { isLive, plays, scenario, until } from '../helpers/station.ts'

const stations = { main: { mounts: ['/main.mp3'] } }

test('a station on two servers stays live when either fails', async (t) => {
  const main = await fakeIcecast()
  const relay = await fakeIcecast({ version: '2.5' })
  t.teardown(() => Promise.all([main.close(), relay.close()]))
  for (const icecast of [main, relay]) {
    icecast.source('/main.mp3')
    icecast.title('/main.mp3', 'A - One')
    icecast.listeners('/main.mp3', 3)
  }
  const { app, page, logs } = await scenario(t, {
    servers: [{ url: main.url, auth: { username: 'admin', password: 'hackme' } }, { url: relay.url }], stations, staleAfter: 50, live: false
  })
  await until(app, ([station]) => station?.listeners.current === 6)
  const listener = page()
  await listener.snapshot()
  t.equal(app.nowPlaying.get('main')?.mounts.length, 2)

  await main.fail('refused')
  relay.title('/main.mp3', 'B - Two')
  await listener.sees('B - Two')
  t.equal(await app.nowPlaying.refresh(), false)
  await main.recover()
  t.equal(await app.nowPlaying.refresh(), true)
  await relay.fail('refused')
  main.title('/main.mp3', 'C - Three')
  await listener.sees('C - Three')
  t.strictSame(listener.updates.filter(({ station }) => station.status !== 'live'), [])

  await main.fail('refused')
  await until(app, ([station]) => station?.status === 'stale')
  t.match(app.nowPlaying.get('main'), { track: { text: 'C - Three' } })
  await relay.recover()
  await until(app, isLive)
  const told = logs.filter(({ msg }) => msg.startsWith('Cannot read Icecast')).map(({ server }) => server)
  t.strictSame(told, [`${main.url}/`, `${relay.url}/`], 'the log says which')
  t.notMatch(JSON.stringify(logs), /hackme|authorization/i)
})

test('each server is read with its own account', async (t) => {
  const [main, relay] = [await fakeIcecast({ auth: { username: 'admin', password: 'one' } }), await fakeIcecast({ auth: { username: 'admin', password: 'two' } })]
  t.teardown(() => Promise.all([main.close(), relay.close()]))
  relay.source('/main.mp3')
  const { app } = await scenario(t, {
    servers: [{ url: main.url, auth: { username: 'admin', password: 'one' } }, { url: relay.url, auth: { username: 'admin', password: 'two' } }],
    stations,
    interval: 3_600_000
  })
  await until(app, isLive)
  await Promise.all([main, relay].map((icecast) => icecast.requests.some(({ method }) => method === 'STATS') || icecast.requested(({ method }) => method === 'STATS')))
  relay.title('/main.mp3', 'A - One')
  await until(app, plays('A - One'))
  t.pass('by its feed: no other read was due')
})

test('a source that leaves a server is found on another at once', async (t) => {
  const [main, relay] = [await fakeIcecast(), await fakeIcecast()]
  t.teardown(() => Promise.all([main.close(), relay.close()]))
  main.source('/main.mp3')
  const { app } = await scenario(t, {
    servers: [{ url: main.url, auth: { username: 'admin', password: 'hackme' } }, { url: relay.url }], stations, interval: 3_600_000
  })
  const statuses: string[] = []
  app.nowPlaying.on('status', ({ status }) => statuses.push(status))
  await until(app, isLive)
  await Promise.all([
    main.requests.some(({ method }) => method === 'STATS') || main.requested(({ method }) => method === 'STATS'),
    app.nowPlaying.refresh()
  ])
  relay.source('/main.mp3')
  relay.title('/main.mp3', 'A - One')
  main.disconnect('/main.mp3')
  await until(app, plays('A - One'))
  t.strictSame(statuses, ['live'])
})

test('titles that alternate at one address are logged once, and each stays one play', async (t) => {
  const { app, icecast, logs } = await scenario(t)
  icecast.source('/main.mp3')
  const plays: string[] = []
  app.nowPlaying.on('track', ({ text }) => { plays.push(text) })
  for (const title of ['A - One', 'B - Two', 'A - One', 'B - Two', 'A - One', 'B - Two']) {
    icecast.title('/main.mp3', title)
    await app.nowPlaying.refresh()
  }
  t.strictSame(plays, ['A - One', 'B - Two'])
  t.equal(logs.filter(({ msg, level }) => level === 40 && msg.includes('more than one server')).length, 1)
})
