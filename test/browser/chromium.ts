/// <reference lib="dom" />
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type CDPSession, type Page } from 'playwright-core'
import tap, { type Test } from 'tap'
import { record, type Shown } from './recorder.ts'

const path = (): string => process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
/** Playwright would have it that pages keep running when nobody looks: listeners' don't. */
const UNWANTED = [
  '--disable-back-forward-cache', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--disable-background-timer-throttling'
]

/** ms that a test waits for what should come at once. */
const PATIENCE = 30_000

/** For tap's `skip`: why there is no browser to test with. Where CI is set it must be there, so nothing is skipped. */
export function chromiumMissing (): string | false {
  if (process.env['CI'] || existsSync(path())) return false
  return `there is no Chromium at ${path()} (apt-get install chromium, or set CHROMIUM_PATH)`
}

let running: Promise<Browser> | undefined

/** One for each test file, with a profile of its own that goes with it. */
export async function browser (): Promise<Browser> {
  return await (running ??= start())
}

async function start (): Promise<Browser> {
  // Its sandbox wants rights that root and most containers don't give it.
  const started = await chromium.launch({ executablePath: path(), args: FLAGS, ignoreDefaultArgs: UNWANTED, chromiumSandbox: false })
  tap.teardown(() => started.close())
  return started
}

/** A page that a listener has open: what it has shown and asked for, and what has gone wrong in it. */
export interface Tab {
  page: Page
  devtools: CDPSession
  /** What the console calls errors, and what was thrown. */
  errors: string[]
  /** Path and query of each request in their order; of a WebSocket `ws:` and its path. */
  requests: string[]
  /** What its `<now-playing>` has shown, each state however short it was. */
  shown: () => Promise<Shown[]>
  /** Waits for this title. */
  sees: (title: string) => Promise<void>
  /** The page as assistive technology has it. */
  tree: () => Promise<Accessible[]>
}

/** What assistive technology is told of something in a page. */
export interface Accessible {
  role: string
  name: string
  /** Of a live region: `polite`. */
  live: string | undefined
}

/** Opens a page, with nothing in its cache and no other beside it. It is closed when the test ends. */
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
    // Frames aren't drawn while nobody looks, so that it is better to ask by the clock.
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
