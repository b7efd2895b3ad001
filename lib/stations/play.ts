import { randomUUID } from 'node:crypto'
import type { PastTrack, Track } from '../schemas.ts'
import { after, iso, type Moment } from './moment.ts'

/** What a mount shows: a track's texts, what it is, and the mount they were read on. */
export type Heard = Pick<Track, 'text' | 'artist' | 'title' | 'raw' | 'kind' | 'mount'>

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
export interface Memory {
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

/** Which track is on, and which were: one play each, however often its title is sent again. On the server's side of `delay`. */
export class Plays {
  readonly #rules: PlayRules
  #current: Track | null = null
  #began = -Infinity
  #gone: Track | null = null
  #resumes = SAME_PLAY
  #history: readonly PastTrack[] = []
  /** Since when nothing has been heard, while the current track is held or after it has gone. */
  #silentSince: Moment | null = null
  /** Since when something is on that isn't shown, while the track before it stays. */
  #asideSince: Moment | null = null
  /** A text that stood for too long: it is not shown while it goes on. */
  #stuck: string | null = null
  #begun: Track[] = []

  constructor (rules: PlayRules) {
    this.#rules = rules
  }

  get current (): Track | null { return this.#current }
  /** Newest first. */
  get history (): readonly PastTrack[] { return this.#history }
  /** The tick at which the current track began. */
  get began (): number { return this.#began }
  /** The tick at which `tick` has something to do; null for none. */
  get deadline (): number | null {
    if (this.#current === null) return null
    const first = Math.min(this.#goesAt, this.#sticksAt)
    return first === Infinity ? null : first
  }

  /** The plays that have begun since this was last asked. */
  takeBegun (): Track[] { return this.#begun.splice(0) }

  /** A live source says this. */
  hear (heard: Heard, now: Moment): void {
    if (heard.text === this.#stuck && !this.#isSilent(this.#rules.hold, now)) return this.#break()
    const last = this.#current ?? (this.#isSilent(this.#resumes, now) ? null : this.#gone)
    if (last?.text === heard.text) this.#goOn(last, heard, now)
    else this.#begin(heard, now)
    this.#stuck = this.#gone = null
    this.#resumes = SAME_PLAY
    this.#break()
    this.#asideSince = null
  }

  /** A live source says something that isn't to be shown: the track before it stays, and ends when this began. */
  hearAside (now: Moment): void {
    if (this.#current === null) return
    this.#asideSince ??= now
    this.#break()
    this.tick(now)
  }

  /** A live source says nothing, as each does for a moment after it has reconnected: the track is held for a while. */
  hearNothing (now: Moment): void {
    this.#silentSince ??= now
    this.tick(now)
  }

  /** No source is connected. */
  stop (now: Moment): void {
    this.#silentSince ??= now
    this.#stuck = null
    this.#end(this.#silentSince)
  }

  /** Time has passed. */
  tick (now: Moment): void {
    if (this.#current === null) return
    if (this.#silentSince !== null && now.tick >= this.#goesAt) {
      this.#end(this.#silentSince)
    } else if (now.tick >= this.#sticksAt) {
      this.#stuck = this.#current.text
      this.#end(now)
      this.#gone = null
    }
  }

  /** What was known before the process was restarted. */
  restore ({ seenAt, track, history }: Memory, now: Moment): void {
    this.#silentSince = after(now, Math.min(0, Date.parse(seenAt) - now.date))
    this.#gone = track
    this.#resumes = SAME_AFTER_RESTART
    this.#history = [...track === null ? [] : [{ ...track, endedAt: seenAt }], ...history].slice(0, this.#rules.history)
  }

  get #goesAt (): number { return this.#silentSince === null ? Infinity : this.#silentSince.tick + this.#rules.hold }
  get #sticksAt (): number { return this.#began + (this.#rules.staleTrackAfter ?? Infinity) }

  #goOn (last: Track, heard: Heard, now: Moment): void {
    if (this.#current === null) {
      this.#history = this.#history.filter(({ id }) => id !== last.id)
      this.#began = now.tick - Math.max(0, now.date - Date.parse(last.startedAt))
    }
    const { text, artist, title, raw, kind, mount } = last
    // The same play may be heard on another mount now, or its artist be known apart at last.
    const isSame = JSON.stringify([text, artist, title, raw, kind, mount]) === JSON.stringify([heard.text, heard.artist, heard.title, heard.raw, heard.kind, heard.mount])
    if (this.#current === null || !isSame) this.#current = { ...last, ...heard }
  }

  #begin (heard: Heard, now: Moment): void {
    this.#end(now)
    // What is on when nothing was known before is audible already.
    const audible = this.#began === -Infinity ? now : after(now, this.#rules.delay)
    this.#current = { id: randomUUID(), ...heard, startedAt: iso(now), audibleAt: iso(audible) }
    this.#began = now.tick
    this.#begun.push(this.#current)
  }

  #end (at: Moment): void {
    if (this.#current === null) return
    this.#gone = this.#current
    this.#history = [{ ...this.#current, endedAt: iso(this.#asideSince ?? at) }, ...this.#history].slice(0, this.#rules.history)
    this.#current = this.#asideSince = null
  }

  /** Breaks the silence. */
  #break (): void {
    this.#silentSince = null
  }

  #isSilent (longer: number, now: Moment): boolean {
    return this.#silentSince !== null && now.tick - this.#silentSince.tick > longer
  }
}
