import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import { plays, scenario, until } from '../helpers/station.ts'

const SECRET = 'a token with & and +'

/** The app of somebody who has copied all recipes of docs/playout.md. */
async function recipes (t: Test): Promise<{ send: (path: string, query: Record<string, string>, init?: RequestInit) => Promise<{ status: number, body: unknown }>, app: FastifyInstance }> {
  const text = await readFile(new URL('../../docs/playout.md', import.meta.url), 'utf8')
  const part = text.slice(text.indexOf('## Recipes'), text.indexOf('## On the page'))
  const code = [...part.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code).join('\n')
  const imports = code.match(/^import .*$/gm) ?? []
  const script = `${imports.join('\n')}\nexport default (app) => {\n${code.replace(/^import .*$/gm, '')}\n}`
  process.env['PLAYOUT_TOKEN'] = SECRET
  t.teardown(() => { delete process.env['PLAYOUT_TOKEN'] })
  const { default: add } = await import(`data:text/javascript,${encodeURIComponent(script)}`) as { default: (app: FastifyInstance) => void }
  const { app, icecast, address } = await scenario(t, { stations: { main: { mounts: ['/main.mp3'] } }, after: add })
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'Bjork - Joga')
  await until(app, plays('Bjork - Joga'))
  return {
    app,
    async send (path, query, init) {
      const answer = await fetch(`${address}${path}?${new URLSearchParams(query)}`, init)
      const body = await answer.text()
      return { status: answer.status, body: body === '' ? null : JSON.parse(body) }
    }
  }
}

const JOGA = { artist: 'Björk', title: 'Jóga' }
const SHOWN = { status: 200, body: { shown: true } }

test('the recipes of docs/playout.md take what each product sends', async (t) => {
  const { app, send } = await recipes(t)
  const token = SECRET
  const station = () => app.nowPlaying.get('main')
  t.match(await send('/playout/rivendell', { token, ...JOGA, album: 'Homogenic', ms: '305000', isrc: '%wi', nextTitle: 'Górecki', nextArtist: 'Lamb' }), SHOWN)
  t.match(station(), { track: { duration: 305_000, tags: { album: 'Homogenic' } }, next: { text: 'Lamb - Górecki' } })
  t.match(await send('/playout/mairlist', { token, ...JOGA, seconds: '12,5', type: 'Advertising' }), SHOWN)
  t.match(station(), { track: { duration: 12_500, kind: 'ad' } })
  t.match(await send('/playout/windows', { token, ...JOGA, album: '$album', duration: '3:25' }), SHOWN)
  t.match(station(), { track: { duration: 205_000, tags: { album: 'Homogenic' } } })
  t.match(await send('/playout/windows', { token }, { method: 'POST', body: new URLSearchParams({ ...JOGA, duration: '61' }) }), SHOWN)
  t.match(station(), { track: { duration: 61_000 } })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  t.match(await send('/playout/liquidsoap', {}, { method: 'POST', headers, body: JSON.stringify({ ...JOGA, album: 'Post', duration: 1000 }) }), SHOWN)
  t.match(station(), { track: { duration: 1000, tags: { album: 'Post' } } })
  t.match(await send('/playout/mairlist', { token, artist: 'Lamb', title: 'Górecki', seconds: '%l', type: '%I' }), { status: 200, body: { shown: false, reason: 'other-title' } })
})

test('the recipes refuse a missing or wrong token', async (t) => {
  const { app, send } = await recipes(t)
  for (const path of ['/playout/rivendell', '/playout/mairlist', '/playout/windows']) {
    for (const token of [undefined, '', 'x', `${SECRET} `]) t.equal((await send(path, { ...JOGA, ...token !== undefined && { token } })).status, 401)
  }
  t.equal((await send('/playout/liquidsoap', {}, { method: 'POST' })).status, 401)
  t.equal(app.nowPlaying.get('main')?.track?.duration, null)
})
