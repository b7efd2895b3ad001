import type { Station, Track } from '../schemas.ts'

/** How a page hears of changes: the first of them that the network lets through. */
export type Transport = 'websocket' | 'eventstream' | 'polling'

/** What the server said to one that it doesn't want, such as the code `FST_ICECAST_UNKNOWN_STATION`. */
export interface Refusal {
  code?: string | undefined
  message?: string | undefined
}

export interface Connection {
  /**
   * `connecting`: also after it was lost; it comes back by itself. `refused`: the server has no such station, or wants
   * nobody; it is asked again, about once a minute. `asleep`: the page is hidden. `closed`: for good.
   */
  state: 'connecting' | 'open' | 'refused' | 'asleep' | 'closed'
  /** Null while there is none. */
  transport: Transport | null
  /** Where it is refused. */
  refusal?: Refusal | undefined
}

/** What each event carries as its `detail`. */
export interface NowPlayingDetails {
  /** A new play, and the first that is heard of. `previous`: what was shown before it. */
  track: { track: Track, station: Station, previous: Track | null | undefined }
  /** Any change. `previous` is undefined the first time. */
  update: { station: Station, previous: Station | undefined }
  /** Another status, and the first. */
  status: { station: Station, previous: Station | undefined }
  connection: Connection
}

export type NowPlayingEvents = { [Type in keyof NowPlayingDetails]: CustomEvent<NowPlayingDetails[Type]> }

/** What makes an EventTarget know its events. */
export interface NowPlayingListeners {
  addEventListener<Type extends keyof NowPlayingEvents> (type: Type, listener: (event: NowPlayingEvents[Type]) => void, options?: Parameters<EventTarget['addEventListener']>[2]): void
  removeEventListener<Type extends keyof NowPlayingEvents> (type: Type, listener: (event: NowPlayingEvents[Type]) => void, options?: Parameters<EventTarget['removeEventListener']>[2]): void
}
