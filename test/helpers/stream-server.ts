import { once } from 'node:events'
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { freePort } from './ports.ts'

/** Bytes of audio between two blocks of metadata. */
const ICY_INTERVAL = 400
/** A listener gets so much audio, this often: 128 kbit/s. */
const CHUNK_BYTES = 800
const CHUNK_INTERVAL_MS = 50

/** What a server answers for a mount: a status, or what it streams. */
export interface StreamOptions {
  /** The current title, for ICY. */
  title?: string
  /** Titles of earlier songs, which come in the burst at the start. */
  earlier?: string[]
  headers?: OutgoingHttpHeaders
}

/** A server that shows no document: it has streams with ICY metadata, and answers 404 for everything else. */
export class StreamServer {
  readonly url: string
  readonly requests: IncomingMessage[] = []
  /** By path: what is streamed; a status is an answer of that status. */
  readonly mounts = new Map<string, StreamOptions | number>()
  /** Answers all that is no stream. */
  document: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => { response.writeHead(404).end() }
  /** Whether audio is sent. */
  isSending = true
  readonly #listeners = new Map<ServerResponse, string>()
  readonly #server = createServer((request, response) => { this.#answer(request, response) })

  private constructor (port: number) { this.url = `http://127.0.0.1:${port}` }

  static async start (t: Test): Promise<StreamServer> {
    const port = await freePort()
    const server = new StreamServer(port)
    server.#server.listen(port, '127.0.0.1')
    await once(server.#server, 'listening')
    t.teardown(() => server.close())
    return server
  }

  /** How many listen to a mount. */
  listeners (path: string): number { return [...this.#listeners.values()].filter((one) => one === path).length }

  stream (path: string, title: string, options: StreamOptions = {}): void { this.mounts.set(path, { title, ...options }) }

  /** The source leaves: its listeners are disconnected, and the mount is gone. */
  end (path: string): void {
    this.mounts.delete(path)
    this.cut(path)
  }

  /** Closes the connections of its listeners. */
  cut (path: string): void {
    for (const [response, one] of this.#listeners) if (one === path) response.destroy()
  }

  async close (): Promise<void> {
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer (request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request)
    const path = decodeURIComponent(request.url ?? '')
    const mount = this.mounts.get(path)
    if (mount === undefined) return this.document(request, response)
    if (typeof mount === 'number') {
      response.writeHead(mount).end()
      return
    }
    const { earlier = [], headers } = mount
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'icy-metaint': ICY_INTERVAL, 'icy-name': 'Radio', 'icy-br': '128', ...headers })
    response.flushHeaders()
    for (const title of earlier) response.write(block(title))
    let last = ''
    const play = () => {
      if (!this.isSending) return
      const current = this.mounts.get(path)
      const title = typeof current === 'object' ? current.title ?? '' : ''
      for (let sent = 0; sent < CHUNK_BYTES; sent += ICY_INTERVAL) {
        response.write(block(title === last ? null : title))
        last = title
      }
    }
    play()
    const timer = setInterval(play, CHUNK_INTERVAL_MS)
    this.#listeners.set(response, path)
    response.once('close', () => {
      clearInterval(timer)
      this.#listeners.delete(response)
    })
  }
}

/** Audio, and the block after it; null: the title is the same. */
function block (title: string | null): Buffer {
  const text = Buffer.from(title === null ? '' : `StreamTitle='${title}';`)
  const size = Math.ceil(text.length / 16)
  return Buffer.concat([Buffer.alloc(ICY_INTERVAL), Buffer.from([size]), text, Buffer.alloc(size * 16 - text.length)])
}
