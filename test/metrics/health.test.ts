import { test } from 'tap'
import { loggedPollers } from '../../lib/log/logged-pollers.ts'
import type { OutageComponent, OutageState } from '../../lib/log/outage-log.ts'
import { Monitoring } from '../../lib/metrics/monitoring.ts'
import { serverLabel, ServerMonitor } from '../../lib/metrics/server-monitor.ts'
import { readOptions } from '../../lib/options/read.ts'
import { createMetrics } from '../../lib/push/metrics.ts'
import { EXAMPLE_STATION } from '../../lib/routes/example-station.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { becomes } from '../helpers/becomes.ts'
import { logOf } from '../helpers/log.ts'
import { isLive, scenario, until } from '../helpers/station.ts'

const ISO = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

test('health tells of each server whether the last read succeeded, since when, and why not', async (t) => {
  const { app, icecast } = await scenario(t)
  icecast.source('/main.mp3')
  await until(app, isLive)
  const server = new URL(icecast.url).host
  const up = app.nowPlaying.health()
  t.match(up, { ok: true, leads: true, servers: [{ server, ok: true, since: ISO, lastReadAt: ISO, liveFeed: null }], components: [] })
  t.notHas(up.servers[0], 'error')
  t.same(JSON.parse(JSON.stringify(up)), up, 'it is JSON')

  icecast.fail(500)
  await app.nowPlaying.refresh()
  const down = app.nowPlaying.health()
  t.match(down, { ok: false, servers: [{ ok: false, since: ISO, lastReadAt: ISO, error: /HTTP 500/, code: 'FST_ICECAST_BAD_STATUS' }] })
  await app.nowPlaying.refresh()
  t.equal(app.nowPlaying.health().servers[0]?.since, down.servers[0]?.since, '`since` stays during an outage')

  icecast.recover()
  await becomes(() => app.nowPlaying.health().ok)
  t.notHas(app.nowPlaying.health().servers[0], 'error')
})

test('health is not ok before the first read, and if one of two servers fails', async (t) => {
  const [first, second] = await Promise.all([fakeIcecast(), fakeIcecast()])
  t.teardown(() => Promise.all([first.close(), second.close()]))
  let before: unknown
  const { app } = await scenario(t, {
    servers: [{ url: first.url }, { url: second.url }],
    after: (app) => { before = app.nowPlaying.health() }
  })
  t.match(before, { ok: false, servers: [{ ok: false, since: ISO, lastReadAt: null }, { ok: false }] })
  await becomes(() => app.nowPlaying.health().ok)
  second.fail('not-json')
  await app.nowPlaying.refresh()
  t.match(app.nowPlaying.health(), { ok: false, servers: [{ ok: true }, { ok: false, code: 'FST_ICECAST_BAD_DOCUMENT' }] })
})

test('health, metrics and their labels contain no credentials', async (t) => {
  const { app } = await scenario(t, { url: 'http://admin:s3cret@127.0.0.1:1', live: false })
  await becomes(() => app.nowPlaying.health().servers[0]?.error !== undefined)
  const text = JSON.stringify([app.nowPlaying.health(), app.nowPlaying.metrics])
  t.notMatch(text, /admin|s3cret/)
  t.match(app.nowPlaying.health().servers, [{ server: '127.0.0.1:1', code: 'FST_ICECAST_UNREACHABLE' }])
})

test('health and metrics tell whether the live feed is connected', async (t) => {
  const { app, icecast } = await scenario(t, { icecast: { version: '2.4' }, auth: { username: 'admin', password: 'hackme' } })
  const feed = (): unknown[] => [app.nowPlaying.health().servers[0]?.liveFeed, app.nowPlaying.metrics.servers[0]?.isFeedUp]
  icecast.source('/main.mp3')
  await becomes(() => feed()[0] === true)
  t.same(feed(), [true, true])
  icecast.fail('refused')
  await becomes(() => feed()[0] === false)
  t.same(feed(), [false, false])
})

test('a server is named by its host, port and base path', (t) => {
  for (const [url, label] of [
    ['http://localhost:8000/', 'localhost:8000'],
    ['http://radio.example/', 'radio.example:80'],
    ['https://radio.example/icecast/', 'radio.example:443/icecast'],
    ['http://[::1]:8000/', '[::1]:8000']
  ] as const) t.equal(serverLabel(new URL(url)), label)
  t.end()
})

test('an instance that does not read Icecast is ok if the backplane works and every station is known', (t) => {
  const outage = (component: OutageComponent, since: number | null): OutageState => ({ component, count: 1, since, error: since === null ? null : new Error('gone') })
  for (const [ok, list, isComplete, outages] of [
    [true, ['live'], true, [outage('backplane', null), outage('store', 1)]],
    [false, ['live'], true, [outage('backplane', 1)]],
    [false, ['unknown'], true, []],
    [false, [], false, []],
    [true, [], true, []]
  ] as const) {
    const monitoring = new Monitoring({
      push: createMetrics(),
      servers: [],
      state: { list: list.map((status) => ({ ...EXAMPLE_STATION, status })), isComplete },
      leads: () => false,
      isReading: () => false,
      hints: null,
      outages: () => outages
    })
    t.equal(monitoring.health.ok, ok)
  }
  t.end()
})

test('a read that fails with an error without a code is counted as `other`', (t) => {
  const [options] = loggedPollers(readOptions({ url: 'http://localhost:8000' }), logOf().log)
  const monitor = options && new ServerMonitor(options)
  monitor?.pollerOptions.onFailure(new Error('theirs'), 0, 0)
  t.match(monitor?.metrics, { isUp: false, reads: { ok: 0, other: 1 } })
  t.match(monitor?.health, { ok: false, error: 'theirs', code: undefined })
  t.end()
})
