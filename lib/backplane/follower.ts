import type { SharedClock } from '../state/shared-clock.ts'
import type { Questions } from './questions.ts'
import { isAfter, type MirroredState, type Position, type StateMirror } from './state-mirror.ts'

interface FollowerOptions {
  mirror: StateMirror
  clock: SharedClock
  questions: Questions
  /** The leader has answered: `check` may find now that its state can be shown. */
  onLeaderAnswered (): void
}

/** How often a follower compares its state with the one in the backplane, whatever the hints say. */
const CHECK_INTERVAL_MS = 3000
/** A state that was written longer ago is not what is playing now. The leader writes every 5 s. */
const MAX_STATE_AGE_MS = 60_000
/** An answer of a leader shows for this time that it leads. */
const LIVE_TTL_MS = 3000
const QUESTION_TIMEOUT_MS = 6000
const NOBODY = { term: 0, at: -Infinity }

/** While another instance leads: finds out whether its state can be shown, and whether the state shown here is still the same. */
export class Follower {
  readonly #options: FollowerOptions
  #isFollowing = false
  /** Rises with each `begin` and `end`: what was asked before says nothing of now. */
  #period = 0
  /** When the state was last known to be the leader's, by the monotonic clock in ms. */
  #confirmedAt = performance.now()
  /** When it is compared next. */
  #checkAt = -Infinity
  /** The leader that has last answered a question, and when. A hint that arrives may have been sent long ago, an answer was not. */
  #live = NOBODY

  constructor (options: FollowerOptions) {
    this.#options = options
  }

  /** The time since the state shown was last known to be the leader's, in ms. */
  get unconfirmedMs (): number { return performance.now() - this.#confirmedAt }

  /** Shows the leader's state from now on. */
  begin (read: MirroredState): void {
    const { mirror, clock } = this.#options
    this.#isFollowing = true
    this.#period++
    clock.observe(read.head.time)
    mirror.apply(read)
    mirror.follow()
    this.#confirm()
    this.#ask('time')
  }

  /** Shows the leader's state no longer. */
  end (): void {
    this.#isFollowing = false
    this.#period++
    this.#options.mirror.unfollow()
    this.#live = NOBODY
    this.#confirmedAt = performance.now()
  }

  /** Hints may have been missed: the next check is not left out. */
  checkNext (): void { this.#checkAt = -Infinity }

  /**
   * Another instance leads. Resolves to its state when this instance can `begin` with it; to null when it follows already,
   * and when there is no usable state yet, which the leader is asked for.
   */
  async check (): Promise<MirroredState | null> {
    if (!this.#isFollowing) return await this.#find()
    if (performance.now() >= this.#checkAt) await this.#compare()
    return null
  }

  async #find (): Promise<MirroredState | null> {
    const { mirror } = this.#options
    const period = this.#period
    const stored = await mirror.fetch(null)
    if (period !== this.#period) return null
    const read = stored && mirror.decode(stored, null)
    if (read?.isWhole && this.#isAcceptable(read.head)) return read
    // The leader's answer shows that what it has written is current.
    this.#ask(read?.isWhole ? 'time' : 'rewrite')
    return null
  }

  /** Whether a state is not older than what this instance shows. */
  #isAcceptable (head: Position & { time: number }): boolean {
    const { mirror, clock } = this.#options
    const isLive = head.term === this.#live.term && performance.now() - this.#live.at < LIVE_TTL_MS
    // What an earlier leader has written last may be older than what this instance has read by itself.
    if (mirror.position === null) return isLive || isRecent(head, clock)
    return isLive && !isAfter(mirror.position, head)
  }

  async #compare (): Promise<void> {
    const { mirror } = this.#options
    const stored = await mirror.fetch([])
    if (!this.#isFollowing) return
    if (stored === null) return this.#ask('rewrite')
    const { head } = mirror.decode(stored, [])
    const { position } = mirror
    if (!mirror.isUpTo(head)) await this.#catchUp()
    // The store was restored from an old copy.
    else if (position !== null && isAfter(position, head)) this.#ask('rewrite')
    this.#confirm()
  }

  async #catchUp (): Promise<void> {
    const { mirror } = this.#options
    const stored = await mirror.fetch(null)
    if (stored === null || !this.#isFollowing) return
    const read = mirror.decode(stored, null)
    if (!read.isWhole) this.#ask('rewrite')
    else if (!mirror.isUpTo(read.head)) mirror.apply(read)
  }

  #confirm (): void {
    this.#confirmedAt = performance.now()
    this.#checkAt = this.#confirmedAt + CHECK_INTERVAL_MS * (0.9 + Math.random() / 5)
  }

  /** Asks the leader to answer, or to write everything, without waiting for it. */
  #ask (type: 'time' | 'rewrite'): void {
    const { questions, onLeaderAnswered } = this.#options
    const period = this.#period
    questions.ask(type, '', QUESTION_TIMEOUT_MS).then((answer) => {
      if (answer === null || period !== this.#period || this.#isFollowing) return
      this.#live = { term: answer.term, at: performance.now() }
      onLeaderAnswered()
    })
  }
}

/** Whether a state may be what is playing now. */
export function isRecent ({ time }: { time: number }, clock: SharedClock): boolean {
  return clock.now().wall - time < MAX_STATE_AGE_MS
}
