import type { PastTrack, Track } from '../schemas.ts'
import type { Moment } from './moment.ts'

/** A station's track and those before it. */
export interface View {
  readonly track: Track | null
  /** Newest first. */
  readonly history: readonly PastTrack[]
}

interface Entry {
  view: View
  readyAt: number
  /** What the user's hook finds is waited for until then, unless it comes before. */
  waitUntil: number
}

/** Encoders choose how often titles change: of those that wait, no more are kept. */
const MOST_WAITING = 1000

/** Plays on their way to the ear: each comes out `delay` after it went in, in the same order and for as long. */
export class Timeline {
  readonly #delay: number
  #last: View = { track: null, history: [] }
  #shown = this.#last
  #queue: Entry[] = []
  /** No track has come yet: what is on when the process starts is audible already. */
  #isNew = true

  constructor (delay: number) {
    this.#delay = delay
  }

  /** What is audible. */
  get shown (): View { return this.#shown }
  /** The tick at which `tick` has something to do; null for none. */
  get deadline (): number | null {
    const [next] = this.#queue
    return next === undefined ? null : Math.max(next.readyAt, next.waitUntil)
  }

  /** It is so on the server now. `wait`: ms that a new play may wait for what the user's hook finds. */
  put (view: View, now: Moment, wait: number): void {
    const { track, history } = this.#last
    if (view.track === track && view.history === history) return
    const isNewPlay = view.track !== null && view.track.id !== track?.id
    this.#queue.push({ view, readyAt: now.tick + this.#delayOf(view, now), waitUntil: isNewPlay ? now.tick + wait : -Infinity })
    this.#last = view
    if (view.track !== null) this.#isNew = false
    if (this.#queue.length > MOST_WAITING) this.#next()
    this.tick(now)
  }

  /** Time has passed. */
  tick (now: Moment): void {
    while (this.deadline !== null && now.tick >= this.deadline) this.#next()
  }

  /** A play that waits for what the user's hook finds has to wait no longer. */
  release (id: string, now: Moment): void {
    for (const entry of this.#queue) if (entry.view.track?.id === id) entry.waitUntil = -Infinity
    this.tick(now)
  }

  /** Whether a play is shown, or on its way. */
  has (id: string): boolean {
    const isIn = ({ track, history }: View): boolean => track?.id === id || history.some((past) => past.id === id)
    return isIn(this.#shown) || this.#queue.some(({ view }) => isIn(view))
  }

  #delayOf ({ track }: View, now: Moment): number {
    if (!this.#isNew) return this.#delay
    return track === null ? 0 : Math.min(this.#delay, Math.max(0, Date.parse(track.audibleAt) - now.date))
  }

  #next (): void {
    this.#shown = this.#queue.shift()?.view ?? this.#shown
  }
}
