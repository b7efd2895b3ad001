import type { Socket } from 'node:net'
import type { Bytes } from './bytes.ts'

/** A line of a STATS feed, without its end. */
export interface StatsLine {
  line: Bytes
  /** The limited account receives it as well. */
  isOpen: boolean
}

/** An event of 2.5's eventfeed. */
export interface FeedEvent {
  id: string
  mount: string
  /** JSON. */
  data: Bytes
}

/** What feeds report at the same time. */
export interface News {
  stats: StatsLine[]
  events: FeedEvent[]
}

/** Returns what one feed sends of the news, which may be empty. */
export type Hears = (news: News) => Bytes

export const hearsStats = (isLimited: boolean): Hears => ({ stats }) => stats
  .filter(({ isOpen }) => isOpen || !isLimited)
  .map(({ line }) => `${line}\n`)
  .join('')

export const hearsEvents = (mount: string | null): Hears => ({ events }) => events
  .filter(event => mount === null || event.mount === mount)
  .map(({ id, data }) => `id: ${id}\r\ndata: ${data}\r\n\r\n`)
  .join('')

/** The feeds that are open. */
export class Feeds {
  readonly #open = new Map<Socket, Hears>()

  add (socket: Socket, hears: Hears): void {
    this.#open.set(socket, hears)
    socket.once('close', () => this.#open.delete(socket))
  }

  tell (news: News): void {
    for (const [socket, hears] of this.#open) {
      const heard = hears(news)
      if (heard !== '') socket.write(heard, 'latin1')
    }
  }

  get sockets (): Iterable<Socket> {
    return this.#open.keys()
  }
}
