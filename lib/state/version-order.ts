import type { PublishedState } from './published-state.ts'

/** What can be read of a published state. */
export type ReadableState = Pick<PublishedState, 'version' | 'list' | 'get' | 'versionOf'>

/** A version is `run-count`, as `PublishedState` describes it. */
function split (version: string): [run: string, count: number] {
  const hyphen = version.lastIndexOf('-')
  return [version.slice(0, hyphen), parseInt(version.slice(hyphen + 1), 36)]
}

/** Whether a version, which may be any text of a client, is the same as another one or a newer one of the same run. */
export function isAtLeast (version: string, other: string): boolean {
  if (version === other) return true
  const [run, count] = split(version)
  const [otherRun, otherCount] = split(other)
  return run === otherRun && count >= otherCount
}

/**
 * The version of the newest change of these stations; null: of all. Undefined if one of them does not exist. Versions of
 * different runs are not in order: if a station has not changed since another run, it is the version of the whole state.
 */
export function newestVersion (state: ReadableState, stations: ReadonlySet<string> | null): string | undefined {
  if (stations === null) return state.version
  let newest: string | undefined
  for (const id of stations) {
    const version = state.versionOf(id)
    if (version === undefined) return undefined
    if (newest !== undefined && !isAtLeast(version, newest) && !isAtLeast(newest, version)) return state.version
    if (newest === undefined || isAtLeast(version, newest)) newest = version
  }
  return newest
}
