import type { MountReport } from '../icecast/report.ts'
import type { Mount, Station } from '../schemas.ts'
import type { ServerView } from './server-view.ts'

/** One of a station's mounts as one server has it. */
export interface MountOnServer {
  mount: MountReport
  /** Which server, by its place among the servers. */
  server: number
  /** Its place in the order of preference: by mount, and of the same mount by server. */
  rank: number
  /** The tick since which the server can't be read: this is what it said before; null when it can. */
  failingSince: number | null
}

/** A station's mounts, in the order of preference, on the servers that aren't lost. */
export function locateMounts (paths: readonly string[], views: readonly ServerView[]): MountOnServer[] {
  return paths.flatMap((path, place) => views.flatMap(({ mounts, failingSince, isLost }, server) => {
    const mount = isLost ? undefined : mounts.get(path)
    return mount === undefined ? [] : [{ mount, server, rank: place * views.length + server, failingSince }]
  }))
}

/** Each mount on each server that has it; one that none has is there too, not live. */
export function describeMounts (paths: readonly string[], sightings: readonly MountOnServer[]): Mount[] {
  return paths.flatMap((path) => {
    const seen = sightings.filter(({ mount }) => mount.path === path)
    return seen.length === 0 ? [describeMount(path, undefined)] : seen.map(({ mount }) => describeMount(path, mount))
  })
}

function describeMount (path: string, mount: MountReport | undefined): Mount {
  return {
    path,
    live: mount?.live ?? false,
    liveSince: mount?.live === true ? mount.liveSince : null,
    listenUrl: mount?.listenUrl ?? null,
    contentType: mount?.contentType ?? null,
    codec: mount?.codec ?? null,
    bitrate: mount?.bitrate ?? null,
    listeners: mount?.live === true ? mount.listeners : null
  }
}

export function countListeners (live: readonly MountOnServer[]): Station['listeners'] {
  return { current: sum(live.map(({ mount }) => mount.listeners)), peak: sum(live.map(({ mount }) => mount.listenerPeak)) }
}

/** Null when there is nothing to add up, or a part is unknown: a sum without it would be wrong. */
function sum (numbers: ReadonlyArray<number | null>): number | null {
  let total = 0
  for (const number of numbers) {
    if (number === null) return null
    total += number
  }
  return numbers.length === 0 ? null : total
}
