import type { Station } from '../schemas.ts'
import { connect } from './connect.ts'
import type { Connection, NowPlayingDetails, NowPlayingTarget } from './events.ts'
import { order } from './order.ts'

export type { Connection, NowPlayingDetails, NowPlayingEvents, NowPlayingTarget, Refusal, Transport } from './events.ts'
export type { Message, Mount, NowPlayingList, PastTrack, Station, Status, Track } from '../schemas.ts'

export interface NowPlayingClientOptions {
  /** The id of a station, or of several. Default: all there are. */
  station?: string | readonly string[] | undefined
  /** ms after which a change is shown, beside the station's own delay: what this page's player buffers. Default 0. */
  delay?: number | undefined
  /** Whether to close the line while the page is hidden. Default false. */
  sleep?: boolean | undefined
  /** Closes it. */
  signal?: AbortSignal | undefined
}

const Target: new () => NowPlayingTarget = EventTarget

/** Follows what stations are playing, until it is closed: it comes back by itself, and does not throw. */
export class NowPlayingClient extends Target {
  readonly #stations = new Map<string, Station>()
  /** What is shown, by id. */
  readonly stations: ReadonlyMap<string, Station> = this.#stations
  readonly #ids: readonly string[]
  #connection: Connection = { state: 'connecting', transport: null }
  readonly #end: () => void

  /** `url`: the address of the plugin's routes. In a page it may be relative. */
  constructor (url: string | URL, { station = [], delay = 0, sleep = false, signal }: NowPlayingClientOptions = {}) {
    super()
    this.#ids = [station].flat()
    const target = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href)
    for (const id of this.#ids) target.searchParams.append('station', id)
    const { take, stop } = order(delay, (station, isPlay) => this.#show(station, isPlay))
    const end = connect({ url: target, sleep, hear: take, tell: (connection) => this.#tell(connection) })
    this.#end = () => {
      stop()
      end()
    }
    if (signal?.aborted) this.close()
    else signal?.addEventListener('abort', () => this.close(), { once: true })
  }

  /** The station that was asked for, or the first; undefined while it is not known. */
  get current (): Station | undefined {
    return this.#stations.get(this.#ids[0] ?? '') ?? this.#stations.values().next().value
  }

  get connection (): Connection { return this.#connection }

  /** For good. */
  close (): void { this.#end() }

  /** Each station as it is, then each change; of those that come meanwhile the last. Ends when this is closed. */
  async * [Symbol.asyncIterator] (): AsyncGenerator<Station, void> {
    const news = new Map(this.#stations)
    const controller = new AbortController()
    let wake = (): void => {}
    this.addEventListener('update', ({ detail: { station } }) => {
      news.set(station.id, station)
      wake()
    }, controller)
    this.addEventListener('connection', () => wake(), controller)
    try {
      while (true) {
        for (const [id, station] of news) {
          news.delete(id)
          yield station
        }
        if (this.#connection.state === 'closed') return
        await new Promise<void>((resolve) => { wake = resolve })
      }
    } finally {
      controller.abort()
    }
  }

  #emit<Type extends keyof NowPlayingDetails> (type: Type, detail: NowPlayingDetails[Type]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }

  #tell (connection: Connection): void {
    this.#connection = connection
    this.#emit('connection', connection)
  }

  #show (station: Station, isPlay: boolean): void {
    const { id, track, status } = station
    const previous = this.#stations.get(id)
    this.#stations.set(id, station)
    this.#emit('update', { station, previous })
    if (status !== previous?.status) this.#emit('status', { station, previous })
    if (isPlay && track) this.#emit('track', { track, station, previous: previous?.track ?? null })
  }
}

/** Follows what is playing; `url` is the address of the plugin's routes, such as `/now-playing`. */
export function nowPlaying (url: string | URL, options?: NowPlayingClientOptions): NowPlayingClient {
  return new NowPlayingClient(url, options)
}
