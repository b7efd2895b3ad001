import type { PublishedState } from './published-state.ts'

/** What can be read of a published state. */
export type ReadableState = Pick<PublishedState, 'version' | 'list' | 'isComplete' | 'get' | 'versionOf'>

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
 * The version of the newest change of these stations; null: of all. It is the version of the whole state if one
 * of them does not exist, or has not changed since another run: versions of different runs are not in order.
 */
export function newestVersion (state: ReadableState, stations: ReadonlySet<string> | null): string {
  if (stations === null) return state.version
  let newest: string | undefined
  for (const id of stations) {
    const version = state.versionOf(id)
    if (version === undefined) return state.version
    newest ??= version
    if (isAtLeast(version, newest)) newest = version
    else if (!isAtLeast(newest, version)) return state.version
  }
  return newest ?? state.version
}
