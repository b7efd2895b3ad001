import { Reader, type ReaderOptions } from './icecast/reader.ts'
import type { Board, Change } from './stations/board.ts'
import type { Moment } from './stations/moment.ts'

interface WatchOptions extends ReaderOptions {
  onChange (change: Change): void
}

/** Keeps the board up to date: with what is read, and with the time that passes when nothing is. */
export class Watch {
  readonly #board: Board
  readonly #onChange: (change: Change) => void
  readonly #reader: Reader
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor (board: Board, { onChange, ...options }: WatchOptions) {
    this.#board = board
    this.#onChange = onChange
    this.#reader = new Reader({
      ...options,
      onReport: (report) => {
        options.onReport(report)
        this.#publish(board.report(report, now()))
      },
      onFailure: (error, since) => {
        options.onFailure(error, since)
        this.#publish(board.fail(since, now()))
      }
    })
  }

  start (): void { this.#reader.start() }

  async stop (): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#reader.stop()
  }

  async refresh (): Promise<boolean> { return await this.#reader.refresh() }

  #publish (changes: readonly Change[]): void {
    for (const change of changes) this.#onChange(change)
    clearTimeout(this.#timer)
    const { deadline } = this.#board
    if (deadline === null || this.#isStopped) return
    this.#timer = setTimeout(() => this.#publish(this.#board.tick(now())), Math.max(0, deadline - performance.now())).unref()
  }
}

export function now (): Moment {
  return { date: Date.now(), tick: performance.now() }
}
