import type { FeedEvent, Hears, News } from './feeds.ts'
import type { Title } from './options.ts'
import type { FakeRequest } from './request.ts'
import type { Server, Source } from './server.ts'
import type { Change } from './statistics.ts'

/** What is sent for a request. */
export interface Answer {
  /** Status line, headers and body; none where the server closes without a word. */
  bytes: Buffer
  /** What becomes of the connection; a function makes it a feed. */
  then: 'close' | 'keep' | 'reset' | Hears
}

/** What is told in feeds. */
export type Happening =
  | { what: 'requested' | 'opened' }
  | { what: 'connected', source: Source, wasGhost: boolean }
  /** `round`: the server goes through its mounts, after one has come or gone. */
  | { what: 'disconnected' | 'round', source: Source }
  /** `moved`: between a mount and its fallback. */
  | { what: 'listened' | 'moved', source: Source, before: number }
  | { what: 'changed', source: Source, changes: Change[] }

/** What comes of a title that an encoder sends. */
export interface Titled {
  /** What documents show, when it is time. */
  changes: Change[]
  /** What else they do then. */
  also?: () => void
  events: FeedEvent[]
}

/** How one version speaks. It keeps nothing itself: all that changes is in the Server. */
export interface Dialect {
  /** A source has connected: its first statistics. */
  connect: (server: Server, source: Source) => void
  title: (server: Server, source: Source, title: Title) => Titled
  tell: (server: Server, happening: Happening) => News
  answer: (server: Server, request: FakeRequest) => Answer
  /** At its `<clients>` limit. */
  limit: (server: Server, request: FakeRequest) => Answer
  /** To who has no credentials, or wrong ones. */
  unauthorized: (server: Server, request: FakeRequest) => Answer
  notFound: (server: Server, request: FakeRequest) => Answer
  /** In the first 0.3 s of a process. */
  starting: (server: Server, request: FakeRequest) => Answer
}
