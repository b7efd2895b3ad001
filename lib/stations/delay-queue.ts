import type { PastTrack, Track } from '../schemas.ts'
import type { Timestamp } from './timestamp.ts'

/** A station's track and those before it. */
export interface PlayState {
  readonly track: Track | null
  /** Newest first. */
  readonly history: readonly PastTrack[]
}

interface Entry {
  view: PlayState
  readyAt: number
  /** What the user's hook finds is waited for until then, unless it comes before. */
  waitUntil: number
}

/** Encoders choose how often titles change: of those that wait, no more are kept. */
const MOST_WAITING = 1000

/** Plays on their way to the ear: each comes out `delay` after it went in, in the same order and for as long. */
export class DelayQueue {
  readonly #delay: number
  #last: PlayState = { track: null, history: [] }
  #shown = this.#last
  #queue: Entry[] = []
  /** No track has come yet: what is on when the process starts is audible already. */
  #isNew = true

  constructor (delay: number) {
    this.#delay = delay
  }

  /** What is audible. */
  get shown (): PlayState { return this.#shown }
  /** The tick at which `advance` has something to do; null for none. */
  get deadline (): number | null {
    const [next] = this.#queue
    return next === undefined ? null : dueAt(next)
  }

  /** Of the plays that are shown, or on their way. */
  get ids (): ReadonlySet<string> {
    const views = [this.#shown, ...this.#queue.map(({ view }) => view)]
    return new Set(views.flatMap(({ track, history }) => [...track === null ? [] : [track.id], ...history.map(({ id }) => id)]))
  }

  /** What was on before the process started. */
  begin (history: readonly PastTrack[]): void {
    this.#last = this.#shown = { track: null, history }
  }

  /** It is so on the server now. `wait`: ms that it may wait for what the user's hook finds. */
  put (view: PlayState, now: Timestamp, wait: number): void {
    const { track, history } = this.#last
    if (view.track === track && view.history === history) return
    this.#queue.push({ view, readyAt: now.monotonic + this.#delayOf(view, now), waitUntil: now.monotonic + wait })
    this.#last = view
    if (view.track !== null) this.#isNew = false
    if (this.#queue.length > MOST_WAITING) this.#advance(Infinity)
  }

  /** Time has passed: on to the next view. False when none is due. */
  advance (now: Timestamp): boolean {
    return this.#advance(now.monotonic)
  }

  /** A play that waits for what the user's hook finds has to wait no longer. */
  release (id: string): void {
    for (const entry of this.#queue) if (entry.view.track?.id === id) entry.waitUntil = -Infinity
  }

  #delayOf ({ track }: PlayState, now: Timestamp): number {
    if (!this.#isNew) return this.#delay
    return track === null ? 0 : Math.min(this.#delay, Math.max(0, Date.parse(track.audibleAt) - now.wall))
  }

  #advance (tick: number): boolean {
    const [next] = this.#queue
    if (next === undefined || tick < dueAt(next)) return false
    this.#queue.shift()
    this.#shown = next.view
    return true
  }
}

function dueAt ({ readyAt, waitUntil }: Entry): number {
  return Math.max(readyAt, waitUntil)
}
