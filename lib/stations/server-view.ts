import type { MountReport, Report } from '../icecast/report.ts'
import type { Timestamp } from './timestamp.ts'

/** What one server last said, and how far that can still be believed. */
export class ServerView {
  readonly #staleAfter: number
  #mounts: ReadonlyMap<string, MountReport> = new Map()
  #undecided: ReadonlySet<string> = new Set()
  /** The tick at which the last good read began. */
  #readSince: number | null = null
  #failingSince: number | null = null
  #isLost = false

  /** `staleAfter`: ms without a good read after which it is lost. */
  constructor (staleAfter: number) {
    this.#staleAfter = staleAfter
  }

  /** By path, as it last said. */
  get mounts (): ReadonlyMap<string, MountReport> { return this.#mounts }
  /** It has been read at least once. */
  get isRead (): boolean { return this.#readSince !== null }
  /** The tick at which the first read of this outage began: what it said before is held; null when it can be read. */
  get failingSince (): number | null { return this.#failingSince }
  /** It has been failing for too long. */
  get isLost (): boolean { return this.#isLost }
  /** The tick at which it is lost unless a good report comes; null: no read has failed, or it has happened. */
  get deadline (): number | null { return this.#failingSince === null || this.#isLost ? null : this.#failingSince + this.#staleAfter }

  /** It can be read, and still can't tell whether one of these mounts is live. */
  isInDarkAbout (paths: readonly string[]): boolean { return paths.some((path) => this.#undecided.has(path)) }

  /** `since`: the tick at which its read began. */
  report ({ mounts, unknownMounts: undecided = [] }: Report, since: number): void {
    this.#mounts = new Map(mounts.map((mount) => [mount.path, mount]))
    this.#undecided = new Set(undecided)
    this.#readSince = since
    this.#isLost = false
    this.#failingSince = null
  }

  /** It can be read, and what it said last may be older than this tick: its next word is due. */
  owesSince (tick: number): boolean {
    return this.#failingSince === null && this.#readSince !== null && this.#readSince < tick
  }

  /** `since`: the tick at which the first read of this outage began. */
  fail (since: number): void {
    this.#failingSince ??= since
  }

  /** Time has passed. True: it is lost now. */
  tick (now: Timestamp): boolean {
    const { deadline } = this
    if (deadline === null || now.monotonic < deadline) return false
    this.#isLost = true
    return true
  }
}
