import { FST_ICECAST_UNREACHABLE } from '../../errors.ts'
import { backoff, type Backoff } from '../backoff.ts'
import { isConnectionLoss, isIcecastError, type IcecastError } from '../open-response.ts'
import { openFeed, type FeedAddress, type FeedConnection } from './open-feed.ts'
import { pause } from '../pause.ts'
import { eventFeed } from './eventfeed.ts'
import type { Feed, Hint } from './feed.ts'
import { lineSplitter } from './line-splitter.ts'
import { khStatsFeed, statsFeed } from './stats.ts'

const FEEDS = {
  /** Icecast 2.5. */
  eventfeed: eventFeed,
  /** Icecast 2.4, and 2.5. */
  stats: statsFeed,
  'stats-kh': khStatsFeed
}

export type FeedKind = keyof typeof FEEDS

export interface LiveFeedOptions extends FeedAddress {
  kind: FeedKind
  /** The feed is connected, for the first time or again. It does not tell what happened before: read the server now. */
  onUp (): void
  /**
   * The server should be read again. Called at most once for each mount
   * and chunk, but a busy or hostile server can send any number of chunks: limit the reads. On connecting, `stats` feeds
   * hint at every mount. A document can lag behind its feed by some 500 ms.
   */
  onHint (hint: Hint): void
  /** The feed is not connected. Called once in an outage for each kind of error (its `code`). */
  onDown (error: IcecastError): void
  /** How long to wait after a lost connection, and after a refusal. */
  waits?: { lost: Backoff, refused: Backoff }
}

/** Icecast's longest lines have some 4,000 bytes; comments in Ogg can make longer ones. */
const MAX_LINE_BYTES = 16 * 1024
/** When one chunk has hints about more mounts than this, they become one hint about any mount. */
const MAX_MOUNTS_PER_CHUNK = 64

/**
 * Keeps one connection to a live feed open until `signal` fires, and then resolves without leaving a socket or timer. A
 * silent feed is not reconnected, because Icecast 2.5 loses a client slot each time: TCP keep-alive detects a dead peer.
 * Rejects only with what a callback has thrown.
 */
export async function followLiveFeed (options: LiveFeedOptions): Promise<void> {
  const { kind, signal, onUp, onDown } = options
  const { lost, refused } = options.waits ?? { lost: backoff(500, 30_000), refused: backoff(5000, 60_000) }
  const feed = FEEDS[kind]()
  const reportedCodes = new Set<string>()
  let lastWait = 0
  while (!signal.aborted) {
    let upSince = Infinity
    let connection: FeedConnection | undefined
    try {
      connection = await openFeed(feed, options)
      upSince = performance.now()
      reportedCodes.clear()
      onUp()
      await deliver(connection, feed, options)
      throw new FST_ICECAST_UNREACHABLE('the live feed was closed')
    } catch (error) {
      connection?.close()
      if (signal.aborted) break
      if (!isIcecastError(error)) throw error
      // The back-off starts again only after a connection that lasted longer than the wait before it.
      if (performance.now() - upSince > lastWait) {
        lost.reset()
        refused.reset()
      }
      lastWait = (isConnectionLoss(error) ? lost : refused).next()
      if (!reportedCodes.has(error.code)) {
        reportedCodes.add(error.code)
        onDown(error)
      }
    }
    await pause(lastWait, signal)
  }
}

/** Reads the feed to its end. The events of one chunk are merged to one hint for each mount. */
async function deliver ({ chunks }: FeedConnection, feed: Feed, { signal, onHint }: LiveFeedOptions): Promise<void> {
  const hints = new Map<string | null, Hint>()
  let requests: Hint | undefined
  const split = lineSplitter(MAX_LINE_BYTES, (line) => {
    const hint = feed.read(line)
    if (hint?.kind === 'requests') requests = hint
    else if (hint !== undefined) hints.set(hint.mount, mergeHints(hints.get(hint.mount), hint))
  })
  for await (const chunk of chunks) {
    split(chunk)
    if (hints.has(null) || hints.size > MAX_MOUNTS_PER_CHUNK) {
      const kind = [...hints.values()].some((hint) => hint.kind === 'metadata') ? 'metadata' : 'listeners'
      hints.clear()
      hints.set(null, { mount: null, kind })
    }
    // First, because a title follows the request that has set it.
    if (requests !== undefined) onHint(requests)
    requests = undefined
    for (const hint of hints.values()) {
      if (!signal.aborted) onHint(hint)
    }
    hints.clear()
  }
}

/** Merges two hints about one mount. Only a title that both have is kept: each may announce another change. */
function mergeHints (earlier: Hint | undefined, later: Hint): Hint {
  if (earlier === undefined || (earlier.kind === 'listeners' && later.kind === 'metadata')) return later
  if (later.kind === 'listeners' || (earlier.title === later.title && earlier.artist === later.artist)) return earlier
  return { mount: later.mount, kind: 'metadata' }
}
