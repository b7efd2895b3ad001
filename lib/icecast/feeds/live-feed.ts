import type { IncomingMessage } from 'node:http'
import { FST_ICECAST_TIMEOUT, FST_ICECAST_UNREACHABLE } from '../../errors.ts'
import { backoff, type Backoff } from '../backoff.ts'
import { toFeedError, openFeed, type FeedAddress } from './open-feed.ts'
import { eventFeed } from './eventfeed.ts'
import type { HintKind, Feed } from './feed.ts'
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
  /** Connected, for the first time or again. What happened before is not told: read the server now. */
  onUp (): void
  /**
   * Look again; `mount` is null when it can't be told which. At most once for each mount and piece of the feed, yet a
   * busy or hostile server can send any number: limit the reads. On connecting, `stats` feeds hint at every mount.
   * A document can lag behind its feed by some 500 ms.
   */
  onHint (mount: string | null, about: HintKind): void
  /** Not connected; again in the same outage only when the reason is another kind of error (its `code`). */
  onDown (error: Error): void
  /** How long to wait after a lost connection, and after a server that said no. */
  waits?: { lost: Backoff, refused: Backoff }
}

/** Bytes. Icecast's longest lines have some 4,000; comments in Ogg can make longer ones. */
const MAX_LINE = 16 * 1024
/** With hints at more mounts in one piece, all may as well be read. */
const MANY = 64

/**
 * Keeps one connection to a live feed, until `signal` fires; resolves then, leaving nothing behind. Silence is not
 * cured by reconnecting, for each time 2.5 would lose a client slot: TCP keep-alive finds a dead line.
 * Rejects only with what a callback threw.
 */
export async function followLiveFeed (options: LiveFeedOptions): Promise<void> {
  const { kind, signal, onUp, onDown } = options
  const { lost, refused } = options.waits ?? { lost: backoff(500, 30_000), refused: backoff(5000, 60_000) }
  const feed = FEEDS[kind]()
  const told = new Set<string>()
  let waited = 0
  while (!signal.aborted) {
    let upSince = Infinity
    let body: IncomingMessage | undefined
    try {
      body = await openFeed(feed, options)
      upSince = performance.now()
      told.clear()
      onUp()
      await deliver(body, feed, options)
      throw new FST_ICECAST_UNREACHABLE('the live feed was closed')
    } catch (error) {
      body?.destroy()
      if (signal.aborted) break
      const failed = toFeedError(error)
      // It lived: it outlasted the wait before it. One that is always cut at once is not asked more often.
      if (performance.now() - upSince > waited) {
        lost.reset()
        refused.reset()
      }
      const wasLost = failed instanceof FST_ICECAST_UNREACHABLE || failed instanceof FST_ICECAST_TIMEOUT
      waited = (wasLost ? lost : refused).next()
      if (!told.has(failed.code)) {
        told.add(failed.code)
        onDown(failed)
      }
    }
    await pause(waited, signal)
  }
}

/** Many events, one hint: those that came in one piece are told together, once for each mount. */
async function deliver (body: AsyncIterable<Buffer>, feed: Feed, { signal, onHint }: LiveFeedOptions): Promise<void> {
  const hints = new Map<string | null, HintKind>()
  const split = lineSplitter(MAX_LINE, (line) => {
    const hint = feed.read(line)
    if (hint !== undefined && hints.get(hint.mount) !== 'programme') hints.set(hint.mount, hint.kind)
  })
  for await (const chunk of body) {
    split(chunk)
    if (hints.has(null) || hints.size > MANY) {
      const about = [...hints.values()].includes('programme') ? 'programme' : 'listeners'
      hints.clear()
      hints.set(null, about)
    }
    for (const [mount, about] of hints) {
      if (!signal.aborted) onHint(mount, about)
    }
    hints.clear()
  }
}

function pause (ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
