import { channel } from 'node:diagnostics_channel'
import type { StationChange } from '../state/published-state.ts'
import type { OutageComponent } from './outage-log.ts'

// Messages of `node:diagnostics_channel`. Nothing is built or sent while nobody listens.

/** `fastify-icecast:read`: a read of a server has ended. */
export interface ReadMessage {
  /** Host, port and base path of the server, as in the metrics. */
  server: string
  /** When the read began, in ms since 1970. */
  startTime: number
  /** In ms. */
  duration: number
  /** Why the read failed; null if it succeeded. */
  error: Error | null
}

/** `fastify-icecast:change`: a station has changed. */
export type ChangeMessage = StationChange

/** `fastify-icecast:outage`: something has begun to fail, or works again. */
export interface OutageMessage {
  component: OutageComponent
  /** The address of the server without credentials; null if the outage is not about a server. */
  server: string | null
  /** The first error of an outage that begins; null when it ends. */
  error: Error | null
  /** How long the outage lasted, in ms; null when it begins. */
  duration: number | null
}

const reads = channel('fastify-icecast:read')
const changes = channel('fastify-icecast:change')
const outages = channel('fastify-icecast:outage')

export function publishRead (message: () => ReadMessage): void {
  if (reads.hasSubscribers) reads.publish(message())
}

export function publishChange (change: ChangeMessage): void {
  if (changes.hasSubscribers) changes.publish(change)
}

export function publishOutage (message: () => OutageMessage): void {
  if (outages.hasSubscribers) outages.publish(message())
}
