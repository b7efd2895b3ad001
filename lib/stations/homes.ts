import type { Moment } from './moment.ts'
import type { ServerView } from './server-view.ts'
import type { Sighting } from './sightings.ts'

/** Which servers a station has been on, and whether it may still be on one. */
export class Homes {
  /** The servers that have ever had it live: they know whether it is offline. */
  readonly #homes = new Set<number>()
  /** Those of them that have it, or may have it: they can't be read. */
  #maybe: readonly number[] = []
  /** The tick at which one of these turned out not to have it. It may have gone to a server that was read before. */
  #leftAt = -Infinity
  #sought: number[] = []

  /** A server was read, or was not; `live` is where it is. */
  see (views: readonly ServerView[], live: readonly Sighting[], now: Moment): void {
    for (const { server } of live) this.#homes.add(server)
    const maybe = [...this.#homes].filter((home) => views[home]?.failingSince !== null || live.some(({ server }) => server === home))
    if (this.#maybe.some((server) => !maybe.includes(server))) {
      this.#leftAt = now.tick
      if (maybe.length === 0) this.#sought = views.flatMap((view, server) => view.owesSince(now.tick) ? [server] : [])
    }
    this.#maybe = maybe
  }

  /** No server has it, and each that would know has said so since it left the last one; as long as none has ever had it, all would know. */
  isOffline (views: readonly ServerView[]): boolean {
    return views.every((view, server) => view.failingSince === null ? view.isRead && !view.owesSince(this.#leftAt) : !this.#knows(server))
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
  takeSought (): number[] { return this.#sought.splice(0) }

  #knows (server: number): boolean {
    return this.#homes.size === 0 || this.#homes.has(server)
  }
}
