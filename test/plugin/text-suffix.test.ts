import { test } from 'tap'
import { becomes } from '../helpers/becomes.ts'
import { isLive, plays, scenario, until } from '../helpers/station.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

test('`.txt` after the id of a station is answered with its title as plain text, whatever the request accepts', async (t) => {
  const { app, icecast, get } = await scenario(t, { prefix: '/api' })
  icecast.source('/live/main.mp3')
  icecast.title('/live/main.mp3', 'Björk - Hyperballad')
  await until(app, plays('Björk - Hyperballad'))
  const path = '/api/now-playing/live%2Fmain.mp3'
  const negotiated = await get(path, { accept: 'text/plain' })
  for (const accept of ['*/*', 'application/json', BROWSER]) {
    const answer = await get(`${path}.txt`, { accept })
    t.match(answer, { status: 200, text: 'Björk - Hyperballad\n' }, accept)
    t.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
    t.equal(answer.headers.get('etag'), negotiated.headers.get('etag'))
    t.equal(answer.headers.get('cache-control'), negotiated.headers.get('cache-control'))
  }
  t.equal((await get(`${path}.txt`, { 'if-none-match': String(negotiated.headers.get('etag')) })).status, 304)
  t.match(await get('/api/now-playing/nope.txt'), { status: 404, body: { code: 'FST_ICECAST_UNKNOWN_STATION', message: /`nope.txt`.+There are: `live\/main.mp3`/ } })
  t.match(await get(`${path}.txt`, { accept: 'text/event-stream' }), { status: 404 }, 'there are no messages about text')
})

test('`.txt` is held by ?wait until the title changes', async (t) => {
  const { app, icecast, get } = await scenario(t)
  icecast.source('/main')
  icecast.title('/main', 'One')
  await until(app, plays('One'))
  const { headers } = await get('/now-playing/main.txt')
  const held = get('/now-playing/main.txt?wait=60', { 'if-none-match': String(headers.get('etag')) })
  await becomes(() => app.nowPlaying.metrics.waiting === 1)
  icecast.title('/main', 'Two')
  t.match(await held, { status: 200, text: 'Two\n' })
  t.equal((await get('/now-playing/main.txt?wait=x')).status, 400)
})

test('a station whose id ends in `.txt` is served like any other, and a second `.txt` is its text', async (t) => {
  const { app, icecast, get, page, stream } = await scenario(t)
  icecast.source('/radio')
  icecast.source('/radio.txt')
  icecast.title('/radio.txt', 'One')
  await until(app, (stations) => stations.length === 2 && stations.some(({ track }) => track !== null))
  t.match(await get('/now-playing/radio.txt'), { status: 200, body: { id: 'radio.txt', track: { text: 'One' } } })
  t.match(await get('/now-playing/radio.txt?history=0'), { status: 200, body: { id: 'radio.txt', history: [] } })
  t.match(await get('/now-playing/radio.txt.txt'), { status: 200, text: 'One\n' })
  t.match(await get('/now-playing/radio.txt/history'), { status: 200, body: { station: 'radio.txt' } })
  await page('/now-playing/radio.txt').sees('One')
  await (await stream('/now-playing/radio.txt')).sees('One')
})

test('`.txt` is no address to subscribe to', async (t) => {
  const { app, icecast, page } = await scenario(t)
  icecast.source('/main')
  await until(app, isLive)
  t.match(await page('/now-playing/main.txt').closed, { code: 4404, reason: 'FST_ICECAST_UNKNOWN_STATION' })
})

test('`.txt` works for a station whose id is longer than `maxParamLength`', async (t) => {
  const id = 'long'.repeat(40)
  const { app, icecast, get } = await scenario(t)
  icecast.source(`/${id}`)
  icecast.title(`/${id}`, 'One')
  await until(app, plays('One'))
  t.match(await get(`/now-playing/${id}.txt`), { status: 200, text: 'One\n' })
})
