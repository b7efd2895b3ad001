import type { Station, Track } from '../schemas.ts'

/** How a page receives changes: the first of these that the network lets through. */
export type Transport = 'websocket' | 'eventstream' | 'polling'

/** The error with which the server refused a subscription, such as the code `FST_ICECAST_UNKNOWN_STATION`. */
export interface Refusal {
  code?: string | undefined
  message?: string | undefined
}

export interface Connection {
  /**
   * `connecting`: there is no connection yet, or it was lost and is being restored. `open`: connected, or about to return to
   * a server that has asked for it within 3 s. `refused`: the server rejected the subscription, for example because a station
   * does not exist; it is retried after 30 to 60 s. `asleep`: the page is hidden. `closed`: the client was closed and does
   * not reconnect.
   */
  state: 'connecting' | 'open' | 'refused' | 'asleep' | 'closed'
  /** Null while no connection is open. */
  transport: Transport | null
  /** The error of the server, if `state` is `refused`. */
  refusal?: Refusal | undefined
}

/** The `detail` of each event. */
export interface NowPlayingDetails {
  /** A play has begun, or the first track has been received. `previous` is the track that was shown before. */
  track: { track: Track, station: Station, previous: Track | null | undefined }
  /** Something about the station has changed. `previous` is undefined the first time. */
  update: { station: Station, previous: Station | undefined }
  /** The status of the station has changed, or the first one has been received. */
  status: { station: Station, previous: Station | undefined }
  connection: Connection
}

export type NowPlayingEvents = { [Type in keyof NowPlayingDetails]: CustomEvent<NowPlayingDetails[Type]> }

/** The typed event methods of the client and of the element. */
export interface NowPlayingListeners {
  addEventListener<Type extends keyof NowPlayingEvents> (type: Type, listener: (event: NowPlayingEvents[Type]) => void, options?: Parameters<EventTarget['addEventListener']>[2]): void
  removeEventListener<Type extends keyof NowPlayingEvents> (type: Type, listener: (event: NowPlayingEvents[Type]) => void, options?: Parameters<EventTarget['removeEventListener']>[2]): void
}
