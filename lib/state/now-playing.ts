import { EventEmitter } from 'node:events'
import type { TrackDetails } from '../metadata/track-details.ts'
import type { Health, Metrics, Monitoring } from '../metrics/monitoring.ts'
import type { Station, Track } from '../schemas.ts'
import type { TellResult } from '../stations/tell-result.ts'
import type { PublishedState, StationChange } from './published-state.ts'

export interface NowPlayingEvents {
  /** Every change of a station; `previous` is undefined when the station is new. */
  update: [station: Station, previous: Station | undefined]
  /** A new play; `previous` is the track that was shown before it. */
  track: [track: Track, station: Station, previous: Track | null]
  /** A station's status has changed; `previous` is undefined when the station is new. */
  status: [station: Station, previous: Station | undefined]
}

/** `app.nowPlaying`: the current state, for the backend's own code. */
export interface NowPlaying extends EventEmitter<NowPlayingEvents> {
  /** The current state of one station, deeply frozen; undefined for an unknown id. */
  get (id: string): Station | undefined
  /** The current state of all stations, deeply frozen. */
  list (): Station[]
  /** The opaque version of the whole state. Every change gives it a new value. */
  readonly version: string
  /**
   * Whether this instance leads, and so reads Icecast for all; always true without a `backplane`. For what must happen once: with
   * several instances each event is emitted on every one of them, and `leads` is true on one.
   */
  readonly leads: boolean
  /** The number of subscribed connections. */
  readonly subscribers: number
  /** A copy of the current figures: subscribers, messages sent, clients rejected or dropped, reads of each server. */
  readonly metrics: Metrics
  /** Whether Icecast can be read, and since when. From memory, and without credentials. */
  health (): Health
  /**
   * Reads Icecast now, for example from a webhook of the playout system; concurrent calls share one read. Never
   * rejects: resolves to false when Icecast could not be read. With several instances the one that leads reads, and the
   * result has arrived here when it resolves to true; false also when there is no answer within 6 s.
   */
  refresh (): Promise<boolean>
  /**
   * Adds what your playout system knows of a track, such as its duration, to the play that Icecast names; details that
   * are told before that are kept for 15 s. Resolves to whether it is shown now. Rejects with FST_ICECAST_UNKNOWN_STATION or
   * FST_ICECAST_INVALID_DETAILS.
   */
  tell (station: string, details: TrackDetails): Promise<TellResult>
}

interface NowPlayingSources {
  state: PublishedState
  leads: () => boolean
  refresh: () => Promise<boolean>
  tell: (station: string, details: TrackDetails) => Promise<TellResult>
  monitoring: Monitoring
  /** A listener threw, or the promise that it returned was rejected. */
  onListenerError: (error: unknown, event: string) => void
}

/** Creates `app.nowPlaying`, which emits an event for every change of `state` from now on. */
export function createNowPlaying (sources: NowPlayingSources): NowPlaying {
  return new NowPlayingEmitter(sources)
}

class NowPlayingEmitter extends EventEmitter<NowPlayingEvents> implements NowPlaying {
  readonly #sources: NowPlayingSources

  constructor (sources: NowPlayingSources) {
    super()
    this.#sources = sources
    sources.state.subscribe((change) => this.#announce(change))
  }

  get (id: string): Station | undefined { return this.#sources.state.get(id) }

  list (): Station[] { return [...this.#sources.state.list] }

  get version (): string { return this.#sources.state.version }

  get leads (): boolean { return this.#sources.leads() }

  get subscribers (): number { return this.#sources.monitoring.subscribers }

  get metrics (): Metrics { return this.#sources.monitoring.metrics }

  health (): Health { return this.#sources.monitoring.health }

  async refresh (): Promise<boolean> { return await this.#sources.refresh() }

  async tell (station: string, details: TrackDetails): Promise<TellResult> { return await this.#sources.tell(station, details) }

  #announce ({ station, previous, isNewPlay }: StationChange): void {
    if (isNewPlay && station.track !== null) this.#fire('track', station.track, station, previous?.track ?? null)
    if (station.status !== previous?.status) this.#fire('status', station, previous)
    this.#fire('update', station, previous)
  }

  /** Unlike `emit`, goes on with the next listener when one throws: listeners are the user's code. */
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
