import type { Hint } from './feeds/feed.ts'
import type { MountReport, Report } from './report.ts'

/**
 * The first check is immediate; then the ms between checks. The documents show a change some 0.2 to 0.5 s after the feed
 * has announced it.
 */
const CHECK_DELAYS_MS = [0, 100, 200, 300, 400, 600]
/**
 * The same after a hint that probably announces a change which a report has shown already: 2.5 announces each title with
 * two events, and its documents show the title before the second.
 */
const REPEAT_CHECK_DELAYS_MS = [0, 500]
/** A hint about a mount within this time after its last change is probably about that change. 2.5 needs up to 1.0 s. */
const REPEAT_WINDOW_MS = 1500
/** ms from the last check for one change to the first check for the next change of the same mount. */
const NEXT_CHANGE_DELAY_MS = 100
/** ms by which Node's timers may fire early. */
const TIMER_TOLERANCE_MS = 20
/** Up to this many mounts are tracked separately; further mounts are tracked together. */
const MAX_TRACKED_MOUNTS = 64

/** The title that a hint gives: see Hint. */
type AnnouncedTitle = Pick<Hint, 'title' | 'artist'>

/** A change that the feed has announced and no report has shown yet. */
interface PendingChange {
  /** The mount as the last report before the hint showed it. */
  before: string
  /** The title that ends the checks, although fewer changes than hints were shown. */
  title: AnnouncedTitle
  /** The hints that no change has explained yet: each may announce a change of its own. */
  hints: number
  /** The ms before each check; when they are used up, the change is given up. */
  delays: readonly number[]
  checks: number
  /** When the next check is due. An earlier report does not count as a check. */
  dueAt: number
  /** Further hints have arrived since, the last of them with this title. */
  next: AnnouncedTitle | null
  /** The number of these hints. */
  nextHints: number
}

/**
 * The changes that the live feed has announced and that no report has shown yet. Each report is checked for them, a
 * limited number of times: an encoder that sends the same title again announces a change that no report will ever show.
 */
export class PendingHints {
  /** The mounts that belong to a station; null when all mounts do. */
  readonly #wanted: ReadonlySet<string> | null
  /** By mount; the key null stands for a change of any mount. */
  readonly #pending = new Map<string | null, PendingChange>()
  #lastMounts: readonly MountReport[] = []
  /** When a report last showed an announced change, by mount. */
  readonly #foundAt = new Map<string | null, number>()
  /** The last report was the last check for a change of a mount, and did not show it: it may be later than usual. */
  #hasGivenUp = false

  constructor (wanted: ReadonlySet<string> | null) {
    this.#wanted = wanted
  }

  /** A change is pending. */
  get isPending (): boolean { return this.#pending.size > 0 }

  /** A change in the next report counts as announced. */
  get isExpectingChange (): boolean { return this.isPending || this.#hasGivenUp }

  /**
   * Hints about this mount are irrelevant, because no station uses the mount. A mount that no report has listed so far is
   * still relevant: it may be hidden, or its encoder may need a second attempt to connect.
   */
  isIrrelevant (mount: string | null): boolean {
    return mount !== null && this.#wanted?.has(mount) === false
  }

  /**
   * Records a hint. `mount`: null when any mount may have changed. Returns false when the last report shows
   * the announced title already, so that nothing needs to be read.
   */
  hint (mount: string | null, announced: AnnouncedTitle, now: number): boolean {
    const key = this.#pending.has(mount) || this.#pending.size < MAX_TRACKED_MOUNTS ? mount : null
    const pending = this.#pending.get(key)
    if (pending !== undefined) {
      pending.next = key === mount ? announced : {}
      pending.nextHints++
      return true
    }
    if (showsTitle(this.#lastMounts, mount, announced)) return false
    const isRepeat = announced.title === null && now - (this.#foundAt.get(key) ?? -Infinity) < REPEAT_WINDOW_MS
    const before = snapshot(this.#lastMounts, key)
    this.#pending.set(key, pendingChange(before, {}, 1, 0, isRepeat))
    return true
  }

  /** Checks a report. Returns the ms to the next check, or null when nothing is pending any more. */
  report (report: Report, now: number): number | null {
    this.#lastMounts = report.mounts
    this.#hasGivenUp = false
    for (const [mount, pending] of this.#pending) this.#check(mount, pending, report, now)
    return this.isPending ? Math.min(...[...this.#pending.values()].map(({ dueAt }) => dueAt)) - now : null
  }

  /** Returns what a feed announces changes of, for all mounts that belong to a station, as a comparable text. */
  snapshot (report: Report): string {
    return snapshot(report.mounts.filter(({ path }) => !this.isIrrelevant(path)), null)
  }

  #check (mount: string | null, pending: PendingChange, report: Report, now: number): void {
    const shown = snapshot(report.mounts, mount)
    // When any mount may have changed, the change of one mount need not be the announced one.
    const isChanged = mount !== null && shown !== pending.before
    if (isChanged) {
      this.#remember(mount, now)
      pending.before = shown
      pending.hints--
    }
    const { title, hints, next, nextHints } = pending
    const isDone = hints === 0 || showsTitle(report.mounts, mount, title) || (isChanged && next !== null)
    if (!isDone) {
      if (now < pending.dueAt - TIMER_TOLERANCE_MS) return
      const delay = pending.delays[++pending.checks]
      if (delay !== undefined) {
        pending.dueAt = now + delay
        return
      }
      if (mount !== null && !isChanged) this.#hasGivenUp = true
    }
    this.#pending.delete(mount)
    if (next === null || showsTitle(report.mounts, mount, next)) return
    const isRepeat = isChanged && hints + nextHints === 1 && next.title === null
    this.#pending.set(mount, pendingChange(shown, next, isDone ? hints + nextHints : nextHints, now + NEXT_CHANGE_DELAY_MS, isRepeat))
  }

  #remember (mount: string | null, now: number): void {
    for (const [known, at] of this.#foundAt) {
      if (now - at >= REPEAT_WINDOW_MS) this.#foundAt.delete(known)
    }
    this.#foundAt.set(mount, now)
  }
}

function pendingChange (before: string, title: AnnouncedTitle, hints: number, dueAt: number, isRepeat: boolean): PendingChange {
  return { before, title, hints, delays: isRepeat ? REPEAT_CHECK_DELAYS_MS : CHECK_DELAYS_MS, checks: 0, dueAt, next: null, nextHints: 0 }
}

function showsTitle (mounts: readonly MountReport[], mount: string | null, { title, artist }: AnnouncedTitle): boolean {
  return typeof title === 'string' && mounts.some((shown) =>
    shown.path === mount && shown.title === title && (artist === undefined || shown.artist === artist))
}

/** Returns the fields whose changes feeds announce, as a string to compare; `mount` null: of all mounts. */
function snapshot (mounts: readonly MountReport[], mount: string | null): string {
  return JSON.stringify(mounts.flatMap(({ path, live, streamStart, title, artist }) =>
    mount === null || path === mount ? [path, live, streamStart, title, artist] : []))
}
