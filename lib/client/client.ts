import type { Station } from '../schemas.ts'
import { connect } from './connect.ts'
import type { Connection, NowPlayingDetails, NowPlayingListeners } from './events.ts'
import { order } from './order.ts'

export type { Connection, NowPlayingDetails, NowPlayingEvents, NowPlayingListeners, Refusal, Transport } from './events.ts'
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

export interface NowPlayingClient {
  addEventListener: (NowPlayingListeners & EventTarget)['addEventListener']
  removeEventListener: (NowPlayingListeners & EventTarget)['removeEventListener']
}

/** Follows what stations are playing until it is closed: it comes back by itself, and never throws. */
export class NowPlayingClient extends EventTarget {
  /** What is shown, by id. */
  declare readonly stations: ReadonlyMap<string, Station>
  /** The station that was asked for, or the first that is not `unknown`, else the first; undefined while there is none. */
  declare current: Station | undefined
  declare connection: Connection
  /** For good. */
  declare readonly close: () => void

  /** `url`: the address of the plugin's routes. In a page it may be relative. */
  constructor (url: string | URL, { station = [], delay = 0, sleep, signal }: NowPlayingClientOptions = {}) {
    super()
    const stations = this.stations = new Map<string, Station>()
    const target = new URL(url, globalThis.document?.baseURI)
    for (const id of [station].flat()) target.searchParams.append('station', id)

    const tell = <Type extends keyof NowPlayingDetails> (type: Type, detail: NowPlayingDetails[Type]): boolean => this.dispatchEvent(new CustomEvent(type, { detail }))
    const [take, stop] = order(delay, (station, play) => {
      const previous = stations.get(station.id)
      const change = { station, previous }
      stations.set(station.id, station)
      const all = [...stations.values()]
      // One that is unknown may be there no more.
      this.current = all.find((one) => one.status !== 'unknown') ?? all[0]
      if (play) tell('track', { track: play, station, previous: previous?.track })
      if (station.status !== previous?.status) tell('status', change)
      tell('update', change)
    })
    const end = connect(target, sleep, take, (connection) => {
      this.connection = connection
      tell('connection', connection)
    })
    this.close = () => {
      stop()
      end()
    }
    signal?.addEventListener('abort', this.close)
    if (signal?.aborted) this.close()
  }

  /** Each station as it is, then each change; of those that come meanwhile the last. Ends when this is closed. */
  async * [Symbol.asyncIterator] (): AsyncGenerator<Station, void> {
    const seen = new Map<string, Station>()
    let wake: () => void
    const listener = (): void => wake()
    while (true) {
      const news = new Promise<void>((resolve) => { wake = resolve })
      // The same ones are added but once, and nothing is left of them when nobody reads on.
      for (const type of ['update', 'connection']) this.addEventListener(type, listener, { once: true })
      for (const [id, station] of this.stations) {
        if (seen.get(id) === station) continue
        seen.set(id, station)
        yield station
      }
      if (this.connection.state === 'closed') return
      await news
    }
  }
}

/** Follows what is playing; `url` is the address of the plugin's routes, such as `/now-playing`. */
export const nowPlaying = (url: string | URL, options?: NowPlayingClientOptions): NowPlayingClient => new NowPlayingClient(url, options)
