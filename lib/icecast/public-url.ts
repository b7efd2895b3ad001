import { encodeMountPath } from './documents/mount.ts'
import type { Report } from './report.ts'

/** The report with addresses below `publicUrl`, which is where listeners reach the mounts; null: unchanged. */
export function withPublicUrl (report: Report, publicUrl: URL | null): Report {
  if (publicUrl === null) return report
  const base = publicUrl.href.replace(/\/+$/, '')
  return { ...report, mounts: report.mounts.map((mount) => ({ ...mount, listenUrl: base + encodeMountPath(mount.path) })) }
}
