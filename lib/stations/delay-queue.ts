import type { PastTrack, Track } from '../schemas.ts'
import type { Timestamp } from './timestamp.ts'

/** A station's current track and its history. */
export interface PlayState {
  readonly track: Track | null
  /** Newest first. */
  readonly history: readonly PastTrack[]
}

/** A state that is not shown yet. */
export interface PendingState {
  state: PlayState
  /** When it is audible, by the monotonic clock in ms. */
  audibleAt: number
}

interface Entry extends PendingState {
  /** It waits until then for the result of `enrich`, by the monotonic clock in ms. */
  waitUntil: number
}

/** The longest queue: encoders choose how often titles change. */
const MAX_QUEUED = 1000
const MAX_HANDED_OVER = 20

/** Delays plays until listeners hear them: each is released `delay` after it was added, in the same order and for as long. */
export class DelayQueue {
  readonly #delay: number
  #last: PlayState = { track: null, history: [] }
  #shown = this.#last
  #queue: Entry[] = []
  /** No track has been added yet: the track at the start of the process is audible already. */
  #isNew = true

  constructor (delay: number) {
    this.#delay = delay
  }

  /** What listeners hear now. */
  get shown (): PlayState { return this.#shown }
  /** When `advance` has to be called, by the monotonic clock in ms; null for never. */
  get deadline (): number | null {
    const [next] = this.#queue
    return next === undefined ? null : dueAt(next)
  }

  /** The ids of all plays that are published or queued. */
  get ids (): ReadonlySet<string> {
    const states = [this.#shown, ...this.#queue.map(({ state }) => state)]
    return new Set(states.flatMap(({ track, history }) => [...track === null ? [] : [track.id], ...history.map(({ id }) => id)]))
  }

  /** Sets the history from before the process started. */
  begin (history: readonly PastTrack[]): void {
    this.#last = this.#shown = { track: null, history }
  }

  /** The states that are not shown yet, each with the time at which it will be, by the monotonic clock in ms. At most the last 20. */
  get pending (): PendingState[] { return this.#queue.slice(-MAX_HANDED_OVER).map(({ state, audibleAt }) => ({ state, audibleAt })) }

  /** Goes on from where another instance has stopped. `shown`: what listeners hear now. `current`: the state as the server has it. */
  takeOver (shown: PlayState, current: PlayState, pending: readonly PendingState[]): void {
    this.#shown = shown
    this.#last = current
    this.#queue = pending.map(({ state, audibleAt }, index) => ({ state: index === pending.length - 1 ? current : state, audibleAt, waitUntil: -Infinity }))
    this.#isNew = false
  }

  /** Adds the state as the server has it now. `wait`: ms for which it may wait for the result of `enrich`. */
  add (state: PlayState, now: Timestamp, wait: number): void {
    const { track, history } = this.#last
    if (state.track === track && state.history === history) return
    this.#queue.push({ state, audibleAt: now.monotonic + this.#delayOf(state, now), waitUntil: now.monotonic + wait })
    this.#last = state
    if (state.track !== null) this.#isNew = false
    if (this.#queue.length > MAX_QUEUED) this.#advance(Infinity)
  }

  /** Time has passed: goes on to the next state. False when none is due. */
  advance (now: Timestamp): boolean {
    return this.#advance(now.monotonic)
  }

  /** The result of `enrich` has arrived: the play waits for it no longer. */
  release (id: string): void {
    for (const entry of this.#queue) if (entry.state.track?.id === id) entry.waitUntil = -Infinity
  }

  #delayOf ({ track }: PlayState, now: Timestamp): number {
    if (!this.#isNew) return this.#delay
    return track === null ? 0 : Math.min(this.#delay, Math.max(0, Date.parse(track.audibleAt) - now.wall))
  }

  #advance (time: number): boolean {
    const [next] = this.#queue
    if (next === undefined || time < dueAt(next)) return false
    this.#queue.shift()
    this.#shown = next.state
    return true
  }
}

function dueAt ({ audibleAt, waitUntil }: Entry): number {
  return Math.max(audibleAt, waitUntil)
}
