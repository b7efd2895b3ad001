import type { Transport } from './encoded-message.ts'
import type { DropReason } from './metrics.ts'
import type { SubscriberGroup } from './subscriber-group.ts'

/**
 * - `open`: receives every update.
 * - `behind`: its socket has not taken what was sent; it receives only the newest state of each station, once it can.
 * - `closing`: it was told to close and receives nothing more.
 */
export type SubscriberState = 'open' | 'behind' | 'closing'

/** A connection that receives updates, over any transport. */
export interface Subscriber {
  readonly transport: Transport
  readonly group: SubscriberGroup
  /** Key under which this connection counts towards `limits.perAddress`. */
  readonly limitKey: string
  /** Set by `SubscriberList` and `SlowSubscribers`. */
  state: SubscriberState
  /** Index of its slice in `SubscriberList`. */
  slice: number
  /** Bytes that were written and that the socket has not taken yet. */
  readonly queuedBytes: number
  /** Sends whole messages as they are; does nothing once the connection is closing. */
  write (bytes: Buffer): void
  /** Sends a heartbeat. False if the client has shown no sign of life since the previous one. */
  beat (heartbeat: Buffer): boolean
  /** Closes because the app is shutting down. The client is asked to reconnect after a minimum of its transport plus `delay` ms. */
  close (delay: number): void
  /** Closes because a station that it asked for does not exist. */
  reject (code: string, message: string): void
  /** Destroys the connection. */
  terminate (): void
}

/** Receives what happens to a connection. */
export interface SubscriberOwner {
  /** The connection has ended. */
  remove (subscriber: Subscriber): void
  /** The connection is closing, and has to be destroyed if that takes too long. */
  evict (subscriber: Subscriber): void
  /** Like `evict`, and counted as dropped. */
  drop (subscriber: Subscriber, reason: DropReason): void
}
