import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test, type Test } from 'tap'
import { parse } from 'yaml'
import { chromiumMissing, open } from '../browser/chromium.ts'
import { ffmpegMissing } from '../helpers/ffmpeg.ts'
import { icecast2Missing } from '../helpers/icecast2.ts'
import { freePort } from '../helpers/ports.ts'
import { project } from './project.ts'
import { run } from './terminal.ts'

const FOLDER = fileURLToPath(new URL('../../examples/compose/', import.meta.url))
const file = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')

interface Service { image: string, command: string[], volumes: string[], ports?: string[], depends_on?: string[] }

test('compose.yaml names files and services that exist, and opens ports to this machine alone', (t) => {
  const { services }: { services: Record<string, Service> } = parse(file('compose.yaml'))
  t.same(Object.keys(services), ['icecast', 'source', 'backend'])
  for (const { image, command, volumes, ports = [], depends_on: needed = [] } of Object.values(services)) {
    t.match(image, /^[a-z]+:\d+-slim$/)
    t.equal(command.length, 3)
    for (const volume of volumes) t.ok(existsSync(join(FOLDER, volume.split(':')[0] ?? '')), volume)
    for (const port of ports) t.match(port, /^127\.0\.0\.1:(\d+):\1$/)
    for (const name of needed) t.ok(name in services, name)
  }
  t.end()
})

/** Runs a program in a group of its own, which ends with the test. */
function start (t: Test, program: string, args: string[], options: { env?: NodeJS.ProcessEnv, uid?: number, gid?: number } = {}): void {
  const child = spawn(program, args, { detached: true, stdio: 'ignore', ...options })
  const exit = once(child, 'exit')
  t.teardown(async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    await exit
  })
}

// Without the containers, which only install these programs.
test('the source and the backend of compose.yaml show a title in the page', { skip: icecast2Missing() || ffmpegMissing() || chromiumMissing(), timeout: 60_000 }, async (t) => {
  const port = String(await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'compose-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'icecast.xml'), file('icecast.xml').replace('8000', port))
  start(t, 'icecast2', ['-c', join(folder, 'icecast.xml')], process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {})
  start(t, 'sh', [join(FOLDER, 'source.sh')], { env: { ...process.env, ICECAST: `127.0.0.1:${port}` } })
  const { terminal } = run(t, ['examples/compose/app.mjs'], { cwd: project(), env: { ICECAST_URL: `http://127.0.0.1:${port}`, PUBLIC_URL: 'https://radio.example', PORT: '0' } })
  const address = await terminal.prints(/Server listening at (http:\/\/127\.0\.0\.1:\d+)/)
  await terminal.prints(/Connected to Icecast/)
  const { page, sees } = await open(t, address)
  await sees('Feeling Good')
  await page.reload()
  t.equal(await page.locator('audio').getAttribute('src'), 'https://radio.example/main.mp3')
})
