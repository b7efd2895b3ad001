import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import { test } from 'tap'
import { WebSocket } from 'ws'
import fastifyIcecast from '../../index.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { until as eventually } from '../helpers/icecast2.ts'
import { Page, plays, scenario, until } from '../helpers/station.ts'
import { project } from './project.ts'
import { run } from './terminal.ts'

test('titles.mjs waits for the server, prints each title, and Ctrl-C ends it', async (t) => {
  const broken = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(broken, 'listening')
  const { port } = broken.address() as AddressInfo
  const { terminal, interrupt, ended } = run(t, ['examples/titles.mjs', `http://127.0.0.1:${port}/now-playing`, 'main.mp3'], { cwd: project() })
  await once(broken, 'connection')
  await once(broken, 'connection')
  broken.close()

  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyIcecast, { url: icecast.url, interval: 50 })
  icecast.source('/main.mp3', { name: 'Radio Main' })
  icecast.title('/main.mp3', 'Björk - Hyperballad \u001b[31m')
  await app.listen({ port, host: '127.0.0.1' })
  await terminal.prints(/^Radio Main: Björk - Hyperballad/m)
  icecast.title('/main.mp3', 'Portishead - Roads')
  await terminal.prints(/^Radio Main: Portishead - Roads$/m)
  t.notMatch(terminal.text, '\u001b')
  await app.close()
  await terminal.prints(/^Connection lost; reconnecting\.$/m)
  interrupt()
  t.equal(await ended, 'SIGINT')
})

test('obs.mjs keeps the file as the station is', async (t) => {
  const { app, address, icecast } = await scenario(t)
  const folder = project()
  const file = join(folder, 'now-playing.txt')
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  await until(app, plays('Björk - Hyperballad'))
  run(t, ['examples/obs.mjs', `${address}/now-playing`, 'main.mp3', file], { cwd: folder })
  const holds = async (text: string): Promise<void> => await eventually(text, 10_000, async () => await readFile(file, 'utf8').catch(() => '') === text)
  await holds('Björk - Hyperballad\n')
  icecast.title('/main.mp3', 'One')
  await holds('One\n')
  icecast.disconnect('/main.mp3')
  await holds('\n')
})

test('sessions.mjs tells members alone', async (t) => {
  const { icecast } = await scenario(t)
  icecast.source('/main.mp3', { name: 'Radio Main' })
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  const { terminal } = run(t, ['examples/sessions.mjs'], { cwd: project(), env: { ICECAST_URL: icecast.url, PORT: '0' } })
  const address = (await terminal.prints(/Members only: (http:\S+)/)).replace('[::1]', 'localhost')
  const url = `${address}/now-playing`

  for (const accept of ['application/json', 'text/event-stream']) t.equal((await fetch(url, { headers: { accept } })).status, 401)
  const stranger = new WebSocket(url.replace('http', 'ws'))
  const refusal = await new Promise((resolve) => { stranger.once('error', resolve) })
  t.match(refusal, { message: 'Unexpected server response: 401' }, 'before any upgrade')
  t.match(await (await fetch(address)).text(), 'Log in')

  const login = await fetch(`${address}/login`, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  t.equal(login.status, 303)
  const [cookie = ''] = login.headers.getSetCookie()
  t.match(cookie, /; HttpOnly; SameSite=Lax$/)
  const headers = { cookie: cookie.split(';')[0] ?? '' }
  const member = new Page(url.replace('http', 'ws'), { headers })
  t.teardown(() => member.socket.terminate())
  await member.sees('Björk - Hyperballad')
  t.equal((await fetch(url, { headers })).status, 200)
  t.match(await (await fetch(address, { headers })).text(), '<now-playing')
})
