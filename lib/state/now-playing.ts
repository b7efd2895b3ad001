import { EventEmitter } from 'node:events'
import type { Metrics } from '../push/metrics.ts'
import type { Station, Track } from '../schemas.ts'
import type { StationRegistry, StationChange } from '../stations/station-registry.ts'

export interface NowPlayingEvents {
  /** Every change of a station; `previous` is undefined when it is new. */
  update: [station: Station, previous: Station | undefined]
  /** A new play; `previous` is the track that was shown before it. */
  track: [track: Track, station: Station, previous: Track | null]
  /** Another status. */
  status: [station: Station, previous: Station | undefined]
}

interface Sources {
  board: StationRegistry
  refresh: () => Promise<boolean>
  /** What is being counted. */
  metrics: Readonly<Metrics>
  /** A listener threw, or its promise was rejected. */
  onListenerError: (error: unknown, event: string) => void
}

/** `app.nowPlaying`: the current state, for the backend's own code. */
export class NowPlaying extends EventEmitter<NowPlayingEvents> {
  readonly #sources: Sources

  constructor (sources: Sources) {
    super()
    this.#sources = sources
  }

  /** One station as it is now, deeply frozen. */
  get (id: string): Station | undefined { return this.#sources.board.get(id) }

  /** All stations as they are now, deeply frozen. */
  list (): Station[] { return [...this.#sources.board.list] }

  /** The opaque version of the whole state: another one after every change. */
  get version (): string { return this.#sources.board.version }

  /** How many connections are subscribed. */
  get subscribers (): number {
    const { webSockets, eventStreams } = this.#sources.metrics
    return webSockets + eventStreams
  }

  /** Figures for whoever runs the app, as they are now: how many subscribe, what they were sent, who was refused or dropped. */
  get metrics (): Metrics { return { ...this.#sources.metrics } }

  /**
   * Reads Icecast now, for a webhook from the playout system; calls at the same time share one read. Never rejects:
   * false when Icecast could not be read.
   */
  async refresh (): Promise<boolean> { return await this.#sources.refresh() }

  /** Fires the events of a change, in this order. Listeners are the user's code: one that fails harms nothing. */
  announce ({ station, previous, isNewPlay }: StationChange): void {
    if (isNewPlay && station.track !== null) this.#fire('track', station.track, station, previous?.track ?? null)
    if (station.status !== previous?.status) this.#fire('status', station, previous)
    this.#fire('update', station, previous)
  }

  #fire<E extends keyof NowPlayingEvents> (event: E, ...args: NowPlayingEvents[E]): void {
    for (const listener of this.rawListeners(event)) {
      try {
        const result: unknown = Reflect.apply(listener, this, args)
        if (result instanceof Promise) result.catch((error: unknown) => this.#sources.onListenerError(error, event))
      } catch (error) {
        this.#sources.onListenerError(error, event)
      }
    }
  }
}
