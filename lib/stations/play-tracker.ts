import { randomUUID } from 'node:crypto'
import { TRACK_FIELDS, type PastTrack, type Track } from '../schemas.ts'
import { after, iso, type Timestamp } from './timestamp.ts'
import { reuseIfEqual } from './reuse-if-equal.ts'

/** What a mount shows: a track's texts, what it is, and the mount they were read on. */
export type ReportedTrack = Pick<Track, 'text' | 'artist' | 'title' | 'raw' | 'kind' | 'mount'>

export interface PlayRules {
  /** ms that a track stays when its title goes away. */
  hold: number
  /** How many earlier tracks to keep. */
  history: number
  /** ms from the server's seeing a track to listeners' hearing it. */
  delay: number
  /** ms after which a title that has not changed is no longer believed; null: never. */
  staleTrackAfter: number | null
}

/** What is known of a station's plays when the process ends. */
export interface SavedStation {
  /** When it was so, ISO 8601. */
  seenAt: string
  /** What was on. */
  track: Track | null
  /** Newest first. */
  history: PastTrack[]
}

/**
 * After how many ms of nothing the same text is a new play. Encoders that lose their connection are back sooner; the
 * song that they then name is the one that was on before.
 */
const SAME_PLAY = 60_000
/** The same for a process that was restarted: what it last knew may be that old. */
const SAME_AFTER_RESTART = 300_000
/** ms: mounts and relays of one programme are that far apart at the most. */
const JUST = 10_000

/** Which track is on, and which were: one play each, however often its title is sent again. On the server's side of `delay`. */
export class PlayTracker {
  readonly #rules: PlayRules
  #current: Track | null = null
  #gone: Track | null = null
  #resumes = SAME_PLAY
  /** One more than is shown: the newest may come back. */
  #past: readonly PastTrack[] = []
  #history: readonly PastTrack[] = []
  /** Since when nothing has been heard, while the current track is held or after it has gone. */
  #silentSince: Timestamp | null = null
  /** Since when something is on that isn't shown, while the track before it stays. */
  #asideSince: Timestamp | null = null
  /** A text that stood for too long: it is not shown while it goes on. */
  #stuck: string | null = null
  #begun: Track[] = []
  /** What has ended of late, also when no history is kept. */
  #ended: Array<{ text: string, tick: number }> = []
  /** The tick since which the title has not changed. */
  #sameSince = -Infinity
  /** It has been seen what was on at the start, which is audible already; what begins from then on is heard after `delay`. */
  isKnown = false

  constructor (rules: PlayRules) {
    this.#rules = rules
  }

  get current (): Track | null { return this.#current }
  /** Newest first. */
  get history (): readonly PastTrack[] { return this.#history }
  /** The tick at which `tick` has something to do; null for none. */
  get deadline (): number | null {
    const { sticksAt } = this
    if (this.#current === null || this.#silentSince === null) return sticksAt
    return Math.min(this.#silentSince.monotonic + this.#rules.hold, sticksAt ?? Infinity)
  }

  /** The tick at which the current title will have stood for too long; null for never. */
  get sticksAt (): number | null {
    const { staleTrackAfter } = this.#rules
    return this.#current === null || staleTrackAfter === null ? null : this.#sameSince + staleTrackAfter
  }

  /** Whether a play has gone and may come back. */
  mayComeBack (id: string): boolean { return this.#gone?.id === id }

  /** Whether this is one of the plays that `takeStartedPlays` would give. */
  hasBegun (id: string | undefined): boolean { return this.#begun.some((track) => track.id === id) }

  /** Whether this was on until just now. */
  hasJustEnded (text: string, now: Timestamp): boolean {
    return this.#ended.some((ended) => ended.text === text && now.monotonic - ended.tick <= JUST)
  }

  /** The plays that have begun since this was last asked, and those that go on after a restart with nothing found. */
  takeStartedPlays (): Track[] { return this.#begun.splice(0) }

  /** A live source says this. */
  hear (heard: ReportedTrack, now: Timestamp): void {
    const isStuck = heard.text === this.#stuck && !this.#isSilent(this.#rules.hold, now)
    if (!isStuck) {
      const last = this.#last(now)
      if (last?.text === heard.text) this.#goOn(last, heard, now)
      else this.#begin(heard, now)
      this.#stuck = this.#gone = this.#asideSince = null
      this.#resumes = SAME_PLAY
    }
    this.#silentSince = null
    this.tickStuck(now)
  }

  /** A live source says something that isn't to be shown: the track before it stays, and ends when this began. */
  hearAside (now: Timestamp): void {
    this.#stuck = null
    if (this.#current === null) return
    this.#asideSince ??= now
    this.#silentSince = null
    this.tick(now)
  }

  /** A live source says nothing, as each does for a moment after it has reconnected: the track is held for a while. */
  hearNothing (now: Timestamp): void {
    this.#silentSince ??= now
    this.tick(now)
  }

  /** No source is connected. */
  stop (now: Timestamp): void {
    this.#silentSince ??= now
    this.#stuck = null
    this.#end(this.#silentSince)
  }

  /** Time has passed. */
  tick (now: Timestamp): void {
    if (this.#current !== null && this.#silentSince !== null && now.monotonic >= this.#silentSince.monotonic + this.#rules.hold) this.#end(this.#silentSince)
    this.tickStuck(now)
  }

  /** Time has passed in which nothing was heard of the station. */
  tickStuck (now: Timestamp): void {
    const { sticksAt } = this
    if (this.#current === null || sticksAt === null || now.monotonic < sticksAt) return
    this.#stuck = this.#current.text
    this.#end(now)
    this.#gone = null
  }

  /** What was known before the process was restarted. */
  restore ({ seenAt, track, history }: SavedStation, now: Timestamp): void {
    const [last] = history
    // It may have been gone for a moment when the process ended.
    const gone = track ?? (last !== undefined && Date.parse(seenAt) - Date.parse(last.endedAt) <= SAME_PLAY ? onAir(last) : null)
    const before = (date: string): Timestamp => after(now, Math.min(0, Date.parse(date) - now.wall))
    this.#gone = gone
    this.#silentSince = before(track === null && last !== undefined ? last.endedAt : seenAt)
    this.#sameSince = gone === null ? -Infinity : before(gone.startedAt).monotonic
    this.#resumes = SAME_AFTER_RESTART
    this.#remember([...track === null ? [] : [{ ...track, endedAt: seenAt }], ...history])
  }

  /** The play that goes on if its text comes again. */
  #last (now: Timestamp): Track | null {
    if (this.#current === null) return this.#isSilent(this.#resumes, now) ? null : this.#gone
    return this.#asideSince !== null && now.monotonic - this.#asideSince.monotonic > SAME_PLAY ? null : this.#current
  }

  #goOn (last: Track, heard: ReportedTrack, now: Timestamp): void {
    const isBack = this.#current === null
    if (isBack) this.#remember(this.#past.filter(({ id }) => id !== last.id))
    // That it came again says that it isn't stuck; after a restart nobody knows.
    if (this.#asideSince !== null || (isBack && this.#resumes === SAME_PLAY)) this.#sameSince = now.monotonic
    // The same play may be heard on another mount now, or its artist be known apart at last.
    this.#current = reuseIfEqual(last, { ...last, ...heard })
    // Of a play that comes from a store nobody may have found anything yet.
    if (isBack && this.#resumes === SAME_AFTER_RESTART && !hasFields(last)) this.#begun.push(this.#current)
  }

  #begin (heard: ReportedTrack, now: Timestamp): void {
    this.#end(now)
    this.#current = { id: randomUUID(), ...heard, startedAt: iso(now), audibleAt: iso(this.isKnown ? after(now, this.#rules.delay) : now) }
    this.#sameSince = now.monotonic
    this.#begun.push(this.#current)
  }

  #end (silent: Timestamp): void {
    if (this.#current === null) return
    const at = this.#asideSince ?? silent
    const { text, startedAt } = this.#current
    // People's clock may have been put back.
    const endedAt = at.wall < Date.parse(startedAt) ? startedAt : iso(at)
    this.#gone = this.#current
    this.#remember([{ ...this.#current, endedAt }, ...this.#past])
    this.#ended = [...this.#ended.filter(({ tick }) => at.monotonic - tick <= JUST), { text, tick: at.monotonic }]
    this.#current = this.#asideSince = null
  }

  #remember (past: readonly PastTrack[]): void {
    const { history } = this.#rules
    this.#past = past.slice(0, history + 1)
    this.#history = past.slice(0, history)
  }

  #isSilent (longer: number, now: Timestamp): boolean {
    return this.#silentSince !== null && now.monotonic - this.#silentSince.monotonic > longer
  }
}

/** It has some of the user's own. */
function hasFields (track: Track): boolean {
  return Object.keys(track).some((field) => !TRACK_FIELDS.includes(field))
}

/** A past track as it was when it was on. */
function onAir ({ endedAt, ...track }: PastTrack): Track {
  return track
}
