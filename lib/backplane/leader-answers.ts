import type { SharedClock } from '../state/shared-clock.ts'
import type { StationUpdater } from '../state/station-updater.ts'
import type { Backplane } from './backplane.ts'
import { encodeAnswer, type Question } from './messages.ts'
import type { StateWriter } from './state-writer.ts'

/**
 * Answers what other instances ask for while this one reads Icecast, by the type of the question. A Map, since the type comes
 * from the backplane: in an object `constructor` would be found as well.
 */
export type AnswerFunctions = ReadonlyMap<string, (text: string) => string | Promise<string>>

interface LeaderAnswersOptions {
  backplane: Backplane
  updater: StationUpdater
  clock: SharedClock
  writer: StateWriter
  answers?: AnswerFunctions
  isLeading (): boolean
  /** The term in which this instance leads. */
  term (): number
}

/** Answers the questions of other instances, and those that the leader asks itself. */
export class LeaderAnswers {
  readonly #options: LeaderAnswersOptions

  constructor (options: LeaderAnswersOptions) {
    this.#options = options
  }

  /**
   * Beside the functions in `answers` there are `refresh`: reads Icecast now; `rewrite`: writes everything again; `time`: the
   * answer itself shows that this instance leads, and its time. Resolves to null for a type that this version does not know.
   */
  async answer (type: string, text: string): Promise<string | null> {
    const { updater, writer, answers } = this.#options
    if (type === 'refresh') return String(await updater.refresh())
    if (type === 'rewrite') writer.writeAll()
    return type === 'time' || type === 'rewrite' ? '' : await answers?.get(type)?.(text) ?? null
  }

  /** Sends the answer to all instances, once what has changed through it is written. */
  async reply ({ id, type, text }: Question): Promise<void> {
    const { backplane, clock, writer, isLeading, term } = this.#options
    const answer = await this.answer(type, text)
    if (answer === null || !isLeading()) return
    await writer.settled()
    const { sequence } = writer
    await backplane.tell(encodeAnswer({ id, text: answer, term: term(), sequence, time: Math.round(clock.now().wall) }))
  }
}
