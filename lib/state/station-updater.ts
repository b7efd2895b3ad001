import { ServerPoller, type ServerPollerOptions } from '../icecast/server-poller.ts'
import type { Outcome, StartedPlay, StationRegistry } from '../stations/station-registry.ts'
import type { Timestamp } from '../stations/timestamp.ts'
import { PauseDetector } from './pause-detector.ts'
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
  readonly #pauses = new PauseDetector(performance.now())
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor (options: StationUpdaterOptions) {
    const { registry, servers } = options
    this.#options = options
    this.#pollers = servers.map((server, index) => new ServerPoller({
      ...server,
      onReport: (report, since) => {
        server.onReport(report, since)
        this.apply(registry.report(index, report, since, this.#now()))
      },
      onFailure: (error, since, began) => {
        server.onFailure(error, since, began)
        this.apply(registry.fail(index, since, this.#now()))
      }
    }))
  }

  start (): void {
    this.#pauses.start(() => this.#now())
    for (const poller of this.#pollers) poller.start()
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#pauses.stop()
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
    for (const server of outcome.serversToRefresh) this.#refresh(server)
    clearTimeout(this.#timer)
    if (outcome.nextDeadline === null || this.#isStopped) return
    const wait = Math.min(MAX_TIMER_MS, Math.max(0, outcome.nextDeadline - performance.now()))
    this.#timer = setTimeout(() => this.apply(registry.tick(this.#now())), wait).unref()
  }

  /** Tells the registry when the read has ended, so that it waits no longer for a server that still cannot be read. */
  #refresh (server: number): void {
    const { monotonic: requestedAt } = this.#now()
    this.#pollers[server]?.refresh().then(() => {
      if (!this.#isStopped) this.apply(this.#options.registry.refreshed(server, requestedAt, this.#now()))
    })
  }

  /** The time. If the process was paused until now, the registry is told first. */
  #now (): Timestamp {
    const time = now()
    if (this.#pauses.hasPaused(time.monotonic)) {
      this.#options.registry.resume(time)
    }
    return time
  }
}

export function now (): Timestamp {
  return { wall: Date.now(), monotonic: performance.now() }
}
