import { test } from 'tap'
import type { Station } from '../../index.ts'
import { becomes } from '../helpers/becomes.ts'
import { plays, scenario, until, type Scenario } from '../helpers/station.ts'

/** Whether an event is about stations; a heartbeat may come at any time. */
const isState = (type: string | undefined): boolean => type !== undefined && type !== 'heartbeat'

/** Two stations; the first has played three songs. */
async function radio (t: Parameters<typeof scenario>[0], options: Parameters<typeof scenario>[1] = {}): Promise<Scenario> {
  const radio = await scenario(t, options)
  const { app, icecast } = radio
  for (const mount of ['/a', '/b']) icecast.source(mount)
  for (const title of ['One', 'Two', 'Three']) {
    icecast.title('/a', title)
    await until(app, plays(title))
  }
  await until(app, (stations) => stations.length === 2)
  return radio
}

const lengths = (stations: readonly Station[]): number[] => stations.map(({ history }) => history.length)

test('?history=N limits the earlier tracks over each transport', async (t) => {
  const { icecast, get, page, stream } = await radio(t, { history: 3 })
  for (const [query, expected] of [['', 2], ['?history=3', 2], ['?history=2', 2], ['?history=1', 1], ['?history=0', 0]] as const) {
    t.match((await get(`/now-playing${query}`)).body, { stations: [{ history: { length: expected } }, {}] }, query)
    t.match((await get(`/now-playing/a${query}`)).body, { history: { length: expected } }, query)
    t.match((await get(`/now-playing${query}${query === '' ? '?' : '&'}station=b&station=a`)).body, { stations: [{}, { history: { length: expected } }] }, query)
    const message = await page(`/now-playing${query}`).snapshot()
    t.same(message.type === 'snapshot' && lengths(message.stations), [expected, 0])
  }
  const pages = ['', '?history=2', '?history=0'].map((query) => page(`/now-playing/a${query}`))
  const events = await stream('/now-playing/a?history=1')
  await Promise.all([...pages.map((one) => one.snapshot()), events.event('snapshot')])
  icecast.title('/a', 'Four')
  t.same(lengths(await Promise.all(pages.map((one) => one.update(({ track }) => track?.text === 'Four')))), [3, 2, 0])
  t.same(JSON.parse((await events.event('update')).data ?? '').station.history.map(({ text }: { text: string }) => text), ['Three'])
})

test('a wrong ?history or ?listeners is answered with 400 before a subscription', async (t) => {
  const { page, stream } = await scenario(t)
  for (const query of ['history=11', 'history=-1', 'listeners=2']) {
    await t.rejects(page(`/now-playing?${query}`).snapshot(), { message: 'Unexpected server response: 400' })
    t.equal((await stream(`/now-playing?${query}`)).response.statusCode, 400)
  }
})

test('?listeners=0 leaves changes of listener numbers out over each transport', async (t) => {
  const { app, icecast, get, page, stream } = await radio(t)
  const [all, quiet] = [page(), page('/now-playing?listeners=0')]
  const [allEvents, quietEvents] = [await stream(), await stream('/now-playing?listeners=0')]
  await Promise.all([all.snapshot(), quiet.snapshot(), allEvents.event('snapshot'), quietEvents.event('snapshot')])
  const tags = async (): Promise<Array<string | null>> => await Promise.all(['', '?listeners=0', '/a?listeners=0', '?station=a&listeners=0', '?station=b', '/b'].map(async (path) =>
    (await get(`/now-playing${path}`)).headers.get('etag')))
  const before = await tags()
  t.equal(before[0], before[1])

  icecast.listeners('/a', 5)
  const version = (await all.message(({ type }) => type === 'listeners') as { version: string }).version
  t.equal(version, app.nowPlaying.version)
  const [listeners] = all.messages.filter(({ type }) => type === 'listeners')
  t.match(listeners, { type: 'listeners', station: 'a', listeners: { current: 5, peak: 5 }, mounts: { '/a': 5 } })
  const sent = await allEvents.event('listeners')
  t.same(JSON.parse(sent.data ?? ''), listeners)
  t.equal(sent.id, version)
  t.match(app.nowPlaying.get('a'), { listeners: { current: 5 }, mounts: [{ listeners: 5 }] }, 'the backend sees whole stations')
  const after = await tags()
  t.not(after[0], before[0])
  t.same(after.slice(1), before.slice(1), 'nor does a change of another station change a tag')
  t.match((await get('/now-playing/a')).body, { listeners: { current: 5 } })
  t.match((await get('/now-playing/a?listeners=0')).body, { listeners: { current: 0 } }, 'the numbers of its version')
  t.match(await page('/now-playing?listeners=0').snapshot(), { stations: [{ listeners: { current: 5 } }, {}] })

  icecast.title('/a', 'Four')
  t.match(await quiet.update(({ track }) => track?.text === 'Four'), { listeners: { current: 5 } })
  t.same(quiet.messages.map(({ type }) => type).filter(isState), ['snapshot', 'update'])
  t.equal((await quietEvents.event('update')).id, app.nowPlaying.version)
  t.same(quietEvents.sent.map(({ event }) => event).filter(isState), ['snapshot', 'update'])
})

test('a stream that is reopened receives no second snapshot after a change that it did not ask for', async (t) => {
  const { app, icecast, stream } = await radio(t)
  const { version } = app.nowPlaying
  icecast.listeners('/a', 5)
  await until(app, ([a]) => a?.listeners.current === 5)
  const paths = ['/now-playing', '/now-playing?listeners=0', '/now-playing?station=b', '/now-playing/a?listeners=0']
  const streams = await Promise.all(paths.map(async (path) => await stream(path, { 'last-event-id': version })))
  icecast.title('/a', 'Four')
  icecast.title('/b', 'One')
  await Promise.all(streams.map(async (one) => await one.event('update')))
  t.same(streams.map(({ sent }) => sent.map(({ event }) => event).find(isState)), ['snapshot', 'update', 'update', 'update'])
})

test('a held ?wait is answered only when something has changed that it asks for', async (t) => {
  const { app, icecast, get } = await radio(t)
  const hold = async (path: string, seconds: number) => {
    const headers = { 'if-none-match': String((await get(path)).headers.get('etag')) }
    return get(`${path}${path.includes('?') ? '&' : '?'}wait=${seconds}`, headers)
  }
  const going = [hold('/now-playing', 60), hold('/now-playing?station=b&history=0', 60), hold('/now-playing/a?listeners=0', 60)]
  const over = hold('/now-playing?station=b&listeners=0', 2)
  await becomes(() => app.nowPlaying.metrics.waiting === 4)
  icecast.listeners('/a', 5)
  t.match(await going[0], { status: 200, body: { stations: [{ listeners: { current: 5 } }, {}] } })
  t.equal((await over).status, 304, 'after its time')
  t.equal(app.nowPlaying.metrics.waiting, 2)
  icecast.title('/a', 'Four')
  t.match(await going[2], { status: 200, body: { track: { text: 'Four' }, listeners: { current: 5 } } })
  icecast.title('/b', 'One')
  t.match(await going[1], { status: 200, body: { stations: [{ id: 'b', track: { text: 'One' } }] } })
})

test('a client with a newer version than this instance is not answered with an older state', async (t) => {
  const { app, get } = await radio(t)
  const [run = '', count = ''] = app.nowPlaying.version.split('-')
  const newer = `"${run}-${(parseInt(count, 36) + 5).toString(36)}"`
  t.equal((await get('/now-playing', { 'if-none-match': newer })).status, 304)
  t.equal((await get('/now-playing', { 'if-none-match': `"x", W/${newer}` })).status, 304)
  t.equal((await get('/now-playing?wait=1', { 'if-none-match': newer })).status, 304)
  t.equal((await get('/now-playing', { 'if-none-match': `"${run}-0"` })).status, 200)
})
