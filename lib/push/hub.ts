import type { Board, Change } from '../stations/board.ts'
import type { Message } from '../schemas.ts'

/** A connection that receives updates, whatever it is made of. */
export interface Subscriber {
  /** The ids of the stations it wants; null: all. */
  readonly wants: ReadonlySet<string> | null
  /** Queues a message, or drops the connection when it can't keep up. Never throws. */
  send (message: Buffer): void
  /** A heartbeat is due. `message` is for the page; a connection that has given no sign of life since the last one ends. */
  beat (message: Buffer): void
  /** The server is going away: come back in `retry` ms. */
  close (retry: number): void
  /** Ends at once. */
  terminate (): void
}

/** ms that subscribers have to say goodbye when the server closes. */
const GRACE = 500
/** ms over which each thousand of them is asked to come back, and the most in all. */
const RETURN_LEAST = 1000
const RETURN_PER_SUBSCRIBER = 2
const RETURN_MOST = 60_000

const HEARTBEAT = encode({ type: 'heartbeat' })

/** Everyone who is subscribed. A change is written once and goes to all as the same bytes. */
export class Hub {
  readonly #board: Board
  readonly #heartbeat: number
  readonly #subscribers = new Set<Subscriber>()
  #timer: NodeJS.Timeout | undefined
  #isClosing = false
  #onEmpty: (() => void) | null = null

  /** `heartbeat`: ms between two heartbeats. */
  constructor (board: Board, heartbeat: number) {
    this.#board = board
    this.#heartbeat = heartbeat
  }

  get size (): number { return this.#subscribers.size }

  add (subscriber: Subscriber): void {
    this.#subscribers.add(subscriber)
    if (this.#isClosing) return subscriber.close(this.#retry())
    const { version, list } = this.#board
    const { wants } = subscriber
    const stations = wants === null ? list : list.filter(({ id }) => wants.has(id))
    subscriber.send(encode({ type: 'snapshot', version, serverTime: new Date().toISOString(), stations }))
    if (this.#timer === undefined) this.#arm()
  }

  delete (subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber)
    if (this.#subscribers.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#onEmpty?.()
  }

  publish ({ version, station }: Change): void {
    if (this.#subscribers.size === 0) return
    const message = encode({ type: 'update', version, station })
    for (const subscriber of this.#subscribers) {
      if (subscriber.wants === null || subscriber.wants.has(station.id)) subscriber.send(message)
    }
  }

  /** Tells everyone when to come back, waits a moment for their goodbye, and resolves when all are gone. */
  async close (): Promise<void> {
    this.#isClosing = true
    if (this.#subscribers.size === 0) return
    const empty = new Promise<void>((resolve) => { this.#onEmpty = resolve })
    const timer = setTimeout(() => {
      for (const subscriber of this.#subscribers) subscriber.terminate()
    }, GRACE)
    for (const subscriber of this.#subscribers) subscriber.close(this.#retry())
    await empty
    clearTimeout(timer)
  }

  #arm (): void {
    this.#timer = setTimeout(() => {
      this.#arm()
      for (const subscriber of this.#subscribers) subscriber.beat(HEARTBEAT)
    }, this.#heartbeat).unref()
  }

  /** Spread out, so that they don't all come back at once. */
  #retry (): number {
    const window = Math.min(RETURN_MOST, RETURN_LEAST + this.#subscribers.size * RETURN_PER_SUBSCRIBER)
    return Math.round(Math.random() * window)
  }
}

export function encode (message: Message): Buffer {
  return Buffer.from(JSON.stringify(message))
}
