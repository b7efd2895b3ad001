import type { FeedKind } from '../feeds/live-feed.ts'
import type { MountReport, Report } from '../report.ts'

/** What the account (`auth`) contributed to one read. */
export type AccountAnswer =
  /** It was not used, so nothing new is known about it. */
  | { kind: 'not-asked' }
  /** Icecast accepted it and showed it `mounts`. */
  | { kind: 'accepted', mounts: readonly MountReport[] }
  /** Icecast did not show its administrator's document: hidden mounts cannot be seen. */
  | { kind: 'rejected', error: Error }

/** The result of one read. */
export interface StatusDocument {
  report: Report
  /** The live feed that this server offers. */
  feed: FeedKind
  account: AccountAnswer
  /** The paths of the mounts that a public document listed: these are not hidden. */
  publicPaths: readonly string[]
}

/** One way of reading a server: which documents it has and how they are combined. */
export interface Protocol {
  /** @throws an FST_ICECAST_* error that says how the server failed, or the reason of `signal`. */
  read (signal: AbortSignal): Promise<StatusDocument>
}
