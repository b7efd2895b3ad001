import type { Test } from 'tap'
import { browser } from './chromium.ts'
import { record } from './recorder.ts'

/** A page in a window with a second tab, so that it can be hidden. */
export interface Window {
  /** The value of an expression in the page. */
  evaluate: (expression: string) => Promise<unknown>
  /** Whether the accessibility tree has the element that an expression returns, with this role. */
  hasRole: (expression: string, role: string) => Promise<boolean>
  /** Activates the other tab. */
  hide: () => Promise<void>
  show: () => Promise<void>
  /** Waits for this title, also while it is hidden. */
  sees: (title: string) => Promise<void>
}

/** Opens a page without Playwright, which would keep it visible at all times. */
export async function openWindow (t: Test, url: string): Promise<Window> {
  const devtools = await (await browser()).newBrowserCDPSession()
  const { browserContextId } = await devtools.send('Target.createBrowserContext')
  t.teardown(() => devtools.send('Target.disposeBrowserContext', { browserContextId }))
  const openTab = async (url: string): Promise<string> => (await devtools.send('Target.createTarget', { url, browserContextId })).targetId
  const other = await openTab('about:blank')
  const targetId = await openTab('about:blank')
  const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: false })
  let calls = 0

  async function ask (method: string, params: object): Promise<{ result?: { value?: unknown, objectId?: string }, nodes?: Array<{ role?: { value: string } }> }> {
    const id = ++calls
    return await new Promise((resolve, reject) => {
      const take = (event: { sessionId: string, message: string }): void => {
        const answer = JSON.parse(event.message)
        if (event.sessionId !== sessionId || answer.id !== id) return
        devtools.off('Target.receivedMessageFromTarget', take)
        resolve(answer.result)
      }
      devtools.on('Target.receivedMessageFromTarget', take)
      devtools.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) }).catch(reject)
    })
  }

  const evaluate = async (expression: string): Promise<unknown> =>
    (await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result?.value
  const front = async (targetId: string, state: string): Promise<void> => {
    await devtools.send('Target.activateTarget', { targetId })
    await evaluate(`new Promise((resolve) => {
      const look = () => document.visibilityState === '${state}' && resolve()
      document.addEventListener('visibilitychange', look)
      look()
    })`)
  }
  await ask('Page.enable', {})
  await ask('Page.addScriptToEvaluateOnNewDocument', { source: `(${record})()` })
  await ask('Page.navigate', { url })
  return {
    evaluate,
    hasRole: async (expression, role) => {
      const { result } = await ask('Runtime.evaluate', { expression })
      const { nodes } = await ask('Accessibility.getPartialAXTree', { objectId: result?.objectId, fetchRelatives: false })
      return nodes?.[0]?.role?.value === role
    },
    hide: async () => await front(other, 'hidden'),
    show: async () => await front(targetId, 'visible'),
    sees: async (title) => {
      await evaluate(`new Promise((resolve) => {
        const look = () => window.shown?.at(-1)?.title === ${JSON.stringify(title)} ? resolve() : setTimeout(look, 20)
        look()
      })`)
    }
  }
}
