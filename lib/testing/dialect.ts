import type { Title } from './options.ts'
import type { FakeRequest } from './request.ts'
import type { Server, Source } from './server.ts'

/** What is sent for a request. */
export interface Answer {
  /** Status line, headers and body. */
  bytes: Buffer
  /** What becomes of the connection; a feed stays open and is written to later. */
  then: 'close' | 'keep' | 'reset'
}

/** How one version speaks. It keeps nothing itself: all that changes is in the Server. */
export interface Dialect {
  /** `Icecast 2.4.4`, as in its `Server:` header. */
  id: string
  /** A source has connected: its first statistics. */
  connect: (server: Server, source: Source) => void
  /** An encoder sends a title. What comes back makes the documents show it, when it is time. */
  title: (server: Server, source: Source, title: Title) => () => void
  answer: (server: Server, request: FakeRequest) => Answer
  /** At its `<clients>` limit. */
  limit: (server: Server, request: FakeRequest) => Answer
  /** To who has no credentials, or wrong ones. */
  unauthorized: (server: Server, request: FakeRequest) => Answer
  notFound: (server: Server, request: FakeRequest) => Answer
  /** In the first 0.3 s of a process. */
  starting: (server: Server, request: FakeRequest) => Answer
}
