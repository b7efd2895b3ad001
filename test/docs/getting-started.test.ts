import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { chromiumMissing, open } from '../browser/chromium.ts'
import { project } from '../examples/project.ts'
import { ffmpegMissing } from '../helpers/ffmpeg.ts'
import { icecast2Missing, until } from '../helpers/icecast2.ts'
import { freePort } from '../helpers/ports.ts'
import { snippet } from '../helpers/snippets.ts'

const skip = icecast2Missing() || chromiumMissing() || ffmpegMissing()

const PAGE = 'docs/getting-started.md'
const SOURCE = '2. A source'
const BACKEND = '3. The backend'
/** A user without rights: Icecast refuses to run as root. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** Runs a command of the page in a shell of its own, as in a terminal; ends with the test. */
function terminal (t: Test, command: string, cwd: string, options: { uid?: number, gid?: number } = {}): { child: ChildProcess, printed: () => string } {
  const child = spawn('bash', ['-c', `exec ${command}`], { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => { text += String(data) })
  const exit = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exit
  })
  return { child, printed: () => text }
}

test('each step of "Getting started" does what it says', { skip, timeout: 90_000 }, async (t) => {
  const [icecastPort, port] = [await freePort(), await freePort()]
  // Other ports, since the default ones may be in use.
  const step = (heading: string, language: string, index = 0): string => snippet(PAGE, heading, language, index).replaceAll('8000', String(icecastPort)).replaceAll('3000', String(port))
  const folder = mkdtempSync(join(tmpdir(), 'radio-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'icecast.xml'), step('1. Icecast', 'xml'))
  writeFileSync(join(project(), 'app.mjs'), step(BACKEND, 'js'))

  terminal(t, step('1. Icecast', 'sh', 1), folder, NOBODY)
  const isUp = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${icecastPort}/status-json.xsl`).catch(() => null))?.ok ?? false
  await until('Icecast answers', 10_000, isUp)
  const source = terminal(t, step(SOURCE, 'sh'), folder)
  const isOnAir = async (): Promise<boolean> => (await (await fetch(`http://127.0.0.1:${icecastPort}/status-json.xsl`)).text()).includes('/main.mp3')
  await until(`the source is connected: ${source.printed()}`, 20_000, isOnAir)

  const title = async (text: string): Promise<void> => {
    const command = step(SOURCE, 'sh', 1)
    t.match(command, 'Björk - Hyperballad')
    const curl = terminal(t, command.replace('Björk - Hyperballad', text), folder)
    await once(curl.child, 'close')
    t.match(curl.printed(), 'Metadata update successful')
  }
  await title('Björk - Hyperballad')
  const app = terminal(t, step(BACKEND, 'sh', 1), project())
  const check = async (): Promise<string> => {
    const curl = terminal(t, step(BACKEND, 'sh', 2), folder)
    await once(curl.child, 'close')
    return curl.printed()
  }
  await until('the backend has the title', 15_000, async () => await check() === 'Björk - Hyperballad\n')
  t.match(app.printed(), `"icecast":"Icecast 2.4.4","msg":"Connected to Icecast http://127.0.0.1:${icecastPort}/"`)

  const { page, sees, shown } = await open(t, `http://127.0.0.1:${port}`)
  await sees('Hyperballad')
  await title('Portishead - Roads')
  await sees('Roads')
  t.match((await shown()).at(-1), { artist: 'Portishead', status: 'Live', history: ['Björk - Hyperballad'] })
  const says = async (text: string): Promise<void> => { await page.locator('now-playing').getByText(text, { exact: true }).first().waitFor() }
  app.child.kill('SIGINT')
  await says('Reconnecting …')
  terminal(t, step(BACKEND, 'sh', 1), project())
  await says('Live')
  source.child.kill('SIGINT')
  await says('Off the air')
})
