import { randomUUID } from 'node:crypto'
import type { PastTrack, Track } from '../schemas.ts'
import { iso, type Moment } from './moment.ts'

/** What a mount shows: a track's texts and the mount they were read on. */
export type Heard = Pick<Track, 'text' | 'artist' | 'title' | 'raw' | 'mount'>

/**
 * After how many ms of nothing the same text is a new play. Encoders that lose their connection are back sooner; the
 * song that they then name is the one that was on before.
 */
const SAME_PLAY = 60_000

/** Which track is on, and which were: one play each, however often its title is sent again. */
export class Plays {
  readonly #hold: number
  readonly #limit: number
  #current: Track | null = null
  #gone: Track | null = null
  #history: PastTrack[] = []
  /** Since when nothing has been heard, while the current track is held or after it has gone. */
  #silentSince: Moment | null = null

  /** `hold`: ms that a track stays when its title goes away; `limit`: how many earlier tracks to keep. */
  constructor (hold: number, limit: number) {
    this.#hold = hold
    this.#limit = limit
  }

  get current (): Track | null { return this.#current }
  /** Newest first. */
  get history (): readonly PastTrack[] { return this.#history }
  /** The tick at which a held track goes; null when none is held. */
  get deadline (): number | null {
    return this.#current !== null && this.#silentSince !== null ? this.#silentSince.tick + this.#hold : null
  }

  /** A live source says this. */
  hear (heard: Heard, now: Moment): void {
    const last = this.#current ?? (this.#isRecent(now) ? this.#gone : null)
    if (last?.text === heard.text) {
      this.#history = this.#history.filter(({ id }) => id !== last.id)
      // The same play may be heard on another mount now, or its artist be known apart at last.
      this.#current = { ...last, ...heard }
    } else {
      this.#end(now)
      this.#current = { id: randomUUID(), ...heard, startedAt: iso(now) }
    }
    this.#silentSince = null
  }

  /** A live source says nothing, as each does for a moment after it has reconnected: the track is held for a while. */
  hearNothing (now: Moment): void {
    this.#silentSince ??= now
    if (this.deadline !== null && now.tick >= this.deadline) this.#end(this.#silentSince)
  }

  /** No source is connected. */
  stop (now: Moment): void {
    this.#silentSince ??= now
    this.#end(this.#silentSince)
  }

  #end (at: Moment): void {
    if (this.#current === null) return
    this.#gone = this.#current
    this.#history = [{ ...this.#current, endedAt: iso(at) }, ...this.#history].slice(0, this.#limit)
    this.#current = null
  }

  #isRecent (now: Moment): boolean {
    return this.#silentSince !== null && now.tick - this.#silentSince.tick <= SAME_PLAY
  }
}
