import type { StationFilterGroup } from './station-filter-group.ts'
import type { Transport } from './encoded-message.ts'

/** A connection that receives updates, whatever it is made of. */
export interface Subscriber {
  readonly transport: Transport
  readonly group: StationFilterGroup
  /** What it leaves the door with. */
  readonly limitKey: string
  /** The slice of the heartbeat that it is in. */
  slice: number
  /** Bytes that were written and wait for their turn. */
  readonly queued: number
  /** It is not closing, and nothing waits. */
  readonly isFree: boolean
  /** Whole messages, to be sent as they are; nothing once it is closing. */
  write (bytes: Buffer): void
  /** A heartbeat is due. False: there has been no sign of life since the last one. */
  beat (heartbeat: Buffer): boolean
  /** The server is going away: come back in `retry` ms. */
  close (retry: number): void
  /** Ends at once. */
  terminate (): void
}

/** Who looks after subscribers. */
export interface SubscriberOwner {
  /** It has gone. */
  delete (subscriber: Subscriber): void
  /** It has been told to go: it hears of nothing more, and is ended if it stays. */
  leave (subscriber: Subscriber): void
  /** The same, by its own fault. */
  drop (subscriber: Subscriber): void
}
