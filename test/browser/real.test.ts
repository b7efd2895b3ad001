import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test, type Test } from 'tap'
import { icecast2Missing, startIcecast2 } from '../helpers/icecast2.ts'
import { freePort } from '../helpers/ports.ts'
import { connectSource } from '../helpers/source.ts'
import { chromiumMissing, open, type Tab } from './chromium.ts'
import { pageAt } from './pages.ts'

const skip = chromiumMissing() || icecast2Missing()

const BACKEND = fileURLToPath(new URL('backend.ts', import.meta.url))
const UTF8 = { mounts: '<mount type="normal"><mount-name>/main.mp3</mount-name><charset>UTF-8</charset></mount>' }

/** A backend process that has loaded, and listens on request. */
async function backend (t: Test, icecast: string): Promise<{ process: ChildProcess, listen: (port: number) => Promise<void> }> {
  const child = fork(BACKEND, [icecast])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return {
    process: child,
    listen: async (port) => {
      child.send(port)
      await once(child, 'message')
    }
  }
}

/** Each title and each status that was shown, in order. */
async function shownBy ({ shown }: Tab): Promise<Record<'title' | 'status', string[]>> {
  const states = await shown()
  const changes = (all: string[]): string[] => all.filter((one, index) => one !== all[index - 1])
  return { title: changes(states.map(({ title }) => title)), status: changes(states.map(({ status }) => status)) }
}

test('a page shows the titles of a real Icecast while Icecast and the backend are killed and restarted', { skip }, async (t) => {
  const icecast = await startIcecast2(UTF8)
  t.teardown(() => icecast.stop())
  const source = await connectSource(icecast, '/main.mp3')
  const port = await freePort()
  const [first, second] = await Promise.all([backend(t, icecast.url), backend(t, icecast.url)])
  await first.listen(port)
  await icecast.setTitle('/main.mp3', 'Björk - Hyperballad')
  const tabs = [await open(t, pageAt(`http://127.0.0.1:${port}`)), await open(t, pageAt(`http://127.0.0.1:${port}`))]
  const see = async (title: string): Promise<unknown> => await Promise.all(tabs.map(async ({ sees }) => await sees(title)))
  const status = async (text: string): Promise<unknown> => await Promise.all(tabs.map(async ({ page }) => await page.getByText(text, { exact: true }).waitFor()))
  await see('Hyperballad')
  await icecast.setTitle('/main.mp3', 'Кино - Группа крови')
  await see('Группа крови')

  first.process.kill('SIGKILL')
  await status('Reconnecting …')
  await icecast.setTitle('/main.mp3', 'Portishead - Roads')
  await second.listen(port)
  await see('Roads')
  await status('Live')

  await icecast.stop()
  await source.disconnect()
  await status('Last heard')
  await icecast.restart()
  const again = await connectSource(icecast, '/main.mp3')
  t.teardown(() => again.disconnect())
  await icecast.setTitle('/main.mp3', 'Massive Attack - Teardrop')
  await see('Teardrop')
  await status('Live')

  for (const tab of tabs) {
    const { title, status } = await shownBy(tab)
    // An Icecast that has just started has no source, and then one without a title.
    t.same(title.filter((one) => !/Off the air|No title/.test(one)), ['Hyperballad', 'Группа крови', 'Roads', 'Teardrop'], 'nothing older in between')
    t.same(title.slice(0, 3), ['Hyperballad', 'Группа крови', 'Roads'], 'and of the backend nothing at all')
    t.same(status.filter((one) => one !== ''), ['Live', 'Reconnecting …', 'Live', 'Last heard', 'Live'])
    t.same(tab.requests.slice(0, 2), ['/', '/now-playing/client.js'])
    t.equal(tab.requests.filter((path) => path === '/').length, 1, 'it was not loaded again')
    t.same(tab.errors.filter((error) => !/^WebSocket connection to .*ERR_CONNECTION_REFUSED|Failed to load resource: net::ERR_CONNECTION_REFUSED/.test(error)), [])
  }
})
