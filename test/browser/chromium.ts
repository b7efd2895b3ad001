/// <reference lib="dom" />
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type CDPSession, type Page } from 'playwright-core'
import tap, { type Test } from 'tap'
import { record, type Shown } from './recorder.ts'

const path = (): string => process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
/** Playwright disables the throttling of hidden pages, and the back/forward cache; listeners' browsers have both. */
const UNWANTED = [
  '--disable-back-forward-cache', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--disable-background-timer-throttling'
]

/** The time in ms that a test waits for something that should happen at once. */
const PATIENCE = 30_000

/** For tap's `skip`: the reason why Chromium is missing. With `CI` set nothing is skipped, so that a missing one fails. */
export function chromiumMissing (): string | false {
  if (process.env['CI'] || existsSync(path())) return false
  return `there is no Chromium at ${path()} (apt-get install chromium, or set CHROMIUM_PATH)`
}

let running: Promise<Browser> | undefined

/** Starts one browser per test file, with a temporary profile. */
export async function browser (): Promise<Browser> {
  return await (running ??= start())
}

async function start (): Promise<Browser> {
  // The sandbox does not work as root, nor in most containers.
  const started = await chromium.launch({ executablePath: path(), args: FLAGS, ignoreDefaultArgs: UNWANTED, chromiumSandbox: false })
  tap.teardown(() => started.close())
  return started
}

/** An open page, with what it has shown and requested, and its errors. */
export interface Tab {
  page: Page
  devtools: CDPSession
  /** Errors in the console, and uncaught exceptions. */
  errors: string[]
  /** Path and query of each request in their order; of a WebSocket `ws:` and its path. */
  requests: string[]
  /** Each state that its `<now-playing>` has shown. */
  shown: () => Promise<Shown[]>
  /** Waits for this title. */
  sees: (title: string) => Promise<void>
  /** The accessibility tree of the page. */
  tree: () => Promise<Accessible[]>
}

/** A node of the accessibility tree. */
export interface Accessible {
  role: string
  name: string
  /** Of a live region: `polite`. */
  live: string | undefined
}

/** Opens a page with an empty cache. It is closed when the test ends. */
export async function open (t: Test, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await (await browser()).newContext(options)
  t.teardown(() => context.close())
  context.setDefaultTimeout(PATIENCE)
  await context.addInitScript(record)
  const page = await context.newPage()
  const errors: string[] = []
  const requests: string[] = []
  const note = (address: string): void => {
    const { pathname, search, protocol } = new URL(address)
    if (protocol === 'http:') requests.push(pathname + search)
    if (protocol === 'ws:') requests.push(protocol + pathname)
  }
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()) })
  page.on('pageerror', (error) => { errors.push(String(error)) })
  page.on('request', (request) => note(request.url()))
  page.on('websocket', (socket) => note(socket.url()))
  const devtools = await context.newCDPSession(page)
  await page.goto(url)
  return {
    page,
    devtools,
    errors,
    requests,
    shown: async () => await page.evaluate(() => window.shown),
    // Hidden pages draw no frames, so that the default polling per frame would not run.
    sees: async (title) => {
      await page.waitForFunction((title) => window.shown.at(-1)?.title === title, title, { polling: 20 })
    },
    tree: async () => {
      const { nodes } = await devtools.send('Accessibility.getFullAXTree')
      return nodes.filter(({ ignored }) => !ignored).map(({ role, name, properties = [] }) => ({
        role: String(role?.value),
        name: String(name?.value ?? ''),
        live: properties.find(({ name }) => name === 'live')?.value.value
      }))
    }
  }
}
