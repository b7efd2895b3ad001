import { repairEncoding } from './repair-encoding.ts'
import { shorten } from './truncate.ts'

type Tags = Readonly<Record<string, string>>

/** The tags of a stream as they are published: repaired like titles, without the blank ones; null when there are none. */
export function repairTags (tags: Tags | null, charset?: string): Tags | null {
  const repaired = Object.entries(tags ?? {})
    .map(([name, value]) => [name, shorten(repairEncoding(value, charset))] as const)
    .filter(([, value]) => value !== '')
  return repaired.length === 0 ? null : Object.fromEntries(repaired)
}
