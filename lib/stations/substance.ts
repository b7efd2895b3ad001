import type { Station } from '../schemas.ts'

/** Everything about a station except listener numbers, as a text to compare. */
export function substanceOf ({ listeners, mounts, ...rest }: Station): string {
  return JSON.stringify([rest, mounts.map(({ listeners, ...mount }) => mount)])
}
