import { EventEmitter, once } from 'node:events'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import type { ClientHttp2Stream } from 'node:http2'
import { request as requestHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { WebSocket, type ClientOptions } from 'ws'
import fastifyIcecast, { type Message, type ServerOptions, type Station } from '../../index.ts'
import type { CommonOptions } from '../../lib/options/options.ts'
import { FakeIcecast, fakeIcecast } from '../../lib/testing/fake-icecast.ts'
import type { FakeIcecastOptions } from '../../lib/testing/index.ts'

export interface ScenarioOptions extends CommonOptions, Partial<ServerOptions> {
  /** Several servers instead of the default one. */
  servers?: ServerOptions[]
  /** A fake Icecast that is running already, or the options of a new one. */
  icecast?: FakeIcecast | Partial<FakeIcecastOptions>
  /** What happens to the app before the plugin comes. */
  before?: (app: FastifyInstance) => Promise<void> | void
  /** What happens to it after. */
  after?: (app: FastifyInstance) => Promise<void> | void
  /** Fastify's own, such as `https`. */
  fastify?: FastifyServerOptions & { https?: { key: string, cert: string, allowHTTP1?: boolean }, http2SessionTimeout?: number }
  /** Apart, since Fastify has another type for it. */
  http2?: boolean
  /** Where it listens. Default: where there is room. */
  port?: number
  /** Default 127.0.0.1. */
  host?: string
}

/** A station's backend with an Icecast behind it, listening; all of it is gone when the test ends. */
export interface Scenario {
  app: FastifyInstance
  icecast: FakeIcecast
  /** `http://127.0.0.1:PORT`, or https. */
  address: string
  /** What the app has logged, parsed. */
  logs: Array<Record<string, unknown> & { msg: string, level: number }>
  /** A page that subscribes. */
  page: (path?: string, options?: ClientOptions) => Page
  /** A page that subscribes by server-sent events. */
  stream: (path?: string, headers?: Record<string, string>) => Promise<EventPage>
  get: (path: string, headers?: Record<string, string>) => Promise<{ status: number, headers: Headers, body: unknown, text: string }>
}

export async function scenario (t: Test, options: ScenarioOptions = {}): Promise<Scenario> {
  const { icecast: fake, before, after, fastify, http2 = false, servers, port: wanted = 0, host = '127.0.0.1', ...rest } = options
  const icecast = fake instanceof FakeIcecast ? fake : await fakeIcecast(fake)
  t.teardown(() => icecast.close())
  const logs: Scenario['logs'] = []
  const logger = { level: 'info', stream: { write: (line: string) => { logs.push(JSON.parse(line)) } } }
  const settings = { logger, ...fastify }
  if (http2) Object.assign(settings, { http2 })
  const app: FastifyInstance = Fastify(settings)
  t.teardown(() => app.close())
  await before?.(app)
  const { url = icecast.url, auth, ca, publicUrl, ...common } = { interval: 50, ...rest }
  await app.register(fastifyIcecast, servers === undefined
    ? { url, auth, ca, publicUrl, ...common }
    : { servers, ...common })
  await after?.(app)
  await app.listen({ port: wanted, host })
  const { port } = app.server.address() as AddressInfo
  const address = `${fastify?.https ? 'https' : 'http'}://127.0.0.1:${port}`
  return {
    app,
    icecast,
    address,
    logs,
    page (path = '/now-playing', options = {}) {
      const page = new Page(address.replace('http', 'ws') + path, options)
      t.teardown(() => page.socket.terminate())
      return page
    },
    async stream (path = '/now-playing', headers = {}) {
      const page = await EventPage.open(address + path, headers)
      t.teardown(() => page.response.destroy())
      return page
    },
    async get (path, headers = {}) {
      const answer = await fetch(address + path, { headers })
      const text = await answer.text()
      return { status: answer.status, headers: answer.headers, text, body: /json/.test(answer.headers.get('content-type') ?? '') && text !== '' ? JSON.parse(text) : null }
    }
  }
}

/** A listener's page: everything that it has received, and a way to wait for more. */
export class Page {
  readonly socket: WebSocket
  readonly messages: Message[] = []
  readonly closed: Promise<{ code: number, reason: string }>

  constructor (url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, { rejectUnauthorized: false, ...options })
    this.socket.on('message', (data) => { this.messages.push(JSON.parse(String(data))) })
    this.closed = once(this.socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
    this.closed.catch(() => {})
  }

  /** The first message, old or new, that `isIt` says yes to; fails when the connection ends before it. */
  async message (isIt: (message: Message) => boolean = () => true): Promise<Message> {
    for (let seen = 0; ;) {
      const found = this.messages.slice(seen).find(isIt)
      if (found !== undefined) return found
      seen = this.messages.length
      await Promise.race([once(this.socket, 'message'), this.closed.then(({ code }) => { throw new Error(`closed: ${code}`) })])
    }
  }

  async snapshot () { return await this.message((message) => message.type === 'snapshot') }

  /** The first update, old or new, of a station that `isIt` says yes to. */
  async update (isIt: (station: Station) => boolean): Promise<Station> {
    const found = await this.message((message) => message.type === 'update' && isIt(message.station))
    return (found as Extract<Message, { type: 'update' }>).station
  }

  /** Waits for this title, in a snapshot or an update. */
  async sees (text: string | null): Promise<void> {
    await this.message((message) => stationsOf(message).some(({ track }) => (track?.text ?? null) === text))
  }

  get updates (): Array<Extract<Message, { type: 'update' }>> {
    return this.messages.filter((message) => message.type === 'update')
  }
}

/** One server-sent event, or what came beside them. */
export interface Sent {
  event?: string
  id?: string
  data?: string
  retry?: string
}

/** A page that subscribes by server-sent events: everything that it has received. */
export class EventPage<Response extends IncomingMessage | ClientHttp2Stream = IncomingMessage> extends EventEmitter<{ sent: [] }> {
  readonly response: Response
  readonly sent: Sent[] = []
  readonly closed: Promise<unknown>
  #rest = ''

  constructor (response: Response) {
    super()
    this.response = response
    this.closed = once(response, 'close')
    this.closed.catch(() => {})
    response.on('error', () => {})
    response.setEncoding('utf8').on('data', (text: string) => { this.read(text) })
  }

  static async open (url: string, headers: Record<string, string>): Promise<EventPage> {
    const request = url.startsWith('https') ? requestHttps : requestHttp
    const [response] = await once(request(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false, rejectUnauthorized: false }).end(), 'response')
    return new EventPage(response)
  }

  read (text: string): void {
    const blocks = (this.#rest + text).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = block.split('\n').filter((line) => !line.startsWith(':')).map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)])
      this.sent.push(Object.fromEntries(fields))
      this.emit('sent')
    }
  }

  /** The first that `isIt` says yes to, old or new. */
  async first (isIt: (sent: Sent) => boolean): Promise<Sent> {
    for (let seen = 0; ;) {
      const found = this.sent.slice(seen).find(isIt)
      if (found !== undefined) return found
      seen = this.sent.length
      await Promise.race([once(this, 'sent'), this.closed.then(() => { throw new Error('closed') })])
    }
  }

  async event (event: string): Promise<Sent> { return await this.first((sent) => sent.event === event) }

  /** Waits for this title, in a snapshot or an update. */
  async sees (text: string | null): Promise<Sent> {
    return await this.first(({ data }) => data !== undefined && stationsOf(JSON.parse(data)).some(({ track }) => (track?.text ?? null) === text))
  }
}

function stationsOf (message: Message): readonly Station[] {
  return message.type === 'snapshot' ? message.stations : message.type === 'update' ? [message.station] : []
}

/** Resolves as soon as the app's own state is such. */
export async function until (app: FastifyInstance, isSo: (stations: Station[]) => boolean): Promise<void> {
  while (!isSo(app.nowPlaying.list())) await once(app.nowPlaying, 'update')
}

export const isLive = ([station]: Station[]): boolean => station?.status === 'live'
export const plays = (text: string | null) => ([station]: Station[]): boolean => (station?.track?.text ?? null) === text
