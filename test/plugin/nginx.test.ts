import { setTimeout as delay } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import { WebSocket } from 'ws'
import fastifyIcecast, { memoryBackplane, type Backplane } from '../../index.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { freePort } from '../helpers/ports.ts'
import { nginxIsMissing, startNginx } from '../helpers/nginx.ts'

const CLIENTS = 10

/** ms within which a client that was disconnected by a restart has to have the state again. */
const MAX_AWAY = 5000

/** A client that returns when the server has told it to, and as soon as it can. */
class ReturningClient {
  readonly #url: string
  #socket: WebSocket | undefined
  #lostAt: number | null = performance.now()
  #isClosed = false
  /** The longest time without a connection, in ms. */
  longest = 0
  returns = 0
  readonly rejected: string[] = []

  constructor (url: string) {
    this.#url = url
    this.#connect()
  }

  get isConnected (): boolean { return this.#lostAt === null }

  close (): void {
    this.#isClosed = true
    this.#socket?.terminate()
  }

  #connect (): void {
    if (this.#isClosed) return
    const socket = this.#socket = new WebSocket(this.#url)
    socket.on('message', () => {
      if (this.#lostAt === null) return
      this.longest = Math.max(this.longest, performance.now() - this.#lostAt)
      this.#lostAt = null
      this.returns++
    })
    socket.on('error', ({ message }) => { if (!this.#isClosed) this.rejected.push(message) })
    socket.on('close', (code, reason) => {
      this.#lostAt ??= performance.now()
      setTimeout(() => this.#connect(), Number(/^retry=(\d+)$/.exec(String(reason))?.[1] ?? 1000))
    })
  }
}

test('a rolling restart of two instances behind nginx fails no request, and clients return within 5 s', { skip: nginxIsMissing, timeout: 60_000 }, (t) => restartOneAfterTheOther(t, {}))

test('the same with a backplane: one leads again, and the track has kept its id', { skip: nginxIsMissing, timeout: 60_000 }, async (t) => {
  const { apps, tracks, startAt } = await restartOneAfterTheOther(t, { backplane: memoryBackplane() })
  t.equal(apps.filter(({ nowPlaying }) => nowPlaying.leads).length, 1)
  t.equal(new Set(tracks).size, 1, 'each answer had the same track')
  const [version, other] = apps.map(({ nowPlaying }) => nowPlaying.version)
  t.equal(version, other)
  const [one, two] = apps
  await two?.close()
  while (one?.nowPlaying.subscribers !== CLIENTS) await delay(20)
  const { nowPlaying } = await startAt(1)
  while (nowPlaying.subscribers < 2) await delay(50)
  t.pass('an instance that was away for longer has clients again')
})

interface Restarted {
  /** The apps that run at the end. */
  apps: FastifyInstance[]
  /** The id of the track in each answer. */
  tracks: string[]
  /** Starts an app at the port of the first (0) or the second (1). */
  startAt (index: 0 | 1): Promise<FastifyInstance>
}

/** The clients stay until the test ends. */
async function restartOneAfterTheOther (t: Test, options: { backplane?: Backplane }): Promise<Restarted> {
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'Artist - Title')
  const start = async (port: number): Promise<FastifyInstance> => {
    const app = Fastify({ forceCloseConnections: true })
    t.teardown(() => app.close())
    await app.register(fastifyIcecast, { url: icecast.url, stations: { main: { mounts: ['/main.mp3'] } }, ...options })
    await app.listen({ port, host: '127.0.0.1' })
    return app
  }
  const ports = [await freePort(), await freePort()] as const
  const apps = await Promise.all(ports.map(start))
  const address = await startNginx(t, ports)
  const clients = Array.from({ length: CLIENTS }, () => new ReturningClient(`${address.replace('http', 'ws')}/now-playing`))
  t.teardown(() => { for (const client of clients) client.close() })
  const allConnected = async (): Promise<void> => { while (!clients.every(({ isConnected }) => isConnected)) await delay(20) }
  await allConnected()

  const statuses: number[] = []
  const tracks: string[] = []
  const restarts = new AbortController()
  const polling = (async () => {
    while (!restarts.signal.aborted) {
      statuses.push(await fetch(`${address}/now-playing/main`).then(async (response) => {
        const { track } = await response.json() as { track: { id: string } | null }
        if (track !== null) tracks.push(track.id)
        return response.status
      }, () => 0))
      await delay(20)
    }
  })()
  for (const [index, port] of ports.entries()) {
    await apps[index]?.close()
    // A process takes a while to start.
    await delay(500)
    apps[index] = await start(port)
    await allConnected()
  }
  restarts.abort()
  await polling
  t.ok(statuses.length > 20, `${statuses.length} requests`)
  t.same(statuses.filter((status) => status !== 200), [])
  t.same(clients.flatMap(({ rejected }) => rejected), [])
  t.ok(clients.every(({ returns }) => returns >= 2), 'each instance had clients, who returned')
  const longest = Math.max(...clients.map(({ longest }) => longest))
  t.ok(longest < MAX_AWAY, `the longest was away for ${Math.round(longest)} ms`)
  return { apps, tracks, startAt: (index) => start(ports[index]) }
}
