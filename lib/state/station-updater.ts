import { ServerPoller, type ServerPollerOptions } from '../icecast/server-poller.ts'
import type { StartedPlay, StationRegistry, StationChange } from '../stations/station-registry.ts'
import type { Timestamp } from '../stations/timestamp.ts'

interface StationUpdaterOptions {
  /** Each server that carries the stations, in the board's order. */
  servers: readonly ServerPollerOptions[]
  onChange (change: StationChange): void
  /** A play has begun; by a station's delay it may be published later. */
  onBegin (begun: StartedPlay): void
}

/** ms: a longer timer of Node's fires at once. */
const LONGEST = 2 ** 31 - 1

/** Keeps the board up to date: with what is read, and with the time that passes when nothing is. */
export class StationUpdater {
  readonly #board: StationRegistry
  readonly #options: StationUpdaterOptions
  readonly #readers: readonly ServerPoller[]
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor (board: StationRegistry, options: StationUpdaterOptions) {
    this.#board = board
    this.#options = options
    this.#readers = options.servers.map((server, index) => new ServerPoller({
      ...server,
      onReport: (report, since) => {
        server.onReport(report, since)
        this.publish(board.report(index, report, since, now()))
      },
      onFailure: (error, since) => {
        server.onFailure(error, since)
        this.publish(board.fail(index, since, now()))
      }
    }))
  }

  start (): void {
    for (const reader of this.#readers) reader.start()
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await Promise.all(this.#readers.map((reader) => reader.stop()))
  }

  /** False: a server could not be read. */
  async refresh (): Promise<boolean> {
    const reads = await Promise.all(this.#readers.map((reader) => reader.refresh()))
    return reads.every((isGood) => isGood)
  }

  /** The board was told something: what has come of it. */
  publish (changes: readonly StationChange[]): void {
    for (const change of changes) this.#options.onChange(change)
    for (const begun of this.#board.takeStartedPlays()) this.#options.onBegin(begun)
    for (const server of this.#board.takeServersToRefresh()) this.#readers[server]?.refresh()
    clearTimeout(this.#timer)
    const { deadline } = this.#board
    if (deadline === null || this.#isStopped) return
    const wait = Math.min(LONGEST, Math.max(0, deadline - performance.now()))
    this.#timer = setTimeout(() => this.publish(this.#board.tick(now())), wait).unref()
  }
}

export function now (): Timestamp {
  return { wall: Date.now(), monotonic: performance.now() }
}
