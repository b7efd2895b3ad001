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

test('a page falls back to an event stream where WebSockets are blocked, and to polling where both are', { skip, timeout: 60_000 }, async (t) => {
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

test('a WebSocket handshake that is never answered does not block the next one', { skip }, async (t) => {
  const { address } = await stage(t, 'Björk - Hyperballad')
  const proxy = await startProxy(t, address, { webSockets: 'ignore', eventStreams: 'forbid' })
  const tab = await open(t, pageAt(proxy.url))
  await becomes(() => proxy.ignored === 1)
  proxy.webSockets = 'pass'
  await tab.page.locator('now-playing').evaluate(async (element) => {
    element.remove()
    // In the same task, the new element would share the connection.
    await new Promise((resolve) => setTimeout(resolve))
    document.body.append(document.createElement('now-playing'))
  })
  await tab.page.getByText('Hyperballad').waitFor()
  t.match(await connectionOf(tab), { state: 'open', transport: 'websocket' })
  t.same(tab.errors, [])
})

test('a dead connection is detected by the missing heartbeat', { skip }, async (t) => {
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

test('a page reconnects at once when the network is back', { skip }, async (t) => {
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

test('a page from the back/forward cache shows the current track', { skip }, async (t) => {
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

test('a page that was hidden shows the current track; with `sleep` it is disconnected meanwhile', { skip }, async (t) => {
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

for (const webSockets of ['pass', 'forbid'] as const) {
  test(`ten elements and the page's own requests share HTTP/1.1 connections: WebSockets ${webSockets}`, { skip }, async (t) => {
    const { app, address, play } = await stage(t, 'Björk - Hyperballad')
    const proxy = await startProxy(t, address, { webSockets })
    const tab = await open(t, pageAt(proxy.url, { body: '<now-playing></now-playing>'.repeat(9) }))
    const shows = async (title: string): Promise<void> => {
      await tab.page.waitForFunction((title) => [...document.querySelectorAll('now-playing')].filter(({ shadowRoot }) => shadowRoot?.querySelector('[part~=title]')?.textContent === title).length === 10, title, { polling: 20 })
    }
    await shows('Hyperballad')
    t.equal(app.nowPlaying.subscribers, 1)
    t.equal(tab.requests.filter((path) => path === 'ws:/now-playing').length, 1)
    t.equal(await tab.page.evaluate(async () => (await Promise.all(Array.from({ length: 8 }, async (_, index) => (await fetch(`/cover.svg?${index}`)).ok))).every(Boolean)), true)
    await play('Portishead - Roads')
    await shows('Roads')
  })
}
