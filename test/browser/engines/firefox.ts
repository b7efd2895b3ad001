import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { printed, startGroup, visibilityIs, type Driver, type Engine, type EnginePage } from './engine.ts'

const path = (): string => process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr'

/** Nothing is requested except the pages. */
const PREFERENCES = `
user_pref('app.update.enabled', false);
user_pref('browser.shell.checkDefaultBrowser', false);
user_pref('datareporting.policy.dataSubmissionEnabled', false);
user_pref('network.captive-portal-service.enabled', false);
user_pref('network.connectivity-service.enabled', false);
user_pref('network.websocket.delay-failed-reconnects', false);
user_pref('services.settings.server', 'http://127.0.0.1:1');
user_pref('toolkit.telemetry.enabled', false);
`

/** Firefox by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/). */
export const firefox: Engine = {
  name: 'Firefox',
  missing: !process.env['CI'] && !existsSync(path()) && `there is no Firefox at ${path()} (apt-get install firefox-esr, or set FIREFOX_PATH)`,
  start
}

async function start (t: Test): Promise<Driver> {
  const profile = t.testdir({})
  await writeFile(join(profile, 'user.js'), PREFERENCES)
  const child = startGroup(t, path(), ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'], { HOME: profile })
  const socket = new WebSocket(`${await printed(child, /WebDriver BiDi listening on (ws:\S+)/)}/session`)
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  socket.setMaxListeners(0)
  const ask = commands(socket)
  await ask('session.new', { capabilities: {} })
  const openTab = async (): Promise<string> => String((await ask('browsingContext.create', { type: 'tab' }))['context'])

  return {
    async open (url) {
      const context = await openTab()
      await ask('browsingContext.activate', { context })
      await ask('browsingContext.navigate', { context, url, wait: 'interactive' })
      const target = { context }
      const evaluate = async (expression: string): Promise<unknown> => {
        const { type, result, exceptionDetails } = await ask('script.evaluate', { expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`, target, awaitPromise: true })
        if (type !== 'success') throw new Error(JSON.stringify(exceptionDetails))
        return JSON.parse(String((result as { value: string }).value))
      }
      const page: EnginePage = {
        evaluate,
        async hasRole (expression, role) {
          const nodeOf = async (expression: string): Promise<{ sharedId: string }> =>
            (await ask('script.evaluate', { expression, target, awaitPromise: false }))['result'] as { sharedId: string }
          const element = await nodeOf(expression)
          const { nodes } = await ask('browsingContext.locateNodes', {
            context, locator: { type: 'accessibility', value: { role } }, startNodes: [await nodeOf(`${expression}.parentNode`)]
          })
          return (nodes as Array<{ sharedId: string }>).some(({ sharedId }) => sharedId === element.sharedId)
        },
        async hide () {
          await ask('browsingContext.activate', { context: await openTab() })
          await evaluate(visibilityIs('hidden'))
        },
        async show () {
          await ask('browsingContext.activate', { context })
          await evaluate(visibilityIs('visible'))
        }
      }
      return page
    }
  }
}

/** Sends a command and resolves to its result. */
function commands (socket: WebSocket): (method: string, params: object) => Promise<Record<string, unknown>> {
  let calls = 0
  return async (method, params) => {
    const id = ++calls
    return await new Promise((resolve, reject) => {
      const take = (data: unknown): void => {
        const answer = JSON.parse(String(data))
        if (answer.id !== id) return
        socket.off('message', take)
        if (answer.type === 'success') resolve(answer.result)
        else reject(new Error(`${method}: ${answer.error} ${answer.message}`))
      }
      socket.on('message', take)
      socket.once('close', () => reject(new Error(`${method}: Firefox has ended`)))
      socket.send(JSON.stringify({ id, method, params }))
    })
  }
}
