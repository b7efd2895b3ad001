import { test, type Test } from 'tap'
import { becomes } from '../../helpers/becomes.ts'
import { pageAt, type Content } from '../pages.ts'
import { startProxy } from '../proxy.ts'
import type { Shown } from '../recorder.ts'
import { stage } from '../stage.ts'
import type { Driver, Engine } from './engine.ts'

// What a listener sees, in each engine. More is tested in Chromium alone.

/** A page with a `<now-playing>` that records what it shows. */
async function open ({ open }: Driver, server: string, content: Content = {}) {
  const page = await open(pageAt(server, { head: '<script src="/recorder.js"></script>', ...content }))
  await page.evaluate("document.readyState === 'loading' ? new Promise((resolve) => document.addEventListener('DOMContentLoaded', () => resolve(true))) : true")
  /** Waits until the last state that was shown is such. */
  const becomes = async (condition: string): Promise<void> => {
    await page.evaluate(`new Promise((resolve) => {
      const look = () => { if ((({ title, status }) => ${condition})(window.shown.at(-1) ?? {})) resolve(true) }
      window.addEventListener('shown', look)
      look()
    })`)
  }
  return {
    ...page,
    sees: async (title: string) => await becomes(`title === ${JSON.stringify(title)}`),
    says: async (status: string) => await becomes(`status === ${JSON.stringify(status)}`),
    shown: async () => await page.evaluate('window.shown') as Shown[],
    errors: async () => await page.evaluate('window.errors') as string[],
    transport: async () => await page.evaluate("document.querySelector('now-playing').client.connection.transport")
  }
}

const scenarios: Record<string, (t: Test, driver: Driver) => Promise<void>> = {
  async 'a page shows its own content first, then each title as text' (t, driver) {
    const titles = ['<img src=x onerror="document.title=1">', '</p></script><script>document.title=1</script>', '&lt;b&gt; &amp; "quotes"', 'ليلٌ طويل']
    const { play, address } = await stage(t, 'Björk - Hyperballad')
    const page = await open(driver, address, { element: 'history="9"' })
    await page.sees('Hyperballad')
    for (const title of titles) {
      await play(`An artist - ${title}`)
      await page.sees(title)
    }
    t.match(await page.shown(), [{ title: 'Hyperballad', artist: 'Björk', status: 'Live' }, ...titles.map((title) => ({ title, artist: 'An artist', status: 'Live' }))])
    t.same((await page.shown()).at(-1)?.history, ['Björk - Hyperballad', ...titles.slice(0, -1).map((title) => `An artist - ${title}`)].reverse())
    t.equal(await page.evaluate('document.title'), 'Radio Main')
    t.equal(await page.transport(), 'websocket')
    t.same(await page.errors(), [])
  },

  async 'a page without the module shows the content of the element' (t, driver) {
    const { address } = await stage(t, 'Björk - Hyperballad', { route: { client: false } })
    const page = await open(driver, address)
    t.equal(await page.evaluate("document.querySelector('now-playing').innerText"), 'Radio Main, all day')
  },

  async 'a page goes on by itself after its backend was killed' (t, driver) {
    const first = await stage(t, 'Björk - Hyperballad')
    const backend = await startProxy(t, first.address)
    const page = await open(driver, backend.url)
    await page.sees('Hyperballad')
    await backend.stop()
    await page.says('Reconnecting …')
    // Another one, which does not know the tracks of the first.
    const second = await stage(t, 'Portishead - Roads')
    await startProxy(t, second.address, { port: Number(new URL(backend.url).port) })
    await page.sees('Roads')
    await page.says('Live')
    t.same((await page.shown()).map(({ title }) => title).filter((title, index, all) => title !== all[index - 1]), ['Hyperballad', 'Roads'], 'nothing else in between')
    t.same(await page.errors(), [])
  },

  async 'a page falls back to an event stream where WebSockets are blocked, and to polling where both are' (t, driver) {
    const { address, play } = await stage(t, 'Björk - Hyperballad')
    const proxies = [await startProxy(t, address, { webSockets: 'forbid' }), await startProxy(t, address, { webSockets: 'strip', eventStreams: 'forbid' })]
    const pages: Array<Awaited<ReturnType<typeof open>>> = []
    for (const { url } of proxies) {
      const page = await open(driver, url)
      // Before the next tab hides this one: a hidden page takes longer to try again.
      await page.sees('Hyperballad')
      pages.push(page)
    }
    t.same(await Promise.all(pages.map(async ({ transport }) => await transport())), ['eventstream', 'polling'])
    await play('Portishead - Roads')
    for (const page of pages) {
      await page.sees('Roads')
      t.match(await page.shown(), [{ title: 'Hyperballad', status: 'Live' }, { title: 'Roads', status: 'Live' }])
      t.same(await page.errors(), [])
    }
  },

  async 'a page that was hidden shows the current title, and with `sleep` is disconnected meanwhile' (t, driver) {
    const { app, address, play } = await stage(t, 'Björk - Hyperballad')
    for (const [element, before, after] of [['', 'Hyperballad', 'Roads'], ['sleep', 'Roads', 'Teardrop']] as const) {
      const page = await open(driver, address, { element })
      await page.sees(before)
      const subscribers = app.nowPlaying.subscribers
      await page.hide()
      if (element === 'sleep') await becomes(() => app.nowPlaying.subscribers === subscribers - 1)
      else t.equal(app.nowPlaying.subscribers, subscribers)
      await play(`An artist - ${after}`)
      await page.show()
      await page.sees(after)
      t.equal(app.nowPlaying.subscribers, subscribers)
      t.same(await page.errors(), [])
    }
  },

  async 'a screen reader finds paragraphs and a list, and announces a change once' (t, driver) {
    const { icecast, address, play } = await stage(t, 'Björk - Hyperballad')
    const page = await open(driver, address, { element: 'history="2"' })
    await page.sees('Hyperballad')
    await play('Portishead - Roads')
    await page.sees('Roads')
    icecast.listeners('/main.mp3', 7)
    await play('Massive Attack - Teardrop')
    await page.sees('Teardrop')
    const said = (await page.shown()).map(({ said }) => said).filter((text, index, all) => text !== '' && text !== all[index - 1])
    t.same(said, ['Roads, Portishead', 'Teardrop, Massive Attack'])
    const part = (selector: string): string => `document.querySelector('now-playing').shadowRoot.querySelector('${selector}')`
    t.equal(await page.evaluate(`${part('[aria-live]')}.getAttribute('aria-live')`), 'polite')
    for (const [selector, role] of [['[part~=title]', 'paragraph'], ['[part=artist]', 'paragraph'], ['[part=list]', 'list'], ['[part=past]', 'listitem']] as const) {
      t.ok(await page.hasRole(part(selector), role), `${selector}: ${role}`)
    }
  }
}

/** Declares the tests of an engine. */
export function testEngine (engine: Engine): void {
  test(engine.name, { skip: engine.missing, timeout: 90_000 }, async (t) => {
    const driver = await engine.start(t)
    for (const [title, run] of Object.entries(scenarios)) await t.test(title, async (t) => { await run(t, driver) })
  })
}
