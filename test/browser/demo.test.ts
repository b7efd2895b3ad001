/// <reference lib="dom" />
import { test, type Test } from 'tap'
import { openBackend, type Backend } from '../../examples/demo/backend.ts'
import { fakeIcecast, type FakeIcecast } from '../../lib/testing/index.ts'
import { chromiumMissing, open } from './chromium.ts'

const skip = chromiumMissing()

const SCREENS = [
  { name: 'a phone', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  { name: 'a small phone on its side', viewport: { width: 568, height: 320 }, colorScheme: 'dark' },
  { name: 'a wall screen', viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' }
] as const

/** The demo, with an Icecast of ours behind it instead of its stand-in. */
async function demo (t: Test): Promise<{ icecast: FakeIcecast, start: (port?: string) => Promise<Backend> }> {
  t.capture(console, 'log')
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  icecast.source('/main.mp3', { name: 'Radio Main', description: 'All day' })
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  icecast.source('/night.mp3', { name: 'Night' })
  icecast.title('/night.mp3', 'Portishead - Roads')
  return {
    icecast,
    start: async (port = '0') => {
      const backend = await openBackend({ ICECAST_URL: icecast.url, PORT: port })
      t.teardown(() => backend.close())
      return backend
    }
  }
}

test('the demo shows a station with its cover and numbers, and another station when it is selected', { skip }, async (t) => {
  const { icecast, start } = await demo(t)
  const { address } = await start()
  const { page, sees, errors, requests } = await open(t, address)
  await sees('Hyperballad')
  icecast.listeners('/main.mp3', 1234)
  await page.getByText('1,234', { exact: true }).first().waitFor()
  await page.locator('now-playing img').waitFor({ state: 'visible' })
  t.match(requests, ['/', '/now-playing/client.js'])
  t.ok(requests.includes(`/cover.svg?of=${encodeURIComponent('Björk - Hyperballad')}`))
  t.equal(await page.title(), 'Björk - Hyperballad · Radio Main')

  await page.getByRole('link', { name: 'Night' }).click()
  await page.locator('now-playing [part~=title]', { hasText: 'Roads' }).waitFor()
  t.equal(await page.locator('now-playing').count(), 1)
  t.equal(await page.title(), 'Portishead - Roads · Night')
  await page.goBack()
  await page.locator('now-playing [part~=title]', { hasText: 'Hyperballad' }).waitFor()
  t.same(errors, [], 'its policy lets all of it be')
})

test('the demo dims the last title while the backend is down, and shows the current one afterwards', { skip }, async (t) => {
  const { icecast, start } = await demo(t)
  const backend = await start()
  const { page, sees } = await open(t, backend.address)
  await sees('Hyperballad')
  const title = page.locator('now-playing [part~=title]')
  const opacity = async () => await title.evaluate(async (element) => {
    await Promise.all(element.getAnimations().map(async ({ finished }) => await finished))
    return Number(getComputedStyle(element).opacity)
  })
  t.equal(await opacity(), 1)
  await backend.close()
  await page.getByText('Reconnecting …').waitFor()
  await page.getByText('No connection').waitFor()
  t.match(await title.textContent(), 'Hyperballad')
  t.ok(await opacity() < 0.6)

  icecast.title('/main.mp3', 'Massive Attack - Teardrop')
  await start(new URL(backend.address).port)
  await sees('Teardrop')
  await page.getByText('WebSocket').waitFor()
  t.equal(await opacity(), 1)
})

test('the demo opens on the first station that has a title, and tells stations of one name apart', { skip }, async (t) => {
  const { icecast, start } = await demo(t)
  icecast.source('/a-backup.mp3', { name: 'Radio Main' })
  const { address } = await start()
  const { page, sees } = await open(t, address)
  await sees('Hyperballad')
  const current = page.locator('nav a[aria-current]')
  t.same(await page.locator('nav a').allTextContents(), ['a-backup.mp3 · Radio Main', 'main.mp3 · Radio Main', 'Night'])
  t.equal(await current.textContent(), 'main.mp3 · Radio Main')
  icecast.title('/a-backup.mp3', 'Somebody - Else')
  await page.waitForFunction(() => document.title.startsWith('Björk'))
  t.equal(await current.textContent(), 'main.mp3 · Radio Main', 'the selection stays')
})

test('the demo fits its screen with titles of any length', { skip }, async (t) => {
  const { icecast, start } = await demo(t)
  const { address } = await start()
  const texts = ['One', `Orchestre du Quai Nord - ${'Suite pour fenêtres ouvertes, II. Quand la ville s’éveille '.repeat(7)}`, 'A'.repeat(300)]
  const tabs = await Promise.all(SCREENS.map(async ({ name, ...options }) => ({ name, ...await open(t, address, options) })))
  for (const text of texts) {
    icecast.title('/main.mp3', text)
    for (const { name, page, sees } of tabs) {
      await sees(text.split(' - ').at(-1)?.trim() ?? '')
      const [wide, high] = await page.evaluate(() => [
        document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight
      ])
      t.equal(wide, 0, `nothing beside ${name}: ${text.slice(0, 20)}`)
      if (name === 'a wall screen') t.equal(high, 0, `nor below it: ${text.slice(0, 20)}`)
    }
  }
})
