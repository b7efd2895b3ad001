import { test } from 'tap'
import { memoryBackplane, type TrackDetails } from '../../index.ts'
import { Playout } from '../../lib/state/playout.ts'
import { plays, scenario, until } from '../helpers/station.ts'

const MAIN = '/main.mp3'
const stations = { main: { mounts: [MAIN] } }
const JOGA = { artist: 'Björk', title: 'Jóga', duration: 305_000, album: 'Homogenic', isrc: 'GBAYE9700116', next: { artist: 'Lamb', title: 'Górecki' } }

test('what the playout system tells is in every answer: REST, WebSocket, event stream and history', async (t) => {
  const { app, icecast, get, page, stream } = await scenario(t, { stations })
  icecast.source(MAIN)
  icecast.title(MAIN, 'Bjork - JOGA')
  await until(app, plays('Bjork - JOGA'))
  const early = page('/now-playing/main')
  await early.snapshot()
  t.strictSame(await app.nowPlaying.tell('main', JOGA), { shown: true, status: 'shown', reason: null })

  const station = app.nowPlaying.get('main')
  t.match(station, { track: { duration: 305_000, tags: { album: 'Homogenic', isrc: 'GBAYE9700116' } }, next: { text: 'Lamb - Górecki', artist: 'Lamb', title: 'Górecki' } })
  t.equal(Date.parse(station?.track?.endsAt ?? ''), Date.parse(station?.track?.audibleAt ?? '') + 305_000)
  const plain: unknown = JSON.parse(JSON.stringify(station))
  t.strictSame((await get('/now-playing/main')).body, plain)
  t.strictSame(await early.update(({ next }) => next !== null), plain)
  t.match(await page('/now-playing/main').snapshot(), { stations: [plain] })
  t.match(JSON.parse((await (await stream('/now-playing/main')).event('snapshot')).data ?? ''), { stations: [plain] })

  icecast.title(MAIN, 'Lamb - Górecki')
  await until(app, plays('Lamb - Górecki'))
  t.match((await get('/now-playing/main')).body, { next: null, track: { duration: null, endsAt: null, tags: null } })
  t.match((await get('/now-playing/main/history')).body, { history: [{ text: 'Bjork - JOGA', duration: 305_000, tags: { album: 'Homogenic' } }] })
})

test('a duration that is in seconds by mistake is logged once for a station', async (t) => {
  const { app, icecast, logs } = await scenario(t, { stations })
  icecast.source(MAIN)
  icecast.title(MAIN, 'Björk - Jóga')
  await until(app, plays('Björk - Jóga'))
  for (const duration of [305_000, 305, 172]) await app.nowPlaying.tell('main', { ...JOGA, duration })
  t.match(app.nowPlaying.get('main'), { track: { duration: 172 } })
  const warnings = logs.filter(({ msg }) => /milliseconds/.test(msg))
  t.match(warnings, [{ level: 40, station: 'main', duration: 305 }])
  t.equal(warnings.length, 1)
})

test('what is told before its title is part of the play from the beginning', async (t) => {
  const { app, icecast } = await scenario(t, { stations })
  icecast.source(MAIN)
  icecast.title(MAIN, 'A - One')
  await until(app, plays('A - One'))
  t.strictSame(await app.nowPlaying.tell('main', JOGA), { shown: false, status: 'waiting', reason: 'other-title' })
  t.strictSame(await app.nowPlaying.tell('main', { artist: '$artist', title: '$title' }), { shown: false, status: 'dropped', reason: 'empty' })
  const began: unknown[] = []
  app.nowPlaying.on('track', (track) => began.push(track))
  icecast.title(MAIN, 'Björk - Jóga')
  await until(app, plays('Björk - Jóga'))
  t.match(began, [{ text: 'Björk - Jóga', duration: 305_000 }])
})

test('a station without titles plays what it is told', async (t) => {
  const { app, icecast } = await scenario(t, { stations: { main: { mounts: [MAIN], charset: 'windows-1251' } } })
  icecast.source(MAIN)
  await until(app, ([station]) => station?.status === 'live')
  t.match(await app.nowPlaying.tell('main', { artist: '\u00ca\u00e8\u00ed\u00ee', title: 'Zvezda', duration: 60_000 }), { shown: true })
  t.match(app.nowPlaying.get('main')?.track, { text: 'Кино - Zvezda', kind: 'song', mount: MAIN })
})

test('wrong details and unknown stations are refused with the status that a route should answer', async (t) => {
  const { app, get } = await scenario(t, {
    stations,
    after (app) {
      app.get<{ Querystring: TrackDetails }>('/tell', async ({ query }) => await app.nowPlaying.tell('main', query))
    }
  })
  await t.rejects(app.nowPlaying.tell('other', JOGA), { code: 'FST_ICECAST_UNKNOWN_STATION', statusCode: 404, message: /There are: `main`/ })
  await t.rejects(app.nowPlaying.tell(JSON.parse('{}').station, JOGA), { code: 'FST_ICECAST_UNKNOWN_STATION' }, 'the body of a request may lack it')
  await t.rejects(app.nowPlaying.tell('main', { ...JOGA, duration: -5 }), { code: 'FST_ICECAST_INVALID_DETAILS' })
  t.match(await get('/tell?title=A&token=secret'), { status: 400, body: { code: 'FST_ICECAST_INVALID_DETAILS', message: /`token`/ } })
  await app.close()
  t.strictSame(await app.nowPlaying.tell('main', JOGA), { shown: false, status: 'dropped', reason: 'no-leader' })
})

test('with several instances each of them takes what it is told', async (t) => {
  const backplane = memoryBackplane()
  const first = await scenario(t, { stations, backplane })
  const { icecast } = first
  icecast.source(MAIN)
  icecast.title(MAIN, 'Björk - Jóga')
  await until(first.app, plays('Björk - Jóga'))
  const { app, get } = await scenario(t, { icecast, stations, backplane })
  await until(app, plays('Björk - Jóga'))
  t.notOk(app.nowPlaying.leads)
  t.strictSame(await app.nowPlaying.tell('main', JOGA), { shown: true, status: 'shown', reason: null })
  t.match((await get('/now-playing/main')).body, { track: { duration: 305_000 }, next: { text: 'Lamb - Górecki' } })
  t.strictSame(first.app.nowPlaying.get('main'), app.nowPlaying.get('main'))
  t.strictSame(await app.nowPlaying.tell('main', { title: 'Another' }), { shown: false, status: 'waiting', reason: 'other-title' })
  await t.rejects(app.nowPlaying.tell('main', {}), { code: 'FST_ICECAST_INVALID_DETAILS' })
})

test('an answer that cannot be understood counts as none', async (t) => {
  const answers: Array<[answer: string | null, reason: string | null]> = [[null, 'no-leader'], ['', 'no-leader'], ['maybe', 'no-leader'], ['shown', null], ['delay', 'delay']]
  for (const [answer, reason] of answers) {
    const playout = new Playout({ updater: { handle: () => {} }, readText: (text) => text, ask: async () => answer, onShortDuration: () => {} })
    t.match(await playout.tell('main', JOGA), { shown: reason === null, reason })
  }
  const playout = new Playout({ updater: { handle: () => {} }, readText: (text) => text, ask: async () => null, onShortDuration: () => {} })
  t.equal(playout.answer(JSON.stringify(['main', JOGA])), 'no-leader', 'it does not read')
  t.equal(playout.answer(JSON.stringify(['main', { title: '$title' }])), 'empty')
  for (const text of ['x', '{}', '["main"]', 'null']) t.throws(() => playout.answer(text), text)
})
