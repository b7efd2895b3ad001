import type { MountReport } from '../icecast/report.ts'
import type { Mount, Station } from '../schemas.ts'
import type { ServerView } from './server-view.ts'

/** One of a station's mounts as one server has it. */
export interface MountOnServer {
  mount: MountReport
  /** The index of the server. */
  server: number
  /** The position in the order of preference, by mount, then by server. The lowest is preferred. */
  rank: number
  /** When the read that reported it began, by the monotonic clock in ms. */
  readSince: number
  /** When the server began to fail, by the monotonic clock in ms: this is its last report. Null while it can be read. */
  failingSince: number | null
}

/** A station's mounts in order of preference, on all servers that are not lost. */
export function locateMounts (paths: readonly string[], views: readonly ServerView[]): MountOnServer[] {
  return paths.flatMap((path, place) => views.flatMap(({ mounts, readSince, failingSince, isLost }, server) => {
    const mount = isLost ? undefined : mounts.get(path)
    return mount === undefined || readSince === null ? [] : [{ mount, server, rank: place * views.length + server, readSince, failingSince }]
  }))
}

/** Lists each mount once per server that has it. A mount that no server has is listed too, as not live. */
export function describeMounts (paths: readonly string[], located: readonly MountOnServer[]): Mount[] {
  return paths.flatMap((path) => {
    const found = located.filter(({ mount }) => mount.path === path)
    return found.length === 0 ? [describeMount(path, undefined)] : found.map(({ mount }) => describeMount(path, mount))
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

/** Null for an empty list, and when a number is unknown: a sum without it would be wrong. */
function sum (numbers: ReadonlyArray<number | null>): number | null {
  let total = 0
  for (const number of numbers) {
    if (number === null) return null
    total += number
  }
  return numbers.length === 0 ? null : total
}
