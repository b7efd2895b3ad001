import { FST_ICECAST_BACKPLANE_TIMEOUT } from '../errors.ts'
import { withTimeout } from '../store/with-timeout.ts'
import type { Backplane } from './backplane.ts'
import { encodeQuestion, type Answer } from './messages.ts'

const TELL_TIMEOUT_MS = 1000
/** Questions that wait for an answer; further ones get none. */
const MAX_WAITING = 1000

/** Questions to the leader that wait for an answer. */
export class Questions {
  readonly #backplane: Backplane
  readonly #waiting = new Map<string, (answer: Answer | null) => void>()
  #isClosed = false

  constructor (backplane: Backplane) {
    this.#backplane = backplane
  }

  /** Resolves to null when there is no answer within `ms`, when the question is too long, when it cannot be sent, and after `close`. Never rejects. */
  async ask (type: string, text: string, ms: number): Promise<Answer | null> {
    const question = encodeQuestion(type, text)
    if (question === null || this.#isClosed || this.#waiting.size >= MAX_WAITING) return null
    return await new Promise((resolve) => {
      const settle = (answer: Answer | null): void => {
        clearTimeout(timer)
        this.#waiting.delete(question.id)
        resolve(answer)
      }
      const timer = setTimeout(() => settle(null), ms)
      this.#waiting.set(question.id, settle)
      withTimeout(TELL_TIMEOUT_MS, 'tell', () => this.#backplane.tell(question.message), FST_ICECAST_BACKPLANE_TIMEOUT).catch(() => settle(null))
    })
  }

  answer (answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer)
  }

  close (): void {
    this.#isClosed = true
    for (const settle of this.#waiting.values()) settle(null)
  }
}
