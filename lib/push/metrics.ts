/** Figures about subscribers, as plain numbers. Counters start at 0 when the plugin is registered. */
export interface Metrics {
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
  /** Counter: updates and snapshots that were sent, over all subscribers. */
  sent: number
  /** Counter: updates that were not sent to a slow subscriber, because a newer one replaced them. */
  skipped: number
  /** Counter: subscribers that were dropped because they were too slow, did not answer, or sent data. */
  dropped: number
  /** Counter: requests that were refused because of a limit or their origin. */
  refused: number
}

export function createMetrics (): Metrics {
  return { webSockets: 0, eventStreams: 0, waiting: 0, behind: 0, changes: 0, sent: 0, skipped: 0, dropped: 0, refused: 0 }
}
