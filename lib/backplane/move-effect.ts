/** Of those asked, this part at least has to be gone after the round. On average a balancer returns half of them, or fewer, to this instance. */
const MIN_EFFECT = 0.2
/** How long nobody is asked after a round without effect, in ms. Each is four times as long as the one before. */
const MIN_PAUSE_MS = 60_000
const MAX_PAUSE_MS = 86_400_000

/** Tells whether asking subscribers to move has an effect. Where it has none, they are asked more and more rarely. */
export class MoveEffect {
  /** How many were asked in the last round; 0 when its effect cannot be told. */
  #asked = 0
  /** How many were too many then. */
  #excess = 0
  #pauseMs = 0
  #pausedUntil = -Infinity

  isPaused (now: number): boolean { return now < this.#pausedUntil }

  /** Notes that `asked` subscribers were asked to move, when `excess` were too many. */
  begin (asked: number, excess: number): void {
    this.#asked = asked
    this.#excess = excess
  }

  /** Does not judge the last round, because the numbers have also changed for another reason. */
  ignore (): void {
    this.#asked = 0
  }

  /**
   * Judges the last round, once. If it had no effect, begins a pause and returns its length in ms; otherwise returns 0.
   * `excess`: how many are too many now.
   */
  judge (excess: number, now: number): number {
    if (this.#asked === 0) return 0
    const hadEffect = this.#excess - excess >= this.#asked * MIN_EFFECT
    this.#asked = 0
    this.#pauseMs = hadEffect ? 0 : Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, this.#pauseMs * 4))
    if (!hadEffect) this.#pausedUntil = now + this.#pauseMs
    return this.#pauseMs
  }
}
