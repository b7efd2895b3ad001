import type { FeedKind } from '../feeds/live-feed.ts'
import type { Report } from '../report.ts'

/** Recognises icecast-kh by its version or by the format of its dates, since `<server-id>` can replace the version. */
export function isIcecastKh ({ serverId, serverStart }: Pick<Report, 'serverId' | 'serverStart'>): boolean {
  return /-kh\d*/.test(serverId ?? '') || /^\d\d\/[A-Z][a-z]{2}\/\d{4}:/.test(serverStart ?? '')
}

/**
 * The live feed of a server whose document exists in several versions of Icecast. A server with a name of its own is
 * assumed to have the feed of 2.4, which 2.5 has as well.
 */
export function feedOf (report: Report): FeedKind {
  if (isIcecastKh(report)) return 'stats-kh'
  const [, major, minor, patch] = /^Icecast (\d+)\.(\d+)(?:\.(\d+))?/.exec(String(report.serverId)) ?? []
  // The release candidates of 2.5 call themselves 2.4.999.
  return Number(major) > 2 || Number(minor) > 4 || Number(patch) >= 999 ? 'eventfeed' : 'stats'
}
