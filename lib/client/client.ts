import type { Station } from '../schemas.ts'
import { delayQueue } from './delay-queue.ts'
import type { Connection, NowPlayingDetails, NowPlayingListeners } from './events.ts'
import { subscribe } from './shared-connection.ts'

export type { Connection, NowPlayingDetails, NowPlayingEvents, NowPlayingListeners, Refusal, Transport } from './events.ts'
export type { Message, Mount, NextTrack, NowPlayingList, PastTrack, Station, Status, Track } from '../schemas.ts'

export interface NowPlayingClientOptions {
  /** The id of a station, or of several. Default: all stations. */
  station?: string | readonly string[] | undefined
  /** The most earlier tracks of each station; another client of this page may request more. Default: all that the server keeps. */
  history?: number | undefined
  /** Whether to receive changes of listener numbers alone. Default true. */
  listeners?: boolean | undefined
  /** The time in ms after which a change is shown, in addition to the station's own delay: what this page's player buffers. Default 0. */
  delay?: number | undefined
  /** Whether to disconnect while the page is hidden; clients that share a connection must all agree. Default false. */
  sleep?: boolean | undefined
  /** Closes the client when it is aborted. */
  signal?: AbortSignal | undefined
}

export interface NowPlayingClient {
  addEventListener: (NowPlayingListeners & EventTarget)['addEventListener']
  removeEventListener: (NowPlayingListeners & EventTarget)['removeEventListener']
}

/**
 * Follows what stations are playing until it is closed. It reconnects by itself and never throws. All clients of a page
 * that have the same address share one connection.
 */
export class NowPlayingClient extends EventTarget {
  /** The state of each station by its id. */
  declare readonly stations: ReadonlyMap<string, Station>
  /** The requested station; of several the first that is not `unknown`, or else the first. Undefined until a state is received. */
  declare current: Station | undefined
  declare connection: Connection
  /** Connects at once if there is no connection, instead of waiting for the next retry; for example after a login. */
  declare readonly retry: () => void
  /** Closes the client for good. */
  declare readonly close: () => void

  /** `url`: the address of the plugin's routes. It may be relative to the page. */
  constructor (url: string | URL, { station = [], history = Infinity, listeners = true, delay = 0, sleep, signal }: NowPlayingClientOptions = {}) {
    super()
    const emit = <Type extends keyof NowPlayingDetails> (type: Type, detail: NowPlayingDetails[Type]): boolean => this.dispatchEvent(new CustomEvent(type, { detail }))
    const onConnection = (connection: Connection): void => {
      if (JSON.stringify(this.connection) === JSON.stringify(connection)) return
      this.connection = connection
      emit('connection', connection)
    }
    const [stations, onState, stop] = delayQueue(delay, (station, previous, track) => {
      const change = { station, previous }
      const all = [...stations.values()]
      // A station that is unknown may have been removed from the server.
      this.current = all.find(({ status }) => status !== 'unknown') ?? all[0]
      if (track) emit('track', { track, station, previous: previous?.track })
      if (station.status !== previous?.status) emit('status', change)
      emit('update', change)
    })
    const [retry, unsubscribe] = subscribe(new URL(url, globalThis.document?.baseURI), [[station].flat(), sleep, onState, onConnection, history, listeners])
    this.stations = stations
    this.retry = retry
    this.connection = { state: 'connecting', transport: null }
    const close = this.close = () => {
      if (this.connection.state === 'closed') return
      signal?.removeEventListener('abort', close)
      stop()
      unsubscribe()
      onConnection({ state: 'closed', transport: null })
    }
    signal?.addEventListener('abort', close)
    if (signal?.aborted) close()
  }

  /** Yields the state of each station, then each change. While the reader is busy, only the last change of a station is kept. It ends when the client is closed. */
  async * [Symbol.asyncIterator] (): AsyncGenerator<Station, void> {
    const yielded = new Map<string, Station>()
    let wake: () => void
    const listener = (): void => wake()
    while (true) {
      const change = new Promise<void>((resolve) => { wake = resolve })
      // Adding the same listener twice has no effect; `once` removes it if the iteration is abandoned.
      for (const type of ['update', 'connection']) this.addEventListener(type, listener, { once: true })
      for (const [id, station] of this.stations) {
        if (yielded.get(id) === station) continue
        yielded.set(id, station)
        yield station
      }
      if (this.connection.state === 'closed') return
      await change
    }
  }
}

/** Follows what is playing; `url` is the address of the plugin's routes, such as `/now-playing`. */
export const nowPlaying = (url: string | URL, options?: NowPlayingClientOptions): NowPlayingClient => new NowPlayingClient(url, options)
