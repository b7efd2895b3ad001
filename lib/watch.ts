import type { Report } from './icecast/report.ts'
import { Loop } from './icecast/loop.ts'
import type { Board, Change } from './stations/board.ts'
import type { Moment } from './stations/moment.ts'

interface WatchOptions {
  read (signal: AbortSignal): Promise<Report>
  interval: number
  timeout: number
  onChange (change: Change): void
  onFailure (error: Error, since: number): void
  onSuccess (tick: number): void
}

/** Keeps the board up to date: with what is read, and with the time that passes when nothing is. */
export class Watch {
  readonly #board: Board
  readonly #onChange: (change: Change) => void
  readonly #loop: Loop
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor (board: Board, options: WatchOptions) {
    const { read, interval, timeout, onChange, onFailure, onSuccess } = options
    this.#board = board
    this.#onChange = onChange
    this.#loop = new Loop({
      read,
      interval,
      timeout,
      onReport: (report) => {
        const moment = now()
        onSuccess(moment.tick)
        this.#publish(board.report(report, moment))
      },
      onFailure: (error, since) => {
        onFailure(error, since)
        this.#publish(board.fail(since, now()))
      }
    })
  }

  start (): void { this.#loop.start() }

  async stop (): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#loop.stop()
  }

  async refresh (): Promise<boolean> { return await this.#loop.refresh() }

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
