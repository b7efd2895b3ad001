import { once } from 'node:events'
import { test } from 'tap'
import { Type } from 'typebox'
import type { EnrichOptions } from '../../index.ts'
import type { HistoryStore, StationMemory, Track } from '../../index.ts'
import { fakeIcecast, type FakeIcecast } from '../../lib/testing/index.ts'
import { isLive, plays, scenario, until, type ScenarioOptions } from '../helpers/station.ts'

const MAIN = '/main.mp3'
const stations = { main: { mounts: [MAIN] } }

/** An Icecast whose station plays this. */
async function playing (title: string): Promise<FakeIcecast> {
  const icecast = await fakeIcecast()
  icecast.source(MAIN)
  icecast.title(MAIN, title)
  return icecast
}

/** A store in memory, and what it keeps. */
function memory (): HistoryStore & { kept: Map<string, StationMemory> } {
  const kept = new Map<string, StationMemory>()
  return { kept, load: async () => kept, save: async (station, memory) => { kept.set(station, memory) } }
}

test('subscribers receive each track once, in order, with the history', async (t) => {
  const { app, icecast } = await scenario(t, { icecast: await playing('A - One'), stations })
  const told: unknown[] = []
  app.nowPlaying.on('track', (track, station, previous) => told.push(['track', track.text, station.track?.text, previous?.text ?? null]))
  app.nowPlaying.on('status', (station, previous) => told.push(['status', station.status, previous?.status]))
  app.nowPlaying.on('update', (station, previous) => told.push(['update', station.track?.text ?? null, previous?.track?.text ?? null]))
  // These harm nothing.
  app.nowPlaying.on('update', () => { throw new Error('mine') })
  app.nowPlaying.on('track', async () => { throw new Error('mine, and late') })
  await until(app, plays('A - One'))
  icecast.title(MAIN, 'B - Two')
  await until(app, plays('B - Two'))
  icecast.disconnect(MAIN)
  await until(app, ([station]) => station?.status === 'offline')
  t.strictSame(told, [
    ['track', 'A - One', 'A - One', null], ['status', 'live', 'unknown'], ['update', 'A - One', null],
    ['track', 'B - Two', 'B - Two', 'A - One'], ['update', 'B - Two', 'A - One'],
    ['status', 'offline', 'live'], ['update', null, 'B - Two']
  ])
})

test('`kinds` classifies tracks, and hidden kinds are not published', async (t) => {
  const { app, icecast, page } = await scenario(t, {
    icecast: await playing('A - One'),
    stations,
    kinds: [{ match: /^Jingle/, kind: 'jingle' }, ({ text }) => text === 'Spot 1' ? 'ad' : undefined],
    hide: ['ad']
  })
  await until(app, plays('A - One'))
  const listener = page()
  for (const title of ['Jingle 1', 'Spot 1', 'B - Two']) {
    icecast.title(MAIN, title)
    t.ok(await app.nowPlaying.refresh())
  }
  await listener.sees('B - Two')
  t.match(app.nowPlaying.get('main'), { track: { kind: 'song' }, history: [{ text: 'Jingle 1', kind: 'jingle' }, { text: 'A - One', kind: 'song' }] })
  t.equal(app.nowPlaying.get('main')?.history.length, 2)
  t.notOk(listener.messages.some((message) => JSON.stringify(message).includes('Spot')))
})

test('a track is published after the `delay` of the station', async (t) => {
  const { app, icecast, page } = await scenario(t, { icecast: await playing('A - One'), stations, delay: 400 })
  await until(app, plays('A - One'))
  const listener = page()
  await listener.snapshot()
  icecast.title(MAIN, 'B - Two')
  const station = await listener.update(({ track }) => track?.text === 'B - Two')
  const { startedAt = '', audibleAt = '' } = station.track ?? {}
  t.equal(Date.parse(audibleAt) - Date.parse(startedAt), 400)
  t.ok(Date.now() >= Date.parse(audibleAt) - 1, 'not before')
})

test('the history and the current play survive a restart of the app', async (t) => {
  const icecast = await playing('A - One')
  const store = memory()
  const first = await scenario(t, { icecast, stations, store })
  await until(first.app, plays('A - One'))
  icecast.title(MAIN, 'B - Two')
  await until(first.app, plays('B - Two'))
  const before = first.app.nowPlaying.get('main')
  await first.app.close()
  t.match(store.kept.get('main'), { track: { text: 'B - Two' }, history: [{ text: 'A - One' }] })

  const second = await scenario(t, { icecast, stations, store })
  const begun: Track[] = []
  second.app.nowPlaying.on('track', (track) => begun.push(track))
  await until(second.app, plays('B - Two'))
  const after = second.app.nowPlaying.get('main')
  t.strictSame([after?.track, after?.history], [before?.track, before?.history])
  t.strictSame(begun, [], 'nothing has begun')
})

test('a store that fails is logged, and tracks are still published', async (t) => {
  const fail = async (): Promise<never> => { throw new Error('no disk') }
  const stores: HistoryStore[] = [
    { load: fail, save: fail, close: fail },
    { load: () => { throw new Error('no disk') }, save: () => { throw new Error('no disk') } },
    { load: async () => [['main', 'garbage']], save: () => new Promise(() => {}) }
  ]
  for (const store of stores) {
    const { app, logs } = await scenario(t, { icecast: await playing('A - One'), stations, store })
    await until(app, plays('A - One'))
    await app.close()
    t.match(logs.filter(({ msg }) => msg.includes('`store.')), [{ level: 40 }])
  }
})

const schema = Type.Object({ artwork: Type.String() })
const artwork = 'https://radio.example/a.jpg'

/** An app whose handler adds the same artwork to every track. */
function enriched ({ enrich, ...options }: Omit<ScenarioOptions, 'enrich'> & { enrich?: Partial<EnrichOptions> } = {}): ScenarioOptions {
  return { stations, enrich: { schema, handler: async () => ({ artwork }), ...enrich }, ...options }
}

test('fields of `enrich` are added to the track for subscribers, REST and the history', async (t) => {
  const { app, icecast, page, get } = await scenario(t, enriched({ icecast: await playing('A - One') }))
  const listener = page()
  await listener.update(({ track }) => track !== null && 'artwork' in track && track.artwork === artwork)
  icecast.title(MAIN, 'B - Two')
  await listener.update(({ track }) => track?.text === 'B - Two' && 'artwork' in track)
  t.match((await get('/now-playing/main')).body, { track: { text: 'B - Two', artwork }, history: [{ text: 'A - One', artwork }] })
  t.match((await get('/now-playing/main/history')).body, { station: 'main', history: [{ text: 'A - One', artwork }] })
  t.match(app.nowPlaying.get('main')?.track, { artwork })
})

test('a track that waits for `enrich` is published once', async (t) => {
  const { page, app } = await scenario(t, enriched({ icecast: await playing('A - One'), enrich: { wait: 60_000 } }))
  const listener = page()
  await listener.sees('A - One')
  await until(app, isLive)
  t.strictSame(listener.updates.filter(({ station }) => station.track !== null && !('artwork' in station.track)), [])
})

test('an `enrich` that fails is logged, and the track is published without its fields', async (t) => {
  const { app, logs } = await scenario(t, enriched({ icecast: await playing('A - One'), enrich: { handler: () => { throw new Error('mine') } } }))
  await until(app, plays('A - One'))
  await app.close()
  t.match(logs.filter(({ msg }) => msg.includes('`enrich.handler`')), [{ err: { message: 'mine' } }])
})

test('the OpenAPI document contains the fields of `enrich`', async (t) => {
  const schemas: Array<{ url: string, schema?: object }> = []
  await scenario(t, enriched({ before: (app) => { app.addHook('onRoute', ({ url, schema }) => { schemas.push(schema === undefined ? { url } : { url, schema }) }) } }))
  const one = schemas.find(({ url }) => url === '/now-playing/:station')
  t.match(JSON.stringify(one?.schema), /"artwork":\{"type":"string"\}/)
})

test('a registration with an invalid schema for `enrich` fails', async (t) => {
  await t.rejects(scenario(t, enriched({ enrich: { schema: { type: 'object', properties: { artwork: { type: 'string', pattern: '(' } } } } })), {
    code: 'FST_ICECAST_INVALID_OPTION', message: /enrich\.schema/
  })
})

test('app.close() ends while the store loads and `enrich` is running', async (t) => {
  const { app } = await scenario(t, enriched({
    icecast: await playing('A - One'),
    enrich: {
      handler: async (track, { signal }) => {
        await once(signal, 'abort')
        return null
      }
    }
  }))
  await until(app, plays('A - One'))
  await app.close()
  t.pass()
})
