import type { MountReport, Report } from '../icecast/report.ts'
import type { Timestamp } from './timestamp.ts'

/** What one server last reported, and whether that can still be relied on. Times are monotonic, in ms. */
export class ServerView {
  readonly #staleAfter: number
  #mounts: ReadonlyMap<string, MountReport> = new Map()
  #unknownMounts: ReadonlySet<string> = new Set()
  #readSince: number | null = null
  /** The latest known start of a read; for failed reads, the start of the outage. */
  #attemptedSince = -Infinity
  #failingSince: number | null = null
  /** When the last pause of the process ended. */
  #resumedAt = -Infinity
  #isLost = false

  /** `staleAfter`: ms without a successful read after which the server is lost. */
  constructor (staleAfter: number) {
    this.#staleAfter = staleAfter
  }

  /** The mounts of the last report, by path. */
  get mounts (): ReadonlyMap<string, MountReport> { return this.#mounts }
  /** When the last successful read began; null before the first. */
  get readSince (): number | null { return this.#readSince }
  /** A read has succeeded. */
  get isRead (): boolean { return this.#readSince !== null }
  /** When the first read of this outage began; null while the server can be read. Until it is lost its last report is kept. */
  get failingSince (): number | null { return this.#failingSince }
  /** Reads have failed for longer than `staleAfter`. */
  get isLost (): boolean { return this.#isLost }
  /** When the server is lost unless a read succeeds; null when no read has failed, and when it is lost already. */
  get deadline (): number | null { return this.#failingSince === null || this.#isLost ? null : this.#failingSince + this.#staleAfter }

  /** The last report does not say whether one of these mounts is live. */
  cannotSee (paths: readonly string[]): boolean { return paths.some((path) => this.#unknownMounts.has(path)) }

  /** A read that began at `at` or later has ended, whether it succeeded or not. */
  wasReadSince (at: number): boolean { return this.#attemptedSince >= at }

  /** A read has succeeded that began at `since`. */
  report ({ mounts, unknownMounts = [] }: Report, since: number): void {
    this.#mounts = new Map(mounts.map((mount) => [mount.path, mount]))
    this.#unknownMounts = new Set(unknownMounts)
    this.#readSince = since
    this.#attemptedSince = Math.max(this.#attemptedSince, since)
    this.#isLost = false
    this.#failingSince = null
  }

  /** A read has failed. `since`: when the first read of this outage began. */
  fail (since: number): void {
    // A read that was under way during a pause has failed because of it: the outage counts from the end of the pause.
    this.#failingSince ??= Math.max(since, this.#resumedAt)
    this.#attemptedSince = Math.max(this.#attemptedSince, since)
  }

  /** A read that was requested at `since` has ended, or could not be made. */
  refreshed (since: number): void {
    this.#attemptedSince = Math.max(this.#attemptedSince, since)
  }

  /** The process has been paused until `now`: `staleAfter` counts from here. */
  resume (now: Timestamp): void {
    this.#resumedAt = now.monotonic
    if (this.#failingSince !== null) this.#failingSince = now.monotonic
  }

  /** Time has passed. Returns true when the server is lost from now on. */
  tick (now: Timestamp): boolean {
    const { deadline } = this
    if (deadline === null || now.monotonic < deadline) return false
    this.#isLost = true
    return true
  }
}
