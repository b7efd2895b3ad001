import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { test } from 'tap'
import { collectors } from '../../lib/metrics/index.ts'
import { until as eventually } from '../helpers/icecast2.ts'
import { promtool, prometheusIsMissing, startPrometheus } from '../helpers/prometheus.ts'
import { isLive, scenario, until } from '../helpers/station.ts'

const rules = new URL('../../examples/prometheus/alerts.yml', import.meta.url)
const ruleTests = new URL('../../examples/prometheus/alerts.test.yml', import.meta.url)
const dashboard = new URL('../../examples/grafana/dashboard.json', import.meta.url)

interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number, y: number, w: number, h: number }
  targets?: Array<{ expr: string }>
}

async function readPanels (): Promise<Panel[]> { return JSON.parse(await readFile(dashboard, 'utf8')).panels }

test('the rules and the dashboard name no metric that does not exist, and the dashboard shows every metric', async (t) => {
  const { app } = await scenario(t)
  const names = collectors(app.nowPlaying).map(({ name }) => name)
  const histogram = 'now_playing_server_read_duration_seconds'
  const known = new Set([...names.filter((name) => name !== histogram), ...['bucket', 'sum', 'count'].map((part) => `${histogram}_${part}`)])
  for (const file of [rules, dashboard]) {
    for (const name of new Set((await readFile(file, 'utf8')).match(/now_playing_\w+/g))) t.ok(known.has(name), name)
  }
  const shown = await readFile(dashboard, 'utf8')
  for (const name of known) t.ok(shown.includes(name), `${name} is on the dashboard`)
})

test('the panels of the dashboard have titles, and none covers another', async (t) => {
  const panels = await readPanels()
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const cells = new Set<string>()
  for (const { title, gridPos: { x, y, w, h } } of panels) {
    t.ok(title)
    t.ok(x + w <= 24)
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        t.notOk(cells.has(`${column} ${line}`), title)
        cells.add(`${column} ${line}`)
      }
    }
  }
})

test('promtool accepts the alert rules', { skip: prometheusIsMissing }, (t) => {
  const { code, text } = promtool(['check', 'rules', rules.pathname])
  t.equal(code, 0, text)
  t.end()
})

test('each alert fires after its time and not before, and none for a follower or a short restart', { skip: prometheusIsMissing }, async (t) => {
  const { code, text } = promtool(['test', 'rules', ruleTests.pathname])
  t.equal(code, 0, text)

  // The tests notice each duration that is shorter or longer.
  const original = await readFile(rules, 'utf8')
  const unitTests = await readFile(ruleTests, 'utf8')
  const waits = [...original.matchAll(/ for: (\d+)m/g)]
  t.ok(waits.length > 9)
  for (const { 0: wait, 1: minutes, index } of waits) {
    for (const factor of [30, 90]) {
      const changed = `${original.slice(0, index)} for: ${Number(minutes) * factor}s${original.slice(index + wait.length)}`
      const folder = t.testdir({ 'alerts.yml': changed, 'alerts.test.yml': unitTests })
      t.equal(promtool(['test', 'rules', join(folder, 'alerts.test.yml')]).code, 1, `${original.slice(0, index).match(/alert: \w+/g)?.at(-1)} with ${factor} s for each minute`)
    }
  }
  for (const [, alert = ''] of original.matchAll(/alert: (\w+)/g)) t.ok(unitTests.includes(`alertname="${alert}",alertstate="firing"`), `${alert} has a test`)
})

test('Prometheus scrapes an app, answers the dashboard\'s queries, and fires the alerts when Icecast, then the app is gone', { skip: prometheusIsMissing, timeout: 60_000 }, async (t) => {
  const registry = new Registry()
  const { app, icecast, address } = await scenario(t, {
    staleAfter: 300,
    timeout: 300,
    after: (app) => { app.get('/metrics', async (request, reply) => reply.type(registry.contentType).send(await registry.metrics())) }
  })
  for (const collector of collectors(app.nowPlaying)) registry.registerMetric(collector)
  icecast.source('/main.mp3')
  await until(app, isLive)
  // Without the waits before an alert fires.
  const immediate = (await readFile(rules, 'utf8')).replace(/ for: \w+/g, ' for: 0s')
  const prometheus = await startPrometheus(t, { targets: [new URL(address).host], rules: immediate })
  const firing = async (): Promise<string[]> => {
    const { alerts } = await prometheus.get('alerts')
    return alerts.filter(({ state }: { state: string }) => state === 'firing').map(({ labels }: { labels: { alertname: string } }) => labels.alertname).sort()
  }
  const valueOf = async (query: string): Promise<number> => Number((await prometheus.get(`query?query=${encodeURIComponent(query)}`)).result[0]?.value[1])
  const fires = (alert: string): Promise<void> => eventually(alert, 15_000, async () => (await firing()).includes(alert))

  await eventually('the app is scraped twice', 15_000, async () => await valueOf('count_over_time(now_playing_leads[1m])') >= 2)
  await eventually('a healthy app fires nothing', 15_000, async () => (await firing()).length === 0)
  for (const { title, targets = [] } of await readPanels()) {
    for (const { expr } of targets) {
      const query = expr.replaceAll('$job', 'radio').replaceAll('$__rate_interval', '10s')
      const { result } = await prometheus.get(`query?query=${encodeURIComponent(query)}`)
      if (!/component|live_feed|backplane/.test(expr)) t.ok(result.length > 0, `${title}: ${query}`)
    }
  }

  icecast.fail('refused')
  await fires('NowPlayingIcecastUnreadable')
  await fires('NowPlayingStale')
  t.notOk((await firing()).includes('NowPlayingNobodyReads'))
  await app.close()
  await fires('NowPlayingNobodyReads')
})
