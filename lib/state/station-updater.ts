import { ServerPoller, type ServerPollerOptions } from '../icecast/server-poller.ts'
import type { Outcome, StartedPlay, StationRegistry } from '../stations/station-registry.ts'
import type { Timestamp } from '../stations/timestamp.ts'
import type { PublishedState } from './published-state.ts'

interface StationUpdaterOptions {
  registry: StationRegistry
  /** Receives what the registry decides. */
  state: PublishedState
  /** The servers that carry the stations, in the registry's order. */
  servers: readonly ServerPollerOptions[]
  /** A play has begun; by a station's delay it may be published later. */
  onStartedPlay (play: StartedPlay): void
}

/** Node fires a timer with a longer delay at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Reads the servers, passes reports and elapsed time to the registry, and carries out what the registry decides. */
export class StationUpdater {
  readonly #options: StationUpdaterOptions
  readonly #pollers: readonly ServerPoller[]
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor (options: StationUpdaterOptions) {
    const { registry, servers } = options
    this.#options = options
    this.#pollers = servers.map((server, index) => new ServerPoller({
      ...server,
      onReport: (report, since) => {
        server.onReport(report, since)
        this.apply(registry.report(index, report, since, now()))
      },
      onFailure: (error, since) => {
        server.onFailure(error, since)
        this.apply(registry.fail(index, since, now()))
      }
    }))
  }

  start (): void {
    for (const poller of this.#pollers) poller.start()
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await Promise.all(this.#pollers.map((poller) => poller.stop()))
  }

  /** Reads all servers now. Resolves to false when one of them could not be read. */
  async refresh (): Promise<boolean> {
    const reads = await Promise.all(this.#pollers.map((poller) => poller.refresh()))
    return reads.every((isGood) => isGood)
  }

  /** Publishes an outcome, reads the servers that it names, and waits for its deadline. */
  apply (outcome: Outcome): void {
    const { registry, state, onStartedPlay } = this.#options
    state.apply(outcome)
    for (const play of outcome.startedPlays) onStartedPlay(play)
    for (const server of outcome.serversToRefresh) this.#pollers[server]?.refresh()
    clearTimeout(this.#timer)
    if (outcome.nextDeadline === null || this.#isStopped) return
    const wait = Math.min(MAX_TIMER_MS, Math.max(0, outcome.nextDeadline - performance.now()))
    this.#timer = setTimeout(() => this.apply(registry.tick(now())), wait).unref()
  }
}

export function now (): Timestamp {
  return { wall: Date.now(), monotonic: performance.now() }
}
