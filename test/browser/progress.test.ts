/// <reference lib="dom" />
import { test } from 'tap'
import { chromiumMissing, type Tab } from './chromium.ts'
import { stage } from './stage.ts'

const skip = chromiumMissing()
const bar = ({ page }: Tab) => page.locator('now-playing [part=progress]')

/** Loads the page again, with a script that runs before its own. */
const restart = async ({ page }: Tab, script: string): Promise<void> => {
  await page.addInitScript({ content: script })
  await page.reload()
}

/** How many ms the bar is off, by a page whose clock is `skew` ms fast. */
const error = async (tab: Tab, endsAt: string, skew = 0): Promise<number> => await bar(tab).evaluate((element, [endsAt, skew]) => {
  const { value, max } = element as HTMLProgressElement
  return Math.abs(value - (max - (Date.parse(endsAt) - (Date.now() - skew))))
}, [endsAt, skew] as const)

test('the element shows how much of the track has been heard, and what comes next', { skip }, async (t) => {
  const { app, open, play } = await stage(t, 'Björk - Jóga')
  await app.nowPlaying.tell('main.mp3', { artist: 'Björk', title: 'Jóga', duration: 60_000, next: { artist: 'Lamb', title: '<b>Górecki' } })
  const endsAt = app.nowPlaying.get('main.mp3')?.track?.endsAt ?? ''
  const tab = await open({ element: 'progress next' })
  await tab.sees('Jóga')
  t.ok(await error(tab, endsAt) < 500, 'right within half a second')
  const value = async () => Number(await bar(tab).evaluate((element) => (element as HTMLProgressElement).value))
  const before = await value()
  while (await value() === before);
  t.ok(await error(tab, endsAt) < 500, 'it advances')
  t.match((await tab.tree()).find(({ role }) => role === 'progressbar'), { name: 'Progress' })
  t.equal(await tab.page.locator('now-playing [part=next]').innerText(), 'Next: Lamb - <b>Górecki')

  await play('Lamb - Górecki')
  await tab.sees('Górecki')
  t.notOk(await bar(tab).isVisible(), 'nothing is known of this one')
  t.notOk(await tab.page.locator('now-playing [part=next]').isVisible())
  t.same(tab.errors, [])
})

test('progress and the next song are shown on request only, in the language of the page', { skip }, async (t) => {
  const { app, open } = await stage(t, 'Björk - Jóga')
  await app.nowPlaying.tell('main.mp3', { artist: 'Björk', title: 'Jóga', duration: 60_000, next: { title: 'Górecki' } })
  const tab = await open({ html: 'lang="de"' })
  await tab.sees('Jóga')
  t.notOk(await bar(tab).isVisible())
  t.notOk(await tab.page.getByText('Górecki').isVisible())
  await tab.page.locator('now-playing').evaluate((element) => {
    for (const name of ['progress', 'next']) element.setAttribute(name, '')
  })
  t.ok(await bar(tab).isVisible())
  t.equal(await bar(tab).getAttribute('aria-label'), 'Fortschritt')
  t.ok(await tab.page.getByText('Danach: Górecki').isVisible())
})

test('the progress is right by the server\'s clock, with the delay of the page', { skip }, async (t) => {
  const { app, open } = await stage(t, 'Björk - Jóga')
  await app.nowPlaying.tell('main.mp3', { artist: 'Björk', title: 'Jóga', duration: 60_000, startedAt: new Date(Date.now() - 30_000) })
  const endsAt = app.nowPlaying.get('main.mp3')?.track?.endsAt ?? ''
  const tab = await open({ element: 'progress delay="5000"' })
  await restart(tab, 'const now = Date.now; Date.now = () => now() + 3600000')
  await tab.sees('Jóga')
  t.ok(await error(tab, endsAt, 3_600_000 + 5000) < 500)
})

test('a `delay` that is not a number does not keep the element from showing the track and its progress', { skip }, async (t) => {
  const { app, open } = await stage(t, 'Björk - Jóga')
  await app.nowPlaying.tell('main.mp3', { artist: 'Björk', title: 'Jóga', duration: 60_000 })
  const tab = await open({ element: 'progress delay="2 s"' })
  await tab.sees('Jóga')
  t.ok(await error(tab, app.nowPlaying.get('main.mp3')?.track?.endsAt ?? '') < 500)
  t.same(tab.errors, [])
})

test('no timer runs for a hidden page, without a duration, or after the end', { skip }, async (t) => {
  const { app, open, play } = await stage(t, 'Björk - Jóga')
  const init = `
    const { setTimeout } = window
    window.timers = 0
    window.setTimeout = (callback, ms, ...args) => { if (ms === 250) window.timers++; return setTimeout(callback, ms, ...args) }
    let hidden = false
    Object.defineProperty(document, 'hidden', { get: () => hidden })
    window.hide = (is) => { hidden = is; document.dispatchEvent(new Event('visibilitychange')) }`
  const tab = await open({ element: 'progress' })
  await restart(tab, init)
  const timers = async () => await tab.page.evaluate('timers')
  /** How many timers are set in a second. */
  const perSecond = async () => {
    const before = Number(await timers())
    await tab.page.waitForTimeout(1000)
    return Number(await timers()) - before
  }
  await tab.sees('Jóga')
  t.equal(await perSecond(), 0, 'no duration')
  await app.nowPlaying.tell('main.mp3', { artist: 'Björk', title: 'Jóga', duration: 600_000 })
  await bar(tab).waitFor()
  t.ok(await perSecond() > 0)
  await tab.page.evaluate('hide(true)')
  await perSecond()
  t.equal(await perSecond(), 0, 'hidden')
  await tab.page.evaluate('hide(false)')
  t.ok(await perSecond() > 0, 'visible again')
  await play('Lamb - Górecki')
  await app.nowPlaying.tell('main.mp3', { artist: 'Lamb', title: 'Górecki', duration: 1 })
  await tab.sees('Górecki')
  await perSecond()
  t.equal(await perSecond(), 0, 'it is over')
  t.equal(await bar(tab).evaluate((element) => (element as HTMLProgressElement).position), 1)
})
