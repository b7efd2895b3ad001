/** Figures about subscribers. Counters start at 0 when the plugin is registered. */
export interface PushMetrics {
  /** Current subscribers over WebSocket. */
  webSockets: number
  /** Current subscribers over server-sent events. */
  eventStreams: number
  /** `GET ?wait` requests that are currently held. */
  waiting: number
  /** Current subscribers that have not yet taken what they were sent. */
  behind: number
  /** Counter: changes of stations. */
  changes: number
  /** Counter: messages that were sent, over all subscribers, without heartbeats. */
  sent: number
  /** Counter: the bytes of these, with the framing of their transport, but without what TLS and TCP add. */
  sentBytes: number
  /** Counter: messages that were not sent to a slow subscriber, because a newer one replaced them. */
  skipped: number
  /** Counter: subscribers that were dropped because they were too slow, did not answer, or sent data. */
  dropped: number
  /** The same by reason. */
  droppedBy: Record<DropReason, number>
  /** Counter: subscribers that were asked to reconnect, because this instance had far more than the others. */
  moved: number
  /** Counter: requests that were refused because of a limit or their origin. */
  refused: number
  /** The same by reason. */
  refusedBy: Record<RefusalReason, number>
}

/** `slow`: was behind for longer than `limits.slowAfter`. `silent`: did not answer a heartbeat. `sending`: sent too much data. */
export type DropReason = 'slow' | 'silent' | 'sending'

/** The option because of which a request was refused: `limits.subscribers`, `limits.perAddress` or `origins`. */
export type RefusalReason = 'subscribers' | 'perAddress' | 'origins'

export function createMetrics (): PushMetrics {
  return {
    webSockets: 0,
    eventStreams: 0,
    waiting: 0,
    behind: 0,
    changes: 0,
    sent: 0,
    sentBytes: 0,
    skipped: 0,
    dropped: 0,
    droppedBy: { slow: 0, silent: 0, sending: 0 },
    moved: 0,
    refused: 0,
    refusedBy: { subscribers: 0, perAddress: 0, origins: 0 }
  }
}

export function countDropped (metrics: PushMetrics, reason: DropReason): void {
  metrics.dropped++
  metrics.droppedBy[reason]++
}

export function countRefused (metrics: PushMetrics, reason: RefusalReason): void {
  metrics.refused++
  metrics.refusedBy[reason]++
}
