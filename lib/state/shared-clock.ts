import type { Timestamp } from '../stations/timestamp.ts'

/** Differences that are remembered. The leader sends its time about every 5 s, so a clock that was set is followed within 30 s. */
const MAX_DIFFERENCES = 6
/** The clock of a new leader approaches its own by this many ms a second, so that no published date jumps. */
const SLEW_MS_PER_S = 10

/**
 * The time in which dates are published. With several instances it is the leader's: `serverTime`, which clients set their
 * clocks by, has to fit the dates of the tracks. A new leader goes on with the time of the leader before.
 */
export class SharedClock {
  /** On a follower: the leader's time minus this process's monotonic time, each time that it arrived. */
  #differences: number[] = []
  /** On a leader: the published time minus its own, when it began to lead. */
  #offset = 0
  #leadsSince = 0

  /** The published time. */
  now (): Timestamp {
    const monotonic = performance.now()
    if (this.#differences.length === 0) return { wall: Date.now() + this.#slewed(monotonic), monotonic }
    // Each message has taken some time to arrive, so the largest difference is the closest one.
    return { wall: Math.round(monotonic + Math.max(...this.#differences)), monotonic }
  }

  /** The leader's time has arrived, in ms since 1970. */
  observe (leaderTime: number): void {
    this.#differences = [...this.#differences, leaderTime - performance.now()].slice(-MAX_DIFFERENCES)
  }

  /** This instance reads from now on: its own clock counts. */
  lead (): void {
    const { wall, monotonic } = this.now()
    this.#differences = []
    this.#offset = wall - Date.now()
    this.#leadsSince = monotonic
  }

  #slewed (monotonic: number): number {
    const passed = (monotonic - this.#leadsSince) / 1000
    return Math.round(Math.sign(this.#offset) * Math.max(0, Math.abs(this.#offset) - passed * SLEW_MS_PER_S))
  }
}
