/// <reference lib="dom" />
import { test } from 'tap'
import { becomes } from '../helpers/becomes.ts'
import { scenario, until } from '../helpers/station.ts'
import { chromiumMissing, open, type Tab } from './chromium.ts'
import { pageAt, pages } from './pages.ts'
import { stage } from './stage.ts'

const skip = chromiumMissing()

const set = async ({ page }: Tab, attributes: Record<string, string | null>): Promise<void> => {
  await page.locator('now-playing').evaluate((element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null) element.removeAttribute(name)
      else element.setAttribute(name, value)
    }
  }, attributes)
}

const last = async ({ shown }: Tab) => (await shown()).at(-1)

/** Waits for the history, since another length of it needs another connection. */
const showsHistory = async ({ page }: Tab, history: string[]): Promise<void> => {
  await page.waitForFunction((history) => JSON.stringify(window.shown.at(-1)?.history) === history, JSON.stringify(history), { polling: 20 })
}

test('the element follows changes of its attributes', { skip }, async (t) => {
  const { app, icecast, address } = await scenario(t, { stations: { a: { name: 'A', mounts: ['/a'] }, b: { name: 'B', mounts: ['/b'] } }, after: pages })
  for (const mount of ['/a', '/b']) icecast.source(mount)
  for (const title of ['One', 'Two', 'Three']) {
    icecast.title('/a', `A - ${title}`)
    icecast.title('/b', `B - ${title} b`)
    await until(app, (stations) => stations.every(({ track }) => track?.title?.startsWith(title)))
  }
  const tab = await open(t, pageAt(address))
  await tab.sees('Three')
  t.match(await last(tab), { artist: 'A', status: 'Live', history: [] }, 'the first, where none is named')

  await set(tab, { history: '2', lang: 'de-AT' })
  await showsHistory(tab, ['A - Two', 'A - One'])
  t.match(await last(tab), { status: 'Live', history: ['A - Two', 'A - One'] })
  t.equal(await tab.page.locator('now-playing [part=heading]').textContent(), 'Zuvor')
  await set(tab, { history: '1', words: 'On air|||||Before' })
  await showsHistory(tab, ['A - Two'])
  t.match(await last(tab), { status: 'On air', history: ['A - Two'] })
  t.equal(await tab.page.locator('now-playing [part=heading]').textContent(), 'Before')
  await set(tab, { history: '-1', words: null, lang: 'DE' })
  await showsHistory(tab, [])
  t.match(await last(tab), { status: 'Live', history: [] })
  await set(tab, { history: 'many' })
  t.match(await last(tab), { history: [] })
  await set(tab, { history: null, lang: 'fr' })
  t.match(await last(tab), { status: 'En direct', history: [] })

  await set(tab, { station: 'b' })
  await tab.sees('Three b')
  await set(tab, { station: 'b' })
  await set(tab, { src: '/elsewhere' })
  await becomes(() => app.nowPlaying.subscribers === 0)
  t.ok(await tab.page.getByText('Radio Main, all day').isVisible(), 'there is nothing at that address')
  await set(tab, { src: `${address}/now-playing`, lang: 'es', sleep: '' })
  await tab.page.getByText('En directo').waitFor()
  t.equal(tab.requests.filter((path) => path === 'ws:/now-playing').length, 6, 'another connection for each other address, station or length of the history')
  t.same(tab.errors.filter((error) => !/WebSocket connection to .*404|404 \(Not Found\)/.test(error)), [])
})

test('the element shows a label while there is no title: off the air, no title, reconnecting', { skip }, async (t) => {
  const { app, icecast, open } = await stage(t, 'Björk - Hyperballad')
  const tab = await open({ html: 'lang="xx"' })
  await tab.sees('Hyperballad')
  icecast.disconnect('/main.mp3')
  await tab.sees('Off the air')
  t.match(await last(tab), { artist: '', status: '' })
  t.equal(await tab.page.locator('now-playing [part~=none]').textContent(), 'Off the air')
  t.equal(await tab.page.locator('now-playing [part~=box]').getAttribute('part'), 'box offline')
  icecast.source('/main.mp3')
  await tab.sees('No title')
  t.match(await last(tab), { status: 'Live' })
  await app.close()
  await tab.page.getByText('Reconnecting …').waitFor()
  t.equal(await tab.page.locator('now-playing [part~=box]').getAttribute('part'), 'box lost')
})

test('the element emits the events of its client, and disconnects when it is removed', { skip }, async (t) => {
  const { app, play, open } = await stage(t, 'Björk - Hyperballad')
  const { page, sees } = await open({ body: '<p id="elsewhere"></p>' })
  await sees('Hyperballad')
  await page.locator('now-playing').evaluate((element) => {
    const heard: string[] = []
    Reflect.set(window, 'heard', heard)
    for (const type of ['track', 'update', 'status', 'connection']) {
      element.addEventListener(type, (event) => { if (event instanceof CustomEvent) heard.push(`${type}: ${Object.keys(event.detail)}`) })
    }
  })
  await play('Portishead - Roads')
  await sees('Roads')
  t.same(await page.evaluate(() => Reflect.get(window, 'heard')), ['track: track,station,previous', 'update: station,previous'])

  const boxes = await page.evaluate(async () => {
    const element = document.querySelector('now-playing')
    const heard = Reflect.get(window, 'heard')
    heard.length = 0
    document.querySelector('#elsewhere')?.append(element ?? '')
    const isHidden = element?.shadowRoot?.querySelector<HTMLElement>('[part~=box]')?.hidden
    await new Promise((resolve) => setTimeout(resolve, 100))
    return [isHidden, ...heard]
  })
  t.same(boxes, [false], 'an element that is moved keeps its content and its client')
  await page.evaluate(() => {
    const element = document.querySelector('now-playing')
    Reflect.set(window, 'kept', element)
    element?.remove()
  })
  await becomes(() => app.nowPlaying.subscribers === 0)
  await page.evaluate(() => document.body.append(Reflect.get(window, 'kept')))
  await page.getByText('Roads').waitFor()
})

test('a player outside the document can be set; removing the element clears the media session', { skip }, async (t) => {
  const { open } = await stage(t, 'Björk - Hyperballad')
  const { page, sees } = await open()
  await sees('Hyperballad')
  const panel = async () => await page.evaluate(() => navigator.mediaSession.metadata?.title)
  await page.locator('now-playing').evaluate(async (element: HTMLElement & { audio?: HTMLMediaElement | null }) => {
    const audio = new Audio('/silence.wav')
    audio.loop = true
    element.audio = audio
    if (element.audio !== audio) throw new Error('not taken')
    await audio.play()
  })
  t.equal(await panel(), 'Hyperballad')
  await page.evaluate(() => document.querySelector('now-playing')?.remove())
  t.equal(await panel(), undefined)
})

test('of two players, the one that was started last has the media session', { skip }, async (t) => {
  const { icecast, address } = await scenario(t, { stations: { a: { mounts: ['/a'] }, b: { mounts: ['/b'] } }, after: pages })
  for (const mount of ['/a', '/b']) {
    icecast.source(mount)
    icecast.title(mount, `Some - Song of ${mount}`)
  }
  const player = (id: string) => `<now-playing station="${id}" for="player-${id}"></now-playing><audio id="player-${id}" src="/silence.wav" loop></audio>`
  const { page } = await open(t, pageAt(address, { body: `<section>${player('a')}${player('b')}</section>` }))
  for (const id of ['a', 'b']) await page.locator('section').getByText(`Song of /${id}`).waitFor()
  const panel = async () => await page.evaluate(() => navigator.mediaSession.metadata?.title)
  const start = async (id: string, other: string) => await page.evaluate(async ([id, other]) => {
    const player = (id: string) => document.querySelector<HTMLAudioElement>(`#player-${id}`)
    await player(`${id}`)?.play()
    player(`${other}`)?.pause()
  }, [id, other])
  for (const [id, other] of [['a', 'b'], ['b', 'a'], ['a', 'b'], ['b', 'a']] as const) {
    await start(id, other)
    t.equal(await panel(), `Song of /${id}`)
  }
  await page.evaluate(() => document.querySelector('[station=a]')?.remove())
  t.equal(await panel(), 'Song of /b', 'which is not the other\'s to take away')
})

test('a player that outlives an element keeps no listener of it', { skip }, async (t) => {
  const { open } = await stage(t, 'Björk - Hyperballad')
  const { page, sees, devtools } = await open()
  await sees('Hyperballad')
  await page.locator('now-playing').evaluate((element: HTMLElement & { audio?: HTMLMediaElement | null }) => {
    element.audio = new Audio()
    Reflect.set(window, 'player', element.audio)
  })
  const listeners = async (): Promise<number> => {
    const { result } = await devtools.send('Runtime.evaluate', { expression: 'window.player' })
    return (await devtools.send('DOMDebugger.getEventListeners', { objectId: `${result.objectId}` })).listeners.length
  }
  t.equal(await listeners(), 1)
  await page.evaluate(() => {
    const element = document.querySelector('now-playing')
    Reflect.set(window, 'kept', element)
    element?.remove()
  })
  t.equal(await listeners(), 0)
  await page.evaluate(() => document.body.append(Reflect.get(window, 'kept')))
  t.equal(await listeners(), 1, 'it is followed again when it is back')
})

test('a page that changes the element in its `connection` event has one connection, and none after removal', { skip }, async (t) => {
  const { app, open } = await stage(t, 'Björk - Hyperballad')
  const { page, sees } = await open({ element: 'id="it"' })
  await sees('Hyperballad')
  await page.evaluate(() => {
    const element = document.querySelector('now-playing')
    let times = 0
    element?.addEventListener('connection', (event) => {
      if (event instanceof CustomEvent && event.detail.state === 'closed' && times++ === 0) element.setAttribute('station', 'main.mp3')
    })
    element?.setAttribute('src', '/now-playing/../now-playing')
  })
  await page.getByText('Hyperballad').waitFor()
  await page.evaluate(() => document.querySelector('now-playing')?.remove())
  await becomes(() => app.nowPlaying.subscribers === 0)
})

test('a browser without constructable style sheets gets an inline style', { skip }, async (t) => {
  const { address } = await stage(t, 'Björk - Hyperballad')
  const tab = await open(t, pageAt(address))
  await tab.sees('Hyperballad')
  t.equal(await tab.page.locator('now-playing style').count(), 0)
  const old = await open(t, 'about:blank', { bypassCSP: true })
  await old.page.context().addInitScript(() => { Reflect.deleteProperty(CSSStyleSheet.prototype, 'replaceSync') })
  await old.page.goto(pageAt(address))
  await old.sees('Hyperballad')
  t.equal(await old.page.locator('now-playing [part~=box]').evaluate((box) => getComputedStyle(box).display), 'grid')
  t.same(old.errors, [])
})
