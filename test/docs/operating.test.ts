import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import { collectors } from '../../lib/metrics/index.ts'
import { snippetsOf } from '../helpers/snippets.ts'
import { isLive, scenario, until } from '../helpers/station.ts'

// Runs the recipes of docs/operating.md, and compares its tables with what the code does.

const ROOT = new URL('../../', import.meta.url)
const text = await readFile(new URL('docs/operating.md', ROOT), 'utf8')
const snippets = snippetsOf('docs/operating.md')

/** A module that stands in for the API of OpenTelemetry, and keeps the instruments. */
const OPEN_TELEMETRY = `
export const instruments = {}
const create = (type) => (name, { description }) => ({ addCallback: (callback) => { instruments[name] = { type, description, callback } } })
export const metrics = { getMeter: () => ({ createObservableCounter: create('counter'), createObservableGauge: create('gauge') }) }
`

/** Runs the snippet that contains `part` as somebody's code that has `app`. Returns its folder. */
async function runSnippet (t: Test, app: FastifyInstance, part: string): Promise<string> {
  const code = snippets.find(({ language, code }) => language === 'js' && code.includes(part))?.code ?? ''
  t.ok(code, `there is a snippet with ${part}`)
  const folder = t.testdir({ 'open-telemetry.mjs': OPEN_TELEMETRY })
  const lines = code.split('\n').map((line) => line
    .replace('\'fastify-icecast/metrics\'', JSON.stringify(new URL('lib/metrics/index.ts', ROOT).href))
    .replace('\'@opentelemetry/api\'', '\'./open-telemetry.mjs\''))
  const imports = lines.filter((line) => line.startsWith('import '))
  const rest = lines.filter((line) => !line.startsWith('import '))
  const file = join(folder, 'snippet.mjs')
  writeFileSync(file, `${imports.join('\n')}\nexport async function run (app) {\n${rest.join('\n')}\n}\n`)
  const { run } = await import(pathToFileURL(file).href)
  await run(app)
  return folder
}

test('the recipe for Prometheus serves the metrics', async (t) => {
  const { get } = await scenario(t, { after: async (app) => { await runSnippet(t, app, 'registerMetric(collector)') } })
  const { text, headers } = await get('/metrics')
  t.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  t.match(text, /^now_playing_leads 1$/m)
})

test('the table names every metric with its type, and no other', async (t) => {
  const { app } = await scenario(t)
  const documented = Array.from(text.matchAll(/^\| `(now_playing_\w+)` \| (\w+) \|/gm), ([, name, type]) => `${name} ${type}`).sort()
  t.same(documented, collectors(app.nowPlaying).map(({ name, type }) => `${name} ${type}`).sort())
})

test('the recipe for OpenTelemetry observes every metric but the histogram', async (t) => {
  const { app, icecast } = await scenario(t)
  icecast.source('/main.mp3')
  await until(app, isLive)
  const folder = await runSnippet(t, app, 'getMeter')
  const { instruments } = await import(pathToFileURL(join(folder, 'open-telemetry.mjs')).href)
  t.equal(Object.keys(instruments).length, collectors(app.nowPlaying).length - 1)
  const observed: unknown[] = []
  await instruments.now_playing_stations.callback({ observe: (value: number, labels: object) => { observed.push([value, labels]) } })
  t.has(new Set(observed.map((one) => JSON.stringify(one))), new Set(['[1,{"status":"live"}]']))
  t.match(instruments.now_playing_sent_total, { type: 'counter' })
})

test('the recipe for outages logs each of them', async (t) => {
  const { app, icecast, logs } = await scenario(t)
  await runSnippet(t, app, 'fastify-icecast:outage')
  icecast.fail(500)
  await app.nowPlaying.refresh()
  t.match(logs.find(({ msg }) => msg.startsWith('server http')), { msg: `server ${icecast.url}/: Icecast answered HTTP 500 for status-json.xsl` })
})

test('the example of health has the fields that health has', async (t) => {
  const example = JSON.parse(snippets.find(({ language, code }) => language === 'json' && code.includes('lastReadAt'))?.code ?? '')
  const store = { load: async () => [], save: async () => {} }
  const { app, icecast } = await scenario(t, { store })
  icecast.fail(500)
  await app.nowPlaying.refresh()
  const health = app.nowPlaying.health()
  const shape = ({ servers, components, ...rest }: typeof health) => [Object.keys(rest), servers.map(Object.keys), components.map(Object.keys)]
  t.same(shape(health), shape(example))
  await runSnippet(t, app, 'nowPlaying.health()')
})

test('the recipe for under-pressure answers 200 with the health, also when Icecast is gone', async (t) => {
  const { app, icecast, get } = await scenario(t, { after: async (app) => { await runSnippet(t, app, 'exposeStatusRoute') } })
  for (const ok of [true, false]) {
    if (!ok) await icecast.fail('refused')
    await app.nowPlaying.refresh()
    const { status, body } = await get('/status')
    t.equal(status, 200)
    t.match(body, { status: 'ok', nowPlaying: { ok, servers: [{ ok }] } })
    t.equal((await get('/now-playing')).status, 200)
  }
})

test('the recipe for probes answers', async (t) => {
  const { get } = await scenario(t, { after: async (app) => { await runSnippet(t, app, '/healthz') } })
  t.equal((await get('/healthz')).text, 'ok')
})
