import type { FeedKind } from './live-feed.ts'

/** After Icecast has refused the event feed (the account may not read it, for example), it is not requested for this time. */
const REFUSED_EVENT_FEED_TTL_MS = 600_000

/**
 * Decides which live feed to follow.
 *
 * Icecast 2.5 notices that a client has closed `/admin/eventfeed` only when it has an event to send, and until then the
 * connection occupies one of its `<clients>` slots; while no source is connected it never has one. A feed that is lost
 * again and again, or an app that restarts often, would occupy all slots, and Icecast would answer 503 to everyone. Icecast
 * frees the slot of a closed `STATS` connection. So on 2.5 the event feed, which is faster, is followed only once reports
 * show that something has changed since the last event feed ended (or since the start), and while a mount is live: that
 * change was an event, and has freed all earlier slots. Otherwise `STATS` is followed.
 */
export class FeedSelector {
  #isEventFeedOpen = false
  /** What the first report after the start, or after the end of the last event feed, showed. */
  #firstSnapshot: string | null = null
  #hasChanged = false
  #isLive = false
  #refusedUntil = -Infinity

  /** `snapshot`: what a report shows, as a comparable text. `isLive`: whether a mount is live. */
  report (snapshot: string, isLive: boolean): void {
    this.#firstSnapshot ??= snapshot
    if (snapshot !== this.#firstSnapshot) this.#hasChanged = true
    this.#isLive = isLive
  }

  /** Returns the feed to follow on a server that has this kind of feed. */
  select (kind: FeedKind, now: number): FeedKind {
    if (kind !== 'eventfeed') this.#isEventFeedOpen = false
    else if (this.#hasChanged && this.#isLive && now >= this.#refusedUntil) this.#isEventFeedOpen = true
    return kind === 'eventfeed' && !this.#isEventFeedOpen ? 'stats' : kind
  }

  /** The event feed has ended, or was refused. */
  eventFeedEnded (wasRefused: boolean, now: number): void {
    this.#isEventFeedOpen = false
    this.#firstSnapshot = null
    this.#hasChanged = false
    if (wasRefused) this.#refusedUntil = now + REFUSED_EVENT_FEED_TTL_MS
  }
}
