import type { FeedEvent, Hears, News } from './feeds.ts'
import type { Title } from './options.ts'
import type { FakeRequest } from './request.ts'
import type { Server, Source } from './server.ts'
import type { Change } from './statistics.ts'

/** The answer to a request. */
export interface Answer {
  /** Status line, headers and body; empty if the server closes the connection without an answer. */
  bytes: Buffer
  /** What happens to the connection afterwards; with a function it is a feed. */
  then: 'close' | 'keep' | 'reset' | Hears
}

/** What feeds report. */
export type Happening =
  | { what: 'requested' | 'opened' }
  | { what: 'connected', source: Source, wasGhost: boolean }
  /** `round`: the server visits all its mounts, after a source has connected or disconnected. */
  | { what: 'disconnected' | 'round', source: Source }
  /** `moved`: between a mount and its fallback. */
  | { what: 'listened' | 'moved', source: Source, before: number }
  | { what: 'changed', source: Source, changes: Change[] }

/** The effects of a title that an encoder sends. */
export interface Titled {
  /** What changes in documents, after `lag`. */
  changes: Change[]
  /** What else happens then. */
  also?: () => void
  events: FeedEvent[]
}

/** The behaviour of one version. It has no state: everything that changes is in the Server. */
export interface Dialect {
  /** Sets the first statistics of a source that has connected. */
  connect: (server: Server, source: Source) => void
  title: (server: Server, source: Source, title: Title) => Titled
  tell: (server: Server, happening: Happening) => News
  answer: (server: Server, request: FakeRequest) => Answer
  /** The head of the answer to a listener. `interval`: bytes of audio between two blocks of ICY metadata; null without. */
  streamHead: (server: Server, source: Source, interval: number | null) => Buffer
  /** The answer at its `<clients>` limit. */
  limit: (server: Server, request: FakeRequest) => Answer
  /** The answer to missing or wrong credentials. */
  unauthorized: (server: Server, request: FakeRequest) => Answer
  notFound: (server: Server, request: FakeRequest) => Answer
  /** The answer in the first 0.3 s of a process. */
  starting: (server: Server, request: FakeRequest) => Answer
}
