import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from '../../helpers/ports.ts'
import { startGroup, visibilityIs, type Driver, type Engine, type EnginePage } from './engine.ts'

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
/** Time in ms that a script may wait for its promise. */
const PATIENCE_MS = 30_000

/** Debian puts the browser beside the library, in a folder with its version. */
function browserPath (): string | undefined {
  const below = (folder: string, pattern: RegExp): string[] => readdirSync(folder).filter((name) => pattern.test(name)).map((name) => `${folder}/${name}`)
  const folders = below('/usr/lib', /-linux-gnu$/).flatMap((folder) => below(folder, /^webkit2gtk-/))
  return folders.map((folder) => `${folder}/MiniBrowser`).find((path) => existsSync(path))
}

/** WebKitGTK by WebDriver (https://www.w3.org/TR/webdriver2/), on a virtual display. */
export const webkit: Engine = {
  name: 'WebKitGTK',
  missing: !process.env['CI'] && !(existsSync('/usr/bin/WebKitWebDriver') && existsSync('/usr/bin/xvfb-run') && browserPath() !== undefined) &&
    'there is no WebKitWebDriver (apt-get install webkit2gtk-driver xvfb xauth)',
  start
}

async function start (t: Test): Promise<Driver> {
  const port = await freePort()
  const home = t.testdir({})
  // Without a session bus no services of a desktop are started, which would outlive the test.
  const child = startGroup(t, '/usr/bin/xvfb-run', ['--auto-servernum', '/usr/bin/WebKitWebDriver', '--host=127.0.0.1', `--port=${port}`], {
    HOME: home, XDG_RUNTIME_DIR: undefined, DBUS_SESSION_BUS_ADDRESS: 'disabled:'
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => output.push(String(data)))

  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/session${path}`, { method, ...body !== undefined && { body: JSON.stringify(body) } })
    const { value } = await response.json() as { value: unknown }
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`)
    return value
  }

  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': { binary: browserPath(), args: ['--automation'] } } }
  const created = await retry(async () => await ask('POST', '', { capabilities }), () => child.exitCode === null, output)
  const session = `/${(created as { sessionId: string }).sessionId}`
  t.teardown(async () => { await ask('DELETE', session).catch(() => {}) })
  await ask('POST', `${session}/timeouts`, { script: PATIENCE_MS, pageLoad: PATIENCE_MS, implicit: 0 })
  const use = async (handle: string): Promise<void> => { await ask('POST', `${session}/window`, { handle }) }

  // A session has one current window, which each step chooses anew.
  let last: Promise<unknown> = Promise.resolve()
  const exclusively = async <T> (step: () => Promise<T>): Promise<T> => {
    const next = last.then(step, step)
    last = next
    return await next
  }

  const openWindow = async (url: string): Promise<EnginePage> => {
    // Only the first tab of a window would be visible.
    const { handle } = await ask('POST', `${session}/window/new`, { type: 'window' }) as { handle: string }
    await use(handle)
    await ask('POST', `${session}/url`, { url })
    const run = async (expression: string): Promise<unknown> => {
      const script = `const done = arguments[0]
        Promise.resolve(${expression}).then((value) => done(JSON.stringify([value ?? null])), (error) => done(JSON.stringify([null, String(error)])))`
      const [value, error] = JSON.parse(String(await ask('POST', `${session}/execute/async`, { script, args: [] })))
      if (error !== undefined) throw new Error(error)
      return value
    }
    const inWindow = async <T> (step: () => Promise<T>): Promise<T> => await exclusively(async () => {
      await use(handle)
      return await step()
    })
    return {
      evaluate: async (expression) => await inWindow(async () => await run(expression)),
      hasRole: async (expression, role) => await inWindow(async () => {
        const element = await ask('POST', `${session}/execute/sync`, { script: `return ${expression}`, args: [] }) as Record<string, string>
        return await ask('GET', `${session}/element/${element[ELEMENT]}/computedrole`) === role
      }),
      hide: async () => await inWindow(async () => {
        await ask('POST', `${session}/window/minimize`, {})
        await run(visibilityIs('hidden'))
      }),
      show: async () => await inWindow(async () => {
        await ask('POST', `${session}/window/maximize`, {})
        await run(visibilityIs('visible'))
      })
    }
  }
  return { open: async (url) => await exclusively(async () => await openWindow(url)) }
}

/** The server accepts no connections at first. */
async function retry<T> (attempt: () => Promise<T>, isRunning: () => boolean, output: string[]): Promise<T> {
  while (true) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof TypeError) || !isRunning()) throw new Error(`${String(error)}: ${output.join('')}`)
      await delay(50)
    }
  }
}
