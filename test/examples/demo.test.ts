import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { test, type Test } from 'tap'
import { openBackend, type Backend } from '../../examples/demo/backend.ts'
import { drawCover } from '../../examples/demo/cover.ts'
import { explain, forPeople, welcome } from '../../examples/demo/terminal.ts'
import type { Station } from '../../index.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { Page } from '../helpers/station.ts'
import { run, Terminal, type Run } from './terminal.ts'

const SCRIPT = fileURLToPath(new URL('../../examples/demo/station.ts', import.meta.url))

/** The demo as its own process. */
function start (t: Test, env: Record<string, string>): Run {
  return run(t, [...process.execArgv, SCRIPT], { env })
}

/** The demo in this process. */
async function open (t: Test, env: Record<string, string>): Promise<{ terminal: Terminal, backend: Backend }> {
  const terminal = new Terminal()
  t.capture(console, 'log', (line: string) => terminal.print(line))
  const backend = await openBackend(env)
  t.teardown(() => backend.close())
  return { terminal, backend }
}

function subscribe (t: Test, address: string, path = ''): Page {
  const page = new Page(`${address.replace('http', 'ws')}/now-playing${path}`)
  t.teardown(() => page.socket.terminate())
  return page
}

test('the demo says what to open, plays without an Icecast, and Ctrl-C ends it with a page open', async (t) => {
  const { terminal, interrupt, ended } = start(t, { PORT: '0', PACE: '300' })
  const page = subscribe(t, await terminal.prints(/Open (http:\S+) /))
  await terminal.prints(/has a new title every 0\.3 s/)
  await page.message((message) => message.type === 'update' && message.station.history.length > 1)
  interrupt()
  t.equal(await ended, 0)
  t.match(await page.closed, { code: 1012 }, 'the page knows that it should come back')
})

test('a start that fails says what to do', async (t) => {
  const { terminal, ended } = start(t, { ICECAST_URL: 'radio:sw0rdfish@localhost' })
  t.equal(await ended, 1)
  t.match(terminal.text, 'ICECAST_URL should be the address of an Icecast server')
  t.notMatch(terminal.text, 'sw0rdfish')
})

test('titles of several stations change on the page and in the terminal, one goes off the air', async (t) => {
  const { terminal, backend } = await open(t, { PORT: '0', PACE: '500' })
  const page = subscribe(t, backend.address)
  await page.message((message) => message.type === 'update' && message.station.name === 'Radio Meridian' && message.station.history.length > 1)
  await terminal.prints(/Radio Meridian: \S/)
  await terminal.prints(/Meridian Talk is offline/)
  await terminal.prints(/Meridian Talk is live/)

  const answer = await fetch(`${backend.address}/now-playing`)
  const { stations }: { stations: Station[] } = JSON.parse(await answer.text())
  t.strictSame(stations.map(({ name }) => name), ['Radio Meridian', 'Nocturne', 'Meridian Talk'])
  t.ok(stations.some(({ listeners }) => listeners.current !== null && listeners.current > 0), 'with people listening')
})

test('the page asks for nothing but this backend, and its policy lets nothing else run', async (t) => {
  const { backend } = await open(t, { PORT: '0' })
  const answer = await fetch(backend.address)
  const html = await answer.text()
  t.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
  const policy = answer.headers.get('content-security-policy') ?? ''
  t.match(policy, /^default-src 'none';/)
  t.notMatch(policy, 'unsafe')
  for (const element of ['style', 'script']) {
    const [, text = ''] = new RegExp(`<${element}[^>]*>(.*?)</${element}>`, 's').exec(html) ?? []
    t.not(text, '')
    t.match(policy, `'sha256-${createHash('sha256').update(text).digest('base64')}'`, `the hash of its ${element}`)
  }
  t.notMatch(html, /innerHTML|outerHTML|insertAdjacentHTML|document\.write/, 'titles go in as text')
  t.notMatch(html, /(?:src|href)="(?:https?:)?\/\//, 'no address of anybody else')
})

test('ICECAST_URL: what is on there, and its credentials in no line', async (t) => {
  const icecast = await fakeIcecast({ auth: { username: 'radio', password: 'sw0rdfish' } })
  t.teardown(() => icecast.close())
  icecast.source('/live', { name: 'Live \u001b[31m' })
  icecast.title('/live', 'A - B')
  const { terminal, backend } = await open(t, { PORT: '0', ICECAST_URL: icecast.url.replace('//', '//radio:sw0rdfish@') })
  const page = subscribe(t, backend.address, '/live')
  icecast.title('/live', 'Marlow - Slow Weather')
  await page.message((message) => message.type === 'update' && message.station.track?.title === 'Slow Weather')
  await terminal.prints(/Marlow - Slow Weather/)

  await icecast.fail('refused')
  await terminal.prints(/Cannot read Icecast .+; retrying \(.+\)/)
  t.notMatch(terminal.text, /sw0rdfish|radio:|c3cwcmRmaXNo/)
  t.notMatch(terminal.text, '\u001b', 'an encoder can not give orders to the terminal')
})

test('without PORT the first free port from 3000 on is taken', async (t) => {
  const taken = createServer().listen(3000, '127.0.0.1')
  t.teardown(() => taken.close())
  // Or it is taken by somebody else: all the same.
  await new Promise((resolve) => { taken.once('listening', resolve).once('error', resolve) })
  const { backend } = await open(t, {})
  t.match(backend.address, /^http:\/\/127\.0\.0\.1:300[1-9]$/)
  const { port } = new URL(backend.address)
  await t.rejects(openBackend({ PORT: port }), { code: 'EADDRINUSE' }, 'with PORT it is that one or none')
  await t.rejects(openBackend({ HOST: '203.0.113.1' }), { code: 'EADDRNOTAVAIL' })
})

test('covers: one for each text, and the same for the same', (t) => {
  const texts = Array.from({ length: 30 }, (_, index) => `Title ${index} <"&'> 🏮`)
  const covers = texts.map(drawCover)
  t.equal(new Set(covers).size, 30)
  t.same(covers, texts.map(drawCover))
  for (const cover of covers) t.notMatch(cover, /Title|NaN|undefined/)
  t.end()
})

test('what the terminal says', async (t) => {
  const printed = t.capture(console, 'log')
  forPeople.write('{"level":40,"msg":"a warning"}\n')
  t.match(printed.args()[0], [/^ {2}\d\d:\d\d:\d\d {2}a warning$/])
  const theirs = welcome('http://127.0.0.1:3000', { ICECAST_URL: 'http://radio:sw0rdfish@localhost:8000' })
  t.match(theirs, 'Open http://127.0.0.1:3000 and watch')
  t.notMatch(theirs, /fake Icecast|sw0rdfish/)
  t.match(welcome('http://127.0.0.1:3000', {}), 'has a new title every 6 s')
  const failures: Array<[error: unknown, says: string]> = [
    [Object.assign(new Error('listen'), { code: 'EADDRINUSE' }), 'choose another with PORT'],
    [Object.assign(new Error('url'), { code: 'FST_ICECAST_INVALID_OPTION' }), 'ICECAST_URL should be'],
    [new TypeError('something else'), 'TypeError: something else'],
    ['not even an error', 'not even an error']
  ]
  for (const [error, says] of failures) t.match(explain(error), says)
})
