import type { ServerFacts } from './decide-status.ts'
import type { MountOnServer } from './mounts-on-servers.ts'
import type { ServerView } from './server-view.ts'
import type { Timestamp } from './timestamp.ts'

/** Which servers have carried a station, and which of them have to be read again before it can be called offline. */
export class StationServers {
  readonly #carriers = new Set<number>()
  /** The servers that have the station, or may have it because they cannot be read. */
  #possible: readonly number[] = []
  /** The server that last turned out not to have it, and when. The station may have moved to any other server. */
  #lastLeft = { server: -1, at: -Infinity }
  #serversToRefresh: number[] = []

  /** To be called after each report or failure. `live`: the station's live mounts. */
  update (views: readonly ServerView[], live: readonly MountOnServer[], now: Timestamp): void {
    for (const { server } of live) this.#carriers.add(server)
    const possible = [...this.#carriers].filter((carrier) => views[carrier]?.failingSince !== null || live.some(({ server }) => server === carrier))
    const left = this.#possible.find((server) => !possible.includes(server))
    if (left !== undefined) {
      this.#lastLeft = { server: left, at: now.monotonic }
      if (possible.length === 0) this.#serversToRefresh = views.flatMap((view, server) => this.#isUpToDate(view, server) ? [] : [server])
    }
    this.#possible = possible
  }

  /** `paths`: the mounts that matter: if one of them is hidden, the status is not known. */
  facts (views: readonly ServerView[], live: readonly MountOnServer[], paths: readonly string[]): ServerFacts[] {
    return views.map((view, index) => ({
      isReadable: view.isRead && view.failingSince === null,
      isLost: view.isLost,
      isLive: live.some(({ server }) => server === index),
      hasCarried: this.#carriers.has(index),
      isUpToDate: this.#isUpToDate(view, index),
      cannotSeeMounts: view.cannotSee(paths)
    }))
  }

  /** A server that has carried the station, or any while none has, is lost: its listeners are not known. */
  hasLost (views: readonly ServerView[]): boolean {
    return views.some(({ isLost }, server) => isLost && (this.#carriers.size === 0 || this.#carriers.has(server)))
  }

  /**
   * Whether one of these mounts may be live although no server shows it: a server has not been read yet, or one that has carried
   * the station hides a mount. A spare that has never carried it is not asked, as for `offline`.
   */
  mayHave (paths: readonly string[], views: readonly ServerView[]): boolean {
    return views.some((view, server) => view.isRead ? this.#carriers.has(server) && !view.isLost && view.cannotSee(paths) : view.failingSince === null)
  }

  /** Returns once the servers that have to be read now: each was last read before the station left another one. */
  takeServersToRefresh (): number[] { return this.#serversToRefresh.splice(0) }

  #isUpToDate (view: ServerView, server: number): boolean {
    const { server: left, at } = this.#lastLeft
    return server === left || at === -Infinity || view.wasReadSince(at)
  }
}
