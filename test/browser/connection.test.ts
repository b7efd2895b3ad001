/// <reference lib="dom" />
import { test } from 'tap'
import { chromiumMissing, open, type Tab } from './chromium.ts'
import { pageAt } from './pages.ts'
import { startProxy } from './proxy.ts'
import { stage } from './stage.ts'
import { openWindow } from './window.ts'
import { becomes } from '../helpers/becomes.ts'

const skip = chromiumMissing()

const connectionOf = async ({ page }: Tab) => await page.locator('now-playing').evaluate((element: HTMLElement & { client?: { connection: object } }) => element.client?.connection)
const titlesOf = async ({ shown }: Tab) => (await shown()).map(({ title }) => title).filter((title, index, all) => title !== all[index - 1])

test('where WebSockets are blocked there are event streams, and where these are too it asks', { skip, timeout: 60_000 }, async (t) => {
  const { address, play } = await stage(t, 'Björk - Hyperballad')
  const networks = [
    { webSockets: 'forbid', eventStreams: 'pass', transport: 'eventstream' },
    { webSockets: 'strip', eventStreams: 'pass', transport: 'eventstream' },
    { webSockets: 'swallow', eventStreams: 'pass', transport: 'eventstream' },
    { webSockets: 'forbid', eventStreams: 'forbid', transport: 'polling' },
    { webSockets: 'strip', eventStreams: 'swallow', transport: 'polling' }
  ] as const
  const tabs = await Promise.all(networks.map(async ({ transport, ...network }) => {
    const proxy = await startProxy(t, address, network)
    return { transport, network, proxy, tab: await open(t, pageAt(proxy.url)) }
  }))
  await Promise.all(tabs.map(async ({ tab }) => await tab.sees('Hyperballad')))
  for (const { transport, network, tab } of tabs) t.match(await connectionOf(tab), { state: 'open', transport }, JSON.stringify(network))
  await play('Portishead - Roads')
  await Promise.all(tabs.map(async ({ tab }) => await tab.sees('Roads')))
  for (const { tab, network } of tabs) {
    t.match(await tab.shown(), [{ title: 'Hyperballad', status: 'Live' }, { title: 'Roads' }], `without a sign of trouble: ${JSON.stringify(network)}`)
    // The browser says itself what it couldn't load.
    t.same(tab.errors.filter((error) => !/WebSocket connection to|Failed to load resource/.test(error)), [])
  }
})

test('a handshake that is never answered does not hold up the next', { skip }, async (t) => {
  const { address } = await stage(t, 'Björk - Hyperballad')
  const proxy = await startProxy(t, address, { webSockets: 'ignore', eventStreams: 'forbid' })
  const tab = await open(t, pageAt(proxy.url))
  await becomes(() => proxy.ignored === 1)
  proxy.webSockets = 'pass'
  await tab.page.locator('now-playing').evaluate((element) => element.replaceWith(document.createElement('now-playing')))
  await tab.page.getByText('Hyperballad').waitFor()
  t.match(await connectionOf(tab), { state: 'open', transport: 'websocket' })
  t.same(tab.errors, [])
})

test('a line that is dead without a word is noticed by the missing heartbeat', { skip }, async (t) => {
  const { address, play } = await stage(t, 'Björk - Hyperballad', { heartbeat: 1000 })
  const proxy = await startProxy(t, address)
  const tab = await open(t, pageAt(proxy.url))
  await tab.sees('Hyperballad')
  proxy.freeze()
  await play('Portishead - Roads')
  await tab.sees('Roads')
  t.same(tab.requests.slice(2), ['ws:/now-playing', 'ws:/now-playing'])
  t.same(tab.errors, [])
})

test('when the network comes back, so does the page, at once', { skip }, async (t) => {
  const { address, play } = await stage(t, 'Björk - Hyperballad', { heartbeat: 60_000 })
  const proxy = await startProxy(t, address)
  const tab = await open(t, pageAt(proxy.url))
  await tab.sees('Hyperballad')
  proxy.freeze()
  await tab.page.context().setOffline(true)
  await play('Portishead - Roads')
  await tab.page.context().setOffline(false)
  await tab.sees('Roads')
  t.same(await titlesOf(tab), ['Hyperballad', 'Roads'])
})

test('a page that is gone back to is right again', { skip }, async (t) => {
  const { app, play, open } = await stage(t, 'Björk - Hyperballad')
  const tab = await open()
  await tab.sees('Hyperballad')
  await tab.page.goto('about:blank')
  await becomes(() => app.nowPlaying.subscribers === 0)
  await play('Portishead - Roads')
  await tab.page.goBack({ waitUntil: 'commit' })
  await tab.sees('Roads')
  t.same(await titlesOf(tab), ['Hyperballad', 'Roads'], 'it is the very page that was left')
  t.same(tab.errors, [])
})

test('a page that is hidden and back is right; one that may sleep has no line meanwhile', { skip }, async (t) => {
  const { app, address, play } = await stage(t, 'Björk - Hyperballad')
  const windows = [await openWindow(t, pageAt(address)), await openWindow(t, pageAt(address, { element: 'sleep' }))]
  for (const { sees } of windows) await sees('Hyperballad')
  for (const { hide } of windows) await hide()
  await becomes(() => app.nowPlaying.subscribers <= 1)
  t.equal(app.nowPlaying.subscribers, 1)
  await play('Portishead - Roads')
  await windows[0]?.sees('Roads')
  t.match(await windows[1]?.evaluate('window.shown.at(-1).title'), 'Hyperballad')
  await play('Massive Attack - Teardrop')
  for (const { show, sees } of windows) {
    await show()
    await sees('Teardrop')
  }
  t.equal(app.nowPlaying.subscribers, 2)
})
