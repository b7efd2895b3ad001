import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { compile } from 'svelte/compiler'
import { test, type Test } from 'tap'
import { compileScript, parse } from 'vue/compiler-sfc'
import { becomes } from '../helpers/becomes.ts'
import { snippet } from '../helpers/snippets.ts'
import { chromiumMissing, open, type Tab } from './chromium.ts'
import { stage, type Stage } from './stage.ts'

const skip = chromiumMissing()

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const manifest: { exports: Record<string, { default: string }> } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))

/** Resolves the entries of this package to their source. */
const own: Plugin = {
  name: 'own',
  setup (build) {
    build.onResolve({ filter: /^fastify-icecast\// }, ({ path }) => ({
      path: ROOT + manifest.exports[path.replace('fastify-icecast', '.')]?.default.replace('./dist/', '').replace(/js$/, 'ts')
    }))
  }
}

/** Snippets as files. */
function files (contents: Record<string, string>): Plugin {
  return {
    name: 'snippets',
    setup (build) {
      build.onResolve({ filter: /^\.\/snippet/ }, ({ path }) => ({ path, namespace: 'snippets' }))
      build.onLoad({ filter: /.*/, namespace: 'snippets' }, ({ path }) => ({ contents: contents[path] ?? '', loader: path.endsWith('tsx') ? 'tsx' : 'js', resolveDir: ROOT }))
    }
  }
}

async function bundle (entry: string, snippets: Record<string, string>): Promise<string> {
  const { outputFiles: [file] } = await build({
    stdin: { contents: entry, resolveDir: ROOT, loader: 'tsx' },
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
    conditions: ['browser'],
    plugins: [own, files(snippets)],
    write: false
  })
  return file?.text ?? ''
}

/** A page with this script and an element `#root`, beside a backend. */
async function openApp (t: Test, script: string): Promise<Stage & { tab: Tab }> {
  const scene = await stage(t, 'Björk - Hyperballad', {
    stations: { main: { name: 'Radio Main', mounts: ['/main.mp3'] }, second: { name: 'Second', mounts: ['/second.mp3'] } },
    before: (app) => {
      app.get('/app.js', (request, reply) => reply.type('text/javascript').send(script))
      app.get('/app', (request, reply) => reply.type('text/html').send('<!doctype html><html lang="en"><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/app.js"></script></html>'))
    }
  })
  return { ...scene, tab: await open(t, `${scene.address}/app`) }
}

/** Changes the title and then removes the app by a click on `button`, if there is one. */
async function followsTitles (t: Test, { app, play, tab: { page, errors } }: Stage & { tab: Tab }): Promise<void> {
  const shown = page.locator('p[aria-live]')
  await shown.getByText('Björk - Hyperballad', { exact: true }).waitFor()
  await play('Portishead - <b>Roads</b>')
  await shown.getByText('Portishead - <b>Roads</b>', { exact: true }).waitFor()
  t.equal(app.nowPlaying.subscribers, 1)
  await page.evaluate('window.unmount()')
  await becomes(() => app.nowPlaying.subscribers === 0)
  t.same(errors, [])
}

test('the React hook of the cookbook shows each title, and closes its connection with its component', { skip }, async (t) => {
  const script = await bundle(`
    import { createRoot } from 'react-dom/client'
    import { NowPlaying } from './snippet.tsx'
    const root = createRoot(document.getElementById('root'))
    root.render(<NowPlaying id="main" />)
    window.unmount = () => root.unmount()
  `, { './snippet.tsx': snippet('docs/cookbook.md', 'React', 'tsx') })
  await followsTitles(t, await openApp(t, script))
})

test('the React hook follows another station when its option changes, and never shows the one before in its place', { skip }, async (t) => {
  const script = await bundle(`
    import { StrictMode } from 'react'
    import { createRoot } from 'react-dom/client'
    import { useNowPlaying } from 'fastify-icecast/react'
    const root = createRoot(document.getElementById('root'))
    const seen = window.seen = []
    function Station ({ ids }) {
      const { station, stations, connection, retry } = useNowPlaying('/now-playing', { station: ids })
      seen.push([...ids, station?.id])
      return <p>{station?.id} {stations.size} {connection.state} {typeof retry}</p>
    }
    window.show = (...ids) => root.render(<StrictMode><Station ids={ids} /></StrictMode>)
    window.show('main')
  `, {})
  const { icecast, tab: { page, errors } } = await openApp(t, script)
  icecast.source('/second.mp3')
  const says = async (text: string): Promise<void> => { await page.getByText(text, { exact: true }).waitFor() }
  await says('main 1 open function')
  await page.evaluate("window.show('second')")
  await says('second 1 open function')
  await page.evaluate("window.show('second', 'main')")
  await says('second 2 open function')
  const seen = await page.evaluate<string[][]>('window.seen')
  t.same(seen.filter((ids) => ids.length === 2 && ![ids[0], null, undefined].includes(ids[1])), [], 'each station under its own name')
  await page.evaluate("window.show('nope')")
  await says('0 refused function')
  t.same(errors, [])
})

test('the React hook requests the history and the listener numbers that its options name', { skip }, async (t) => {
  const script = await bundle(`
    import { createRoot } from 'react-dom/client'
    import { useNowPlaying } from 'fastify-icecast/react'
    const { WebSocket } = window
    window.urls = []
    window.WebSocket = class extends WebSocket {
      constructor (url) {
        super(url)
        window.urls.push(new URL(url).search)
      }
    }
    function Station () {
      const { station } = useNowPlaying('/now-playing', { station: 'main', history: 1, listeners: false })
      return <p>{station?.id}</p>
    }
    createRoot(document.getElementById('root')).render(<Station />)
  `, {})
  const { tab: { page, errors } } = await openApp(t, script)
  await page.getByText('main', { exact: true }).waitFor()
  t.same(await page.evaluate('window.urls'), ['?station=main&history=1&listeners=0'])
  t.same(errors, [])
})

test('`<now-playing>` in React has its attributes', { skip }, async (t) => {
  const script = await bundle(`
    import { createRoot } from 'react-dom/client'
    import { Ready } from './snippet.tsx'
    createRoot(document.getElementById('root')).render(<Ready />)
  `, { './snippet.tsx': snippet('docs/cookbook.md', 'React', 'tsx', 1) })
  const { tab: { page, sees, errors } } = await openApp(t, script)
  await sees('Hyperballad')
  t.equal(await page.locator('now-playing.player[station=main][history="5"]').count(), 1)
  t.same(errors, [])
})

test('the React hook renders on a server without a request', async (t) => {
  const script = await bundle(`
    import { renderToString } from 'react-dom/server.browser'
    import { NowPlaying } from './snippet.tsx'
    export const html = renderToString(<NowPlaying id="main" />)
  `, { './snippet.tsx': snippet('docs/cookbook.md', 'React', 'tsx') })
  const { html } = await import(`data:text/javascript;base64,${Buffer.from(script).toString('base64')}`)
  t.equal(html, '<p>One moment …</p>')
})

test('the Vue component of the cookbook shows each title', { skip }, async (t) => {
  const { descriptor } = parse(snippet('docs/cookbook.md', 'Vue', 'vue'))
  const { content } = compileScript(descriptor, { id: 'snippet', inlineTemplate: true })
  const script = await bundle(`
    import { createApp } from 'vue'
    import Component from './snippet.js'
    const app = createApp(Component)
    app.mount('#root')
    window.unmount = () => app.unmount()
  `, { './snippet.js': content })
  await followsTitles(t, await openApp(t, script))
})

test('the Svelte component of the cookbook shows each title', { skip }, async (t) => {
  const { js, warnings } = compile(snippet('docs/cookbook.md', 'Svelte', 'svelte'), { generate: 'client' })
  t.same(warnings, [])
  const script = await bundle(`
    import { mount, unmount } from 'svelte'
    import Component from './snippet.js'
    const app = mount(Component, { target: document.getElementById('root') })
    window.unmount = () => unmount(app)
  `, { './snippet.js': js.code })
  await followsTitles(t, await openApp(t, script))
})

test('the plain page of the cookbook shows each title and the tracks before', { skip }, async (t) => {
  const { address, play } = await stage(t, 'Björk - Hyperballad', {
    stations: { main: { name: 'Radio Main', mounts: ['/main.mp3'] } },
    before: (app) => {
      app.get('/plain', (request, reply) => reply.type('text/html').send(`<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">${snippet('docs/cookbook.md', 'Plain HTML', 'html')}</html>`))
    }
  })
  const { page, errors } = await open(t, `${address}/plain`)
  await page.locator('#title').getByText('Björk - Hyperballad').waitFor()
  await play('Portishead - <i>Roads</i>')
  await page.locator('#title').getByText('Portishead - <i>Roads</i>', { exact: true }).waitFor()
  await page.getByRole('listitem').getByText('Björk - Hyperballad').waitFor()
  t.equal(await page.locator('#state').textContent(), '')
  t.same(errors, [])
})
