import type { MountReport, Report } from './report.ts'

/** ms to the next look, after a hint, for what the document doesn't show yet: it lags behind its feed by some 0.2 to 0.5 s. */
const LOOKS = [0, 100, 200, 300, 400, 600]
/** ms from the last look of one search to the first of the next. */
const PAUSE = 100
/** ms by which timers may be early. */
const EARLY = 20
/** Of so many mounts changes are sought; beyond, of all together. */
const MANY = 64

/** A change that a hint has announced and no report has shown. */
interface PendingChange {
  before: string
  looks: number
  /** When it is to be looked for next; a read before that is a look too many. */
  dueAt: number
  /** Another hint has come since: there may be another change. */
  again: boolean
}

/** What hints have announced, sought in one report after another, a few times only: what is re-sent changes nothing. */
export class PendingHints {
  /** The mounts that are wanted; null: all. */
  readonly #wanted: ReadonlySet<string> | null
  readonly #sought = new Map<string | null, PendingChange>()
  #last: readonly MountReport[] = []

  constructor (wanted: ReadonlySet<string> | null) {
    this.#wanted = wanted
  }

  /** Something is sought. */
  get isOn (): boolean { return this.#sought.size > 0 }

  /**
   * Whether hints at this mount can change nothing that a report shows; null: any mount. One that has been sought and
   * never found is no reason: it may be hidden, but it may also be an encoder that comes at the second try.
   */
  ignores (mount: string | null): boolean {
    return mount !== null && this.#wanted?.has(mount) === false
  }

  /** Something has changed; null: in any mount. */
  hint (mount: string | null): void {
    const key = this.#sought.has(mount) || this.#sought.size < MANY ? mount : null
    const sought = this.#sought.get(key)
    if (sought !== undefined) sought.again = true
    else this.#sought.set(key, begin(show(this.#last, key), 0))
  }

  /** ms to the next look; null when nothing is sought any more. */
  report (report: Report, now: number): number | null {
    this.#last = report.mounts
    for (const [mount, sought] of this.#sought) this.#look(mount, sought, report, now)
    return this.isOn ? Math.min(...[...this.#sought.values()].map(({ dueAt }) => dueAt)) - now : null
  }

  /** What of a report is wanted and can be hinted at. */
  show (report: Report): string {
    return show(report.mounts.filter(({ path }) => this.#wanted?.has(path) !== false), null)
  }

  #look (mount: string | null, sought: PendingChange, report: Report, now: number): void {
    const shown = show(report.mounts, mount)
    // A change somewhere is not every change.
    const isFound = mount !== null && shown !== sought.before
    if (!isFound && now < sought.dueAt - EARLY) return
    const wait = isFound ? undefined : LOOKS[++sought.looks]
    if (wait !== undefined) {
      sought.dueAt = now + wait
    } else if (sought.again) {
      this.#sought.set(mount, begin(shown, now + PAUSE))
    } else {
      this.#sought.delete(mount)
    }
  }
}

function begin (before: string, dueAt: number): PendingChange {
  return { before, looks: 0, dueAt, again: false }
}

function show (mounts: readonly MountReport[], mount: string | null): string {
  return JSON.stringify(mounts.flatMap(({ path, live, streamStart, title, artist }) =>
    mount === null || path === mount ? [path, live, streamStart, title, artist] : []))
}
