import { hash, randomUUID } from 'node:crypto'
import { TRACK_FIELDS, type PastTrack, type Track } from '../schemas.ts'
import { after, iso, type Timestamp } from './timestamp.ts'
import { reuseIfEqual } from './reuse-if-equal.ts'
import type { Handover } from './handover.ts'

/** A track as a mount shows it. */
export type ReportedTrack = Pick<Track, 'text' | 'artist' | 'title' | 'raw' | 'kind' | 'mount'> & Partial<Pick<Track, 'tags'>>

export interface PlayRules {
  /** ms for which a track is kept when its title disappears. */
  hold: number
  /** The number of earlier tracks to keep. */
  history: number
  /** ms from a track's being reported to listeners' hearing it. */
  delay: number
  /** ms after which an unchanged title is no longer shown; null: never. */
  staleTrackAfter: number | null
}

/** What is saved about a station across a restart. */
export interface SavedStation {
  /** When it was last reported, ISO 8601. */
  seenAt: string
  /** The track at that time. */
  track: Track | null
  /** Newest first. */
  history: readonly PastTrack[]
}

/**
 * A text that returns within this time continues the same play. An encoder that loses its connection is back sooner,
 * and then names the song that was on before.
 */
const SAME_PLAY_MS = 60_000
/** The same after a restart of the process: what was saved may be that old. */
const SAME_PLAY_AFTER_RESTART_MS = 300_000
/** Characters of an id that follows from another one: 132 bits. */
const ID_LENGTH = 22
/** For how long ended plays are remembered for `hasJustEnded`. */
const ENDED_TTL_MS = 10_000

/** Turns a station's reported tracks into plays: one play each, however often a title is repeated. Knows nothing of `delay`, except for `audibleAt`. */
export class PlayTracker {
  readonly #rules: PlayRules
  #current: Track | null = null
  /** The last track, which continues when its text returns within `#samePlayMs`. */
  #last: Track | null = null
  #samePlayMs = SAME_PLAY_MS
  /** One more than is published, since the newest may continue. */
  #past: readonly PastTrack[] = []
  #history: readonly PastTrack[] = []
  /** Since when no title has been reported, while the current track is held or after it has ended. */
  #silentSince: Timestamp | null = null
  /** Since when a hidden track has been playing, while the track before it stays. */
  #hiddenSince: Timestamp | null = null
  /** A text that was unchanged for `staleTrackAfter`: it is not shown until another text, or none, is reported. */
  #staleText: string | null = null
  #started: Track[] = []
  /** Plays that have just ended, also when no history is kept. */
  #ended: Array<{ text: string, at: number }> = []
  /** Since when the title has been unchanged, by the monotonic clock in ms. */
  #unchangedSince = -Infinity
  /** False until the first report after the start: the track in it may have begun earlier, and is audible already. */
  isKnown = false

  constructor (rules: PlayRules) {
    this.#rules = rules
  }

  get current (): Track | null { return this.#current }
  /** Newest first. */
  get history (): readonly PastTrack[] { return this.#history }
  /** When `tick` has to be called, by the monotonic clock in ms; null for never. */
  get deadline (): number | null {
    const { staleAt } = this
    if (this.#current === null || this.#silentSince === null) return staleAt
    return Math.min(this.#silentSince.monotonic + this.#rules.hold, staleAt ?? Infinity)
  }

  /** When the current title will have been unchanged for `staleTrackAfter`, by the monotonic clock in ms; null for never. */
  get staleAt (): number | null {
    const { staleTrackAfter } = this.#rules
    return this.#current === null || staleTrackAfter === null ? null : this.#unchangedSince + staleTrackAfter
  }

  /** A text that was unchanged for `staleTrackAfter` and is not shown any more; null: none. */
  get staleText (): string | null { return this.#staleText }

  /** Whether a play has ended and may still continue. */
  mayContinue (id: string): boolean { return this.#last?.id === id }

  /** Whether `takeStartedPlays` would return this play. */
  hasStarted (id: string | undefined): boolean { return this.#started.some((track) => track.id === id) }

  /** Whether a play of this text has ended less than `ms` ago, which is at most ten seconds. */
  hasJustEnded (text: string, now: Timestamp, ms: number): boolean {
    return this.#ended.some((ended) => ended.text === text && now.monotonic - ended.at < ms)
  }

  /** Returns once the plays that have begun, and the plays that continue after a restart without fields from `enrich`. */
  takeStartedPlays (): Track[] { return this.#started.splice(0) }

  /** A live source reports a track. `titleSince`: when the server received the title, ISO 8601, if it says so. */
  report (reported: ReportedTrack, now: Timestamp, titleSince: string | null): void {
    const isStale = reported.text === this.#staleText && !this.#isSilent(this.#rules.hold, now)
    if (!isStale) {
      const last = this.#continued(now)
      if (last?.text === reported.text) this.#continue(last, reported, now)
      else this.#begin(reported, now, titleSince)
      this.#staleText = this.#last = this.#hiddenSince = null
      this.#samePlayMs = SAME_PLAY_MS
    }
    this.#silentSince = null
    this.tickStale(now)
  }

  /** A live source reports a track that is not to be shown. The track before it stays, and ends when this one began. */
  reportHidden (now: Timestamp): void {
    this.#staleText = null
    if (this.#current === null) return
    this.#hiddenSince ??= now
    this.#silentSince = null
    this.tick(now)
  }

  /** A live source has no title, as for a moment after each reconnect. The track is held for `hold`. */
  reportNothing (now: Timestamp): void {
    this.#silentSince ??= now
    this.tick(now)
  }

  /** The source has removed its title while it stayed connected: the track ends at once. */
  clear (now: Timestamp): void {
    this.stop(now)
  }

  /** The process has been paused until `now`: what was silent is held from here on. */
  resume (now: Timestamp): void {
    if (this.#current !== null && this.#silentSince !== null) this.#silentSince = now
  }

  /** No source is connected. */
  stop (now: Timestamp): void {
    this.#silentSince ??= now
    this.#staleText = null
    this.#end(this.#silentSince)
  }

  /** Time has passed. */
  tick (now: Timestamp): void {
    if (this.#current !== null && this.#silentSince !== null && now.monotonic >= this.#silentSince.monotonic + this.#rules.hold) this.#end(this.#silentSince)
    this.tickStale(now)
  }

  /** Time has passed while no server could be read: a held track stays, a stale one does not. */
  tickStale (now: Timestamp): void {
    const { staleAt } = this
    if (this.#current === null || staleAt === null || now.monotonic < staleAt) return
    this.#staleText = this.#current.text
    this.#end(now)
    this.#last = null
  }

  /** Restores what was saved before a restart. */
  restore ({ seenAt, track, history }: SavedStation, now: Timestamp): void {
    const [last] = history
    // The track may have ended just before the process did.
    const restored = track ?? (last !== undefined && Date.parse(seenAt) - Date.parse(last.endedAt) <= SAME_PLAY_MS ? withoutEnd(last) : null)
    const before = (date: string): Timestamp => after(now, Math.min(0, Date.parse(date) - now.wall))
    this.#last = restored
    this.#silentSince = before(track === null && last !== undefined ? last.endedAt : seenAt)
    this.#unchangedSince = restored === null ? -Infinity : before(restored.startedAt).monotonic
    this.#samePlayMs = SAME_PLAY_AFTER_RESTART_MS
    this.#remember([...track === null ? [] : [{ ...track, endedAt: seenAt }], ...history])
  }

  /** Goes on from where another instance has stopped a moment ago, as if it had tracked these plays itself. */
  takeOver ({ saved, staleText }: Pick<Handover, 'saved' | 'staleText'>, now: Timestamp): void {
    this.restore(saved, now)
    const { track, history } = saved
    if (track !== null) {
      this.#current = track
      this.#silentSince = null
      this.#remember(history)
      // The result of `enrich` may not have arrived there.
      if (!hasFields(track)) this.#started.push(track)
    }
    this.#staleText = staleText
    this.#samePlayMs = SAME_PLAY_MS
    this.isKnown = true
  }

  /** The play that continues if its text is reported again. */
  #continued (now: Timestamp): Track | null {
    if (this.#current === null) return this.#isSilent(this.#samePlayMs, now) ? null : this.#last
    return this.#hiddenSince !== null && now.monotonic - this.#hiddenSince.monotonic > SAME_PLAY_MS ? null : this.#current
  }

  #continue (last: Track, reported: ReportedTrack, now: Timestamp): void {
    const isBack = this.#current === null
    if (isBack) this.#remember(this.#past.filter(({ id }) => id !== last.id))
    // A title that was sent again is not stale. After a restart it is not known whether it was.
    if (this.#hiddenSince !== null || (isBack && this.#samePlayMs === SAME_PLAY_MS)) this.#unchangedSince = now.monotonic
    // The mount may be another one now, or the artist may be given separately for the first time.
    this.#current = reuseIfEqual(last, { ...last, ...reported, tags: reported.tags ?? last.tags })
    // `enrich` may not have been called yet for a play that was restored.
    if (isBack && this.#samePlayMs === SAME_PLAY_AFTER_RESTART_MS && !hasFields(last)) this.#started.push(this.#current)
  }

  #begin (reported: ReportedTrack, now: Timestamp, titleSince: string | null): void {
    this.#end(now)
    const { delay } = this.#rules
    const started = this.isKnown || titleSince === null ? now : after(now, Math.min(0, Date.parse(titleSince) - now.wall))
    const audible = after(started, delay)
    this.#current = {
      id: idAfter(this.#past[0], reported.text),
      ...reported,
      startedAt: iso(started),
      audibleAt: iso(this.isKnown || audible.wall < now.wall ? audible : now),
      duration: null,
      endsAt: null,
      tags: reported.tags ?? null
    }
    // Counted from now also when the server says that the title is older: its clock may be wrong.
    this.#unchangedSince = now.monotonic
    this.#started.push(this.#current)
  }

  #end (silent: Timestamp): void {
    if (this.#current === null) return
    const at = this.#hiddenSince ?? silent
    const { text, startedAt } = this.#current
    // The wall clock may have been set back.
    const endedAt = at.wall < Date.parse(startedAt) ? startedAt : iso(at)
    this.#last = this.#current
    this.#remember([{ ...this.#current, endedAt }, ...this.#past])
    this.#ended = [...this.#ended.filter((ended) => at.monotonic - ended.at <= ENDED_TTL_MS), { text, at: at.monotonic }]
    this.#current = this.#hiddenSince = null
  }

  #remember (past: readonly PastTrack[]): void {
    const { history } = this.#rules
    this.#past = past.slice(0, history + 1)
    this.#history = past.slice(0, history)
  }

  #isSilent (longerThan: number, now: Timestamp): boolean {
    return this.#silentSince !== null && now.monotonic - this.#silentSince.monotonic > longerThan
  }
}

/**
 * The id of a play. It follows from the play before it, so that instances that see the same titles give the same ids: when
 * a leader stops before it has passed on a play, and while the backplane cannot be used.
 */
function idAfter (previous: PastTrack | undefined, text: string): string {
  return previous === undefined ? randomUUID() : hash('sha256', `${previous.id} ${text}`, 'base64url').slice(0, ID_LENGTH)
}

/** Whether it has fields from `enrich`. */
function hasFields (track: Track): boolean {
  return Object.keys(track).some((field) => !TRACK_FIELDS.includes(field))
}

/** A past track as it was while it was current. */
function withoutEnd ({ endedAt, ...track }: PastTrack): Track {
  return track
}
