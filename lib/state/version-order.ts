import type { PublishedState } from './published-state.ts'

/** What can be read of a published state. */
export type ReadableState = Pick<PublishedState, 'version' | 'list' | 'get' | 'versionOf'>

/** A version consists of what it is compared within, a hyphen, and a count to base 36. */
function split (version: string): [term: string, count: number] {
  const hyphen = version.lastIndexOf('-')
  return [version.slice(0, hyphen), parseInt(version.slice(hyphen + 1), 36)]
}

/** Whether a version, which may be any text of a client, is the same as another one or newer. False if they cannot be compared. */
export function isAtLeast (version: string, other: string): boolean {
  if (version === other) return true
  const [term, count] = split(version)
  const [otherTerm, otherCount] = split(other)
  return term === otherTerm && count >= otherCount
}

/** The version of the newest change of these stations; null: of all. Undefined if one of them does not exist. */
export function newestVersion (state: ReadableState, stations: ReadonlySet<string> | null): string | undefined {
  if (stations === null) return state.version
  let newest: string | undefined
  for (const id of stations) {
    const version = state.versionOf(id)
    if (version === undefined) return undefined
    if (newest === undefined || isAtLeast(version, newest)) newest = version
  }
  return newest
}
