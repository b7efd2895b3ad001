import { get, type IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { numberOf } from './numbers.ts'

export interface Visit {
  port: number
  station: string
  transport: 'webSocket' | 'eventStream'
  /** Called when the connection was lost unexpectedly. */
  onEnd: (page: Page, why: string) => void
  /** Called when an invalid message was received. */
  onProblem: (what: string) => void
}

interface Station { track: { text: string } | null }
type Message = { type: 'snapshot', stations: Station[] } | { type: 'update', station: Station } | { type: 'heartbeat' }

/** A page that subscribes to one station and remembers the last title. */
export class Page {
  /** The number of the title that the page shows; 0: none, -1: it has not received a message yet. */
  shows = -1
  /** The highest number so far. */
  #last = 0
  /** Whether the server announced when to reconnect. */
  isTold = false
  readonly #visit: Visit
  readonly #line: WebSocket | ReturnType<typeof get>
  #response: IncomingMessage | null = null
  #isOver = false

  constructor (visit: Visit) {
    this.#visit = visit
    this.#line = visit.transport === 'webSocket' ? this.#openWebSocket() : this.#openStream()
  }

  /** Stops reading from the socket. */
  pause (): void {
    if (this.#line instanceof WebSocket) {
      if (this.#line.readyState === WebSocket.OPEN) this.#line.pause()
    } else {
      this.#response?.pause()
    }
  }

  resume (): void {
    if (this.#line instanceof WebSocket) this.#line.resume()
    else this.#response?.resume()
  }

  /** Disconnects, with or without a close frame. */
  leave (isPolite: boolean): void {
    this.#isOver = true
    if (!(this.#line instanceof WebSocket)) this.#line.destroy()
    else if (isPolite && this.#line.readyState === WebSocket.OPEN) this.#line.close()
    else this.#line.terminate()
  }

  #openWebSocket (): WebSocket {
    const { port, station } = this.#visit
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/now-playing/${station}`, { perMessageDeflate: false })
    let why = ''
    webSocket.on('message', (data) => this.#hear(String(data)))
    webSocket.on('error', ({ message }) => { why = message })
    webSocket.on('close', (code, reason) => {
      if (code === 1012 && String(reason).startsWith('retry=')) this.isTold = true
      this.#end(`${code} ${reason} ${why}`)
    })
    return webSocket
  }

  #openStream (): ReturnType<typeof get> {
    const { port, station } = this.#visit
    const request = get({ port, host: '127.0.0.1', path: `/now-playing/${station}`, agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
      this.#response = response
      if (response.statusCode !== 200) this.#visit.onProblem(`status ${response.statusCode}`)
      let rest = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        const events = (rest + text).split('\n\n')
        rest = events.pop() ?? ''
        for (const event of events) this.#hearEvent(event)
      })
      response.on('error', () => {})
      response.on('close', () => this.#end('the stream ended'))
    })
    request.on('error', ({ message }) => this.#end(message))
    return request
  }

  #hearEvent (event: string): void {
    for (const line of event.split('\n')) {
      if (line.startsWith('data: ')) this.#hear(line.slice(6))
      // The first `retry:` is the delay after a lost connection.
      else if (line.startsWith('retry: ')) this.isTold = this.shows !== -1
      else if (line !== ':' && !/^(event|id): ./.test(line)) this.#visit.onProblem(`not a line of an event: ${line.slice(0, 100)}`)
    }
  }

  #hear (text: string): void {
    let message: Message
    try {
      message = JSON.parse(text)
    } catch {
      return this.#visit.onProblem(`not a message: ${text.slice(0, 100)}`)
    }
    if (message.type === 'heartbeat') return
    const station = message.type === 'snapshot' ? message.stations[0] : message.station
    const number = numberOf(station?.track?.text)
    if (number !== 0 && number < this.#last) this.#visit.onProblem(`${number} after ${this.#last}`)
    this.shows = number
    this.#last = Math.max(number, this.#last)
  }

  #end (why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#visit.onEnd(this, why)
  }
}
