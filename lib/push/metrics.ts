/** Figures for whoever runs the app, all plain numbers; those that count begin with the app. */
export interface Metrics {
  /** Subscribers over WebSocket, now. */
  webSockets: number
  /** Subscribers over server-sent events, now. */
  eventStreams: number
  /** `GET ?wait` that are held, now. */
  waiting: number
  /** Subscribers that do not keep up, now. */
  behind: number
  /** Changes of stations. */
  changes: number
  /** Updates and snapshots that were sent, over all subscribers. */
  sent: number
  /** Updates that a slow subscriber was spared, since a newer one came before it could take them. */
  skipped: number
  /** Subscribers that were dropped: too slow, dead, or talking. */
  dropped: number
  /** Requests that were refused: over a limit, or from another origin. */
  refused: number
}

export function createMetrics (): Metrics {
  return { webSockets: 0, eventStreams: 0, waiting: 0, behind: 0, changes: 0, sent: 0, skipped: 0, dropped: 0, refused: 0 }
}
