import type { Timestamp } from './timestamp.ts'
import type { ServerView } from './server-view.ts'
import type { MountOnServer } from './mounts-on-servers.ts'

/** Which servers a station has been on, and whether it may still be on one. */
export class StationServers {
  /** The servers that have ever had it live: they know whether it is offline. */
  readonly #homes = new Set<number>()
  /** Those of them that have it, or may have it: they can't be read. */
  #maybe: readonly number[] = []
  /** The one that turned out last not to have it, and the tick. It may have gone to a server that was read before. */
  #left = { server: -1, at: -Infinity }
  #sought: number[] = []

  /** A server was read, or was not; `live` is where it is. */
  see (views: readonly ServerView[], live: readonly MountOnServer[], now: Timestamp): void {
    for (const { server } of live) this.#homes.add(server)
    const maybe = [...this.#homes].filter((home) => views[home]?.failingSince !== null || live.some(({ server }) => server === home))
    const left = this.#maybe.find((server) => !maybe.includes(server))
    if (left !== undefined) {
      this.#left = { server: left, at: now.monotonic }
      if (maybe.length === 0) this.#sought = views.flatMap((view, server) => this.#owes(view, server) ? [server] : [])
    }
    this.#maybe = maybe
  }

  /** No server has it, and each that would know has said so since it left the last one; as long as none has ever had it, all would know. */
  isOffline (views: readonly ServerView[]): boolean {
    return views.every((view, server) => view.failingSince === null ? view.isRead && !this.#owes(view, server) : !this.#knows(server))
  }

  /** One that would know has been failing for too long. */
  isLost (views: readonly ServerView[]): boolean {
    return views.some(({ isLost }, server) => isLost && this.#knows(server))
  }

  /** One that would know can't tell of one of these mounts. */
  isInDark (views: readonly ServerView[], paths: readonly string[]): boolean {
    return views.some((view, server) => this.#knows(server) && view.isInDarkAbout(paths))
  }

  /** The servers that it may have gone to, once: each was read before it left another one, and is wanted to be read again. */
  takeServersToRefresh (): number[] { return this.#sought.splice(0) }

  /** What it says may be from before the station left another one. */
  #owes (view: ServerView, server: number): boolean {
    return server !== this.#left.server && view.owesSince(this.#left.at)
  }

  #knows (server: number): boolean {
    return this.#homes.size === 0 || this.#homes.has(server)
  }
}
