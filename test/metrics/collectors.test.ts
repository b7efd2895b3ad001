import { Registry as PlatformaticRegistry } from '@platformatic/prom-client'
import { Registry } from 'prom-client'
import { test, type Test } from 'tap'
import { Type } from 'typebox'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { collectors } from '../../lib/metrics/index.ts'
import { becomes } from '../helpers/becomes.ts'
import { promtool, prometheusIsMissing } from '../helpers/prometheus.ts'
import { isLive, plays, scenario, until, type ScenarioOptions } from '../helpers/station.ts'

/** An app that has read a server with one live station, and its figures in a registry. */
async function monitored (t: Test, options: ScenarioOptions = {}, registry: Registry | PlatformaticRegistry = new Registry()) {
  const setUp = await scenario(t, options)
  for (const collector of collectors(setUp.app.nowPlaying)) registry.registerMetric(collector)
  setUp.icecast.source('/main.mp3')
  await until(setUp.app, isLive)
  const label = new URL(setUp.icecast.url).host
  return { ...setUp, registry, label, text: async () => await registry.metrics() }
}

test('each Prometheus client writes the same figures, with their names, types and labels', async (t) => {
  const { app, page, stream, text, label } = await monitored(t)
  const other = new PlatformaticRegistry()
  for (const collector of collectors(app.nowPlaying)) other.registerMetric(collector)
  await page().snapshot()
  await (await stream()).event('snapshot')
  const lines = (await text()).split('\n')
  for (const line of [
    '# TYPE now_playing_subscribers gauge',
    'now_playing_subscribers{transport="websocket"} 1',
    'now_playing_subscribers{transport="sse"} 1',
    'now_playing_stations{status="live"} 1',
    'now_playing_stations{status="offline"} 0',
    'now_playing_leads 1',
    `now_playing_server_up{server="${label}"} 1`,
    '# TYPE now_playing_server_reads_total counter',
    `now_playing_server_reads_total{server="${label}",result="timeout"} 0`,
    '# TYPE now_playing_server_read_duration_seconds histogram',
    'now_playing_sent_total 2',
    `now_playing_sent_bytes_total ${app.nowPlaying.metrics.sentBytes}`,
    'now_playing_refused_total{reason="per_address"} 0',
    'now_playing_dropped_total{reason="slow"} 0'
  ]) t.ok(lines.includes(line), line)
  const series = (metrics: string): string[] => metrics.split('\n').map((line) => line.startsWith('#') ? line : line.replace(/ \S+$/, ''))
  t.same(series(await other.metrics()), series(lines.join('\n')))
  t.ok(app.nowPlaying.metrics.sentBytes > 2 * JSON.stringify(app.nowPlaying.list()).length)
})

test('a server\'s reads are counted by result, and so is how long they took', async (t) => {
  const { app, icecast, label, registry } = await monitored(t)
  const valuesOf = async (name: string): Promise<Record<string, number>> => {
    const metric = (await registry.getMetricsAsJSON()).find((metric) => metric.name === name)
    return Object.fromEntries(metric?.values.map(({ value, labels, ...rest }) => [`${Object(rest).metricName ?? ''}${JSON.stringify(labels)}`, value]) ?? [])
  }
  const upName = 'now_playing_server_up'
  const server = JSON.stringify({ server: label })
  t.same(await valuesOf(upName), { [server]: 1 })
  const lastRead = (await valuesOf('now_playing_server_last_read_timestamp_seconds'))[server] ?? 0
  t.ok(Math.abs(lastRead - Date.now() / 1000) < 10, 'seconds since 1970')

  icecast.fail('not-json')
  await app.nowPlaying.refresh()
  t.same(await valuesOf(upName), { [server]: 0 })
  const reads = await valuesOf('now_playing_server_reads_total')
  t.ok(Number(reads[JSON.stringify({ server: label, result: 'bad_document' })]) > 0)
  const total = Object.values(reads).reduce((sum, count) => sum + count)
  const durations = await valuesOf('now_playing_server_read_duration_seconds')
  t.equal(durations[`now_playing_server_read_duration_seconds_count${server}`], total)
  t.equal(durations[`now_playing_server_read_duration_seconds_bucket${JSON.stringify({ server: label, le: '+Inf' })}`], total)
  t.ok(Number(durations[`now_playing_server_read_duration_seconds_sum${server}`]) > 0)
})

test('before the first read nothing is said of whether the server is up', async (t) => {
  const { app } = await scenario(t, { interval: 60_000 })
  const fresh = { ...app.nowPlaying.metrics, servers: app.nowPlaying.metrics.servers.map((server) => ({ ...server, isUp: null, lastReadAt: null })) }
  const values = async (name: string) => (await collectors({ metrics: fresh }).find((collector) => collector.name === name)?.get())?.values
  t.same(await values('now_playing_server_up'), [])
  t.same(await values('now_playing_server_last_read_timestamp_seconds'), [])
  t.equal((await values('now_playing_server_reads_total'))?.length, 11, 'the counters are there')
})

test('an instance that does not read Icecast says nothing of the servers but the counters', async (t) => {
  const backplane = memoryBackplane()
  const { icecast, text: leader, label } = await monitored(t, { backplane })
  const { text: follower, app } = await monitored(t, { backplane, icecast })
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  await until(app, plays('Björk - Hyperballad'))
  t.match(await leader(), `now_playing_server_up{server="${label}"} 1`)
  t.match(await leader(), /^now_playing_backplane_hints_total\{direction="sent"\} [1-9]/m)
  t.match(await follower(), /^now_playing_backplane_hints_total\{direction="received"\} [1-9]/m)
  t.match(await follower(), /^now_playing_stations\{status="live"\} 1$/m)
  t.match(app.nowPlaying.health(), { ok: true, leads: false, servers: [], components: [{ component: 'backplane', ok: true }] })
  const text = await follower()
  t.match(text, /^now_playing_leads 0$/m)
  t.notMatch(text, /^now_playing_server_(up|last_read|live_feed)/m)
  t.match(text, /^now_playing_server_reads_total/m)
})

test('`promtool check metrics` finds nothing to complain about', { skip: prometheusIsMissing }, async (t) => {
  const { text } = await monitored(t, { enrich: { handler: () => null, schema: Type.Object({}) } })
  t.same(promtool(['check', 'metrics'], await text()), { code: 0, text: '' })
})

test('in OpenMetrics counters end with `_total` once', async (t) => {
  const registry = new Registry()
  // The types of prom-client allow one format for each registry type.
  Reflect.apply(registry.setContentType, registry, [Registry.OPENMETRICS_CONTENT_TYPE])
  const { text } = await monitored(t, {}, registry)
  for (let scrape = 0; scrape < 2; scrape++) {
    const metrics = await text()
    t.match(metrics, /^# TYPE now_playing_sent counter$/m)
    t.match(metrics, /^now_playing_sent_total \d+$/m)
    t.match(metrics, /# EOF\n$/)
  }
})

test('default labels are added to every series', async (t) => {
  const { registry } = await monitored(t)
  registry.setDefaultLabels({ instance_name: 'a' })
  for (const { values } of await registry.getMetricsAsJSON()) for (const { labels } of values) t.match(labels, { instance_name: 'a' })
  t.match(await registry.metrics(), /now_playing_leads\{instance_name="a"\} 1/)
})

test('`resetMetrics` leaves the counters as they are, and nobody can change them', async (t) => {
  const { app, page, registry } = await monitored(t)
  await page().snapshot()
  registry.resetMetrics()
  t.match(await registry.getSingleMetricAsString('now_playing_sent_total'), 'now_playing_sent_total 1')
  const [first] = collectors(app.nowPlaying)
  for (const change of [first?.inc, first?.labels, first?.remove]) t.throws(() => change?.(), { code: 'FST_ICECAST_READ_ONLY' })
})

test('parts beside Icecast are up until they fail, and each outage counts once', async (t) => {
  const store = { load: async () => [], save: async () => { throw new Error('disk full') } }
  const { app, icecast, registry } = await monitored(t, { store, enrich: { handler: () => null, schema: Type.Object({}) } })
  icecast.title('/main.mp3', 'One')
  await until(app, ([station]) => station?.track?.text === 'One')
  icecast.title('/main.mp3', 'Two')
  await until(app, ([station]) => station?.track?.text === 'Two')
  const text = await registry.metrics()
  for (const line of [
    'now_playing_component_up{component="enrich"} 1',
    'now_playing_component_up{component="enrich_fields"} 1',
    'now_playing_component_up{component="store"} 0',
    'now_playing_component_outages_total{component="store"} 1',
    'now_playing_component_outages_total{component="enrich"} 0'
  ]) t.ok(text.split('\n').includes(line), line)
  t.match(app.nowPlaying.health(), {
    ok: true, components: [{ component: 'enrich', ok: true }, { component: 'enrich_fields', ok: true }, { component: 'store', ok: false, error: 'disk full', since: /^20.+Z$/ }]
  })
})

test('streams that are followed for their titles are counted', async (t) => {
  const { app, icecast, text, label } = await monitored(t, { interval: 50 })
  const line = (count: number): string => `now_playing_server_streams{server="${label}"} ${count}\n`
  t.match(await text(), line(0))
  icecast.source('/main.opus', { contentType: 'application/ogg', subtype: 'Opus' })
  await becomes(() => app.nowPlaying.metrics.servers[0]?.streams === 1)
  t.match(await text(), line(1))
})
