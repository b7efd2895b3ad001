import { MoveEffect } from './move-effect.ts'

/** Instances that say their numbers beyond this many are not counted. */
const MAX_INSTANCES = 1000
/** An instance that has not said its number for this time, in ms, is gone. They say it every 10 s. */
const HEARD_WITHIN_MS = 15_000
/** "Far more" than the instances have on average. */
const FAR_MORE = 1.25
/** A smaller difference than this many subscribers is left alone. */
const MIN_EXCESS = 5
/** The part of the own subscribers that is asked in one round at most. */
const MAX_PART = 0.25

/** How many subscribers to ask to move. */
export interface Round {
  move: number
  /** The average number of subscribers of an instance. */
  average: number
  /** Those that were asked in the round before are returning. */
  isSettling: boolean
  /** The round before had no effect, so nobody is asked for this many ms; 0 otherwise. */
  pauseMs: number
}

/**
 * Compares the number of subscribers of this instance with that of the others. Pages that are asked to move reconnect through
 * the balancer. Where it sends them back (sticky sessions, weights), that is noticed and tried more and more rarely.
 */
export class SubscriberBalance {
  readonly #others = new Map<string, { count: number, at: number }>()
  readonly #effect = new MoveEffect()
  /** Those asked are on their way to the other instances, and not counted anywhere. */
  #isSettling = false
  /** When this instance was first seen to have far more than the others, in ms; null while it has not. */
  #crowdedSince: number | null = null

  /** What another instance says; null: it closes. `now`: the monotonic time in ms. */
  note (instance: string, count: number | null, now: number): void {
    const isKnown = this.#others.delete(instance)
    if (count !== null && this.#others.size < MAX_INSTANCES) this.#others.set(instance, { count, at: now })
    // The effect of the last round can't be told from that of an instance that comes or goes.
    if (isKnown !== this.#others.has(instance)) this.#effect.ignore()
  }

  /** One round; called every 10 s. `own`: the subscribers of this instance. */
  next (own: number, now: number): Round {
    this.#forgetSilent(now)
    const average = this.#average(own)
    const excess = own - average
    const isCrowded = excess >= MIN_EXCESS && own > average * FAR_MORE
    this.#crowdedSince = isCrowded ? this.#crowdedSince ?? now : null
    const quiet = { move: 0, average, isSettling: false, pauseMs: 0 }
    if (this.#isSettling) {
      this.#isSettling = false
      return { ...quiet, isSettling: true }
    }
    const pauseMs = this.#effect.judge(excess, now)
    if (pauseMs > 0) return { ...quiet, pauseMs }
    if (this.#effect.isPaused(now) || this.#crowdedSince === null || !this.#areHeardSince(this.#crowdedSince)) return quiet
    const move = Math.min(Math.floor(excess), Math.max(MIN_EXCESS, Math.ceil(own * MAX_PART)))
    this.#effect.begin(move, excess)
    this.#isSettling = true
    this.#crowdedSince = null
    return { ...quiet, move }
  }

  #forgetSilent (now: number): void {
    for (const [instance, { at }] of this.#others) if (now - at > HEARD_WITHIN_MS) this.note(instance, null, now)
  }

  #average (own: number): number {
    let total = own
    for (const { count } of this.#others.values()) total += count
    return total / (this.#others.size + 1)
  }

  /** Whether all other instances run: the subscribers of one that was killed arrive here before it is known to be gone. */
  #areHeardSince (time: number): boolean {
    for (const { at } of this.#others.values()) if (at <= time) return false
    return true
  }
}
