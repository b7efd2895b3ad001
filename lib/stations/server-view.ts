import type { MountReport, Report } from '../icecast/report.ts'
import type { Moment } from './moment.ts'

/** What one server last said, and how far that can still be believed. */
export class ServerView {
  readonly #staleAfter: number
  #mounts: ReadonlyMap<string, MountReport> = new Map()
  #isRead = false
  #failingSince: number | null = null
  #isLost = false
  #staleAt: number | null = null

  /** `staleAfter`: ms without a good read after which it is lost. */
  constructor (staleAfter: number) {
    this.#staleAfter = staleAfter
  }

  /** By path, as it last said. */
  get mounts (): ReadonlyMap<string, MountReport> { return this.#mounts }
  /** It has been read at least once. */
  get isRead (): boolean { return this.#isRead }
  /** The tick at which the first read of this outage began: what it said before is held; null when it can be read. */
  get failingSince (): number | null { return this.#failingSince }
  /** It has been failing for too long. */
  get isLost (): boolean { return this.#isLost }
  /** The tick at which it is lost unless a good report comes; null: no read has failed, or it has happened. */
  get deadline (): number | null { return this.#staleAt }

  report ({ mounts }: Report): void {
    this.#mounts = new Map(mounts.map((mount) => [mount.path, mount]))
    this.#isRead = true
    this.#isLost = false
    this.#failingSince = this.#staleAt = null
  }

  /** `since`: the tick at which the first read of this outage began. */
  fail (since: number): void {
    if (this.#failingSince === null) this.#staleAt = since + this.#staleAfter
    this.#failingSince ??= since
  }

  /** Time has passed. True: it is lost now. */
  tick (now: Moment): boolean {
    if (this.#staleAt === null || now.tick < this.#staleAt) return false
    this.#staleAt = null
    this.#isLost = true
    return true
  }
}
