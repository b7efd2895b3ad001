import { ServerPoller, type ServerPollerOptions } from '../icecast/server-poller.ts'
import type { Handover } from '../stations/handover.ts'
import type { SavedStation } from '../stations/play-tracker.ts'
import type { Outcome, StartedPlay, StationRegistry } from '../stations/station-registry.ts'
import type { Timestamp } from '../stations/timestamp.ts'
import { PauseDetector } from './pause-detector.ts'
import type { PublishedState } from './published-state.ts'

interface StationUpdaterOptions {
  /** Creates the stations, of which nothing is known yet. Called for each `start`. */
  createRegistry (now: Timestamp): StationRegistry
  /** Receives what the registry decides. */
  state: PublishedState
  /** The servers that carry the stations, in the registry's order. */
  servers: readonly ServerPollerOptions[]
  /** A play has begun; by a station's delay it may be published later. */
  onStartedPlay (play: StartedPlay): void
  /** The time. Default: by the clocks of this process. */
  now? (): Timestamp
}

/** With several instances: whether this one may publish what it has read. */
export interface PublicationGate {
  /** Asked before anything that was read or that is due is processed; when it returns false, nothing happens. */
  mayPublish (): boolean
  /** A server has been read, or could not be read, and what follows from it has been published. */
  onRead (): void
}

/** What is known about the stations when reading begins: from before a restart, or from the instance that has read them until now. */
export interface KnownStations {
  saved?: ReadonlyMap<string, SavedStation>
  handedOver?: ReadonlyMap<string, Handover>
}

/** Node fires a timer with a longer delay at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

const ALWAYS: PublicationGate = { mayPublish: () => true, onRead: () => {} }

/** From `start` to `stop`: reads the servers, passes reports and elapsed time to the registry, and carries out what the registry decides. */
export class StationUpdater {
  readonly #options: StationUpdaterOptions
  readonly #readTime: () => Timestamp
  readonly #pauses = new PauseDetector(performance.now())
  #timer: NodeJS.Timeout | undefined
  /** Null before the first start. Kept when reading ends, until `discard`. */
  #registry: StationRegistry | null = null
  #pollers: readonly ServerPoller[] = []
  #isReading = false
  gate = ALWAYS

  constructor (options: StationUpdaterOptions) {
    this.#options = options
    this.#readTime = options.now ?? now
  }

  /** Whether the servers are being read. */
  get isReading (): boolean { return this.#isReading }

  /** Begins to read. Does nothing when it does so already. */
  start ({ saved, handedOver }: KnownStations = {}): void {
    if (this.#isReading) return
    this.#isReading = true
    const registry = this.#registry = this.#options.createRegistry(this.#readTime())
    this.#pollers = this.#options.servers.map((server, index) => this.#createPoller(server, index, registry))
    this.#pauses.start(() => this.#now())
    if (saved !== undefined) this.handle((registry, now) => registry.restore(saved, now))
    if (handedOver !== undefined) this.handle((registry, now) => registry.takeOver(handedOver, now))
    for (const poller of this.#pollers) poller.start()
  }

  /**
   * Ends reading at once: reports that are on the way are dropped, so only `close` needs to wait. Resolves when no read or
   * connection of the last run is left. Never rejects. It can be started again.
   */
  async stop (): Promise<void> {
    this.#isReading = false
    clearTimeout(this.#timer)
    this.#pauses.stop()
    await Promise.all(this.#pollers.map((poller) => poller.stop()))
  }

  /** Forgets what was read: from now on the state of another instance counts. */
  discard (): void { this.#registry = null }

  /** Reads all servers now. Resolves to false when one of them could not be read, and when it is stopped. */
  async refresh (): Promise<boolean> {
    const reads = await Promise.all(this.#pollers.map((poller) => poller.refresh()))
    return this.#isReading && reads.every((isGood) => isGood)
  }

  /** What to save about a station; undefined when nothing is known. */
  toSaved (id: string): SavedStation | undefined { return this.#registry?.toSaved(id) }

  /** What another instance needs in order to go on with this station; undefined when nothing is known. */
  toHandover (id: string): Handover | undefined { return this.#registry?.toHandover(id, this.#readTime()) }

  /** Passes an event to the registry, publishes the outcome, reads the servers that it names, and waits for its deadline. */
  handle (event: (registry: StationRegistry, now: Timestamp) => Outcome): void {
    const registry = this.#registry
    if (!this.#isReading || registry === null || !this.gate.mayPublish()) return
    const { state, onStartedPlay } = this.#options
    const outcome = event(registry, this.#now())
    state.apply(outcome)
    for (const play of outcome.startedPlays) onStartedPlay(play)
    // A listener of the app may have closed it.
    if (!this.#isReading) return
    for (const server of outcome.serversToRefresh) this.#refresh(server, registry)
    clearTimeout(this.#timer)
    if (outcome.nextDeadline === null) return
    const wait = Math.min(MAX_TIMER_MS, Math.max(0, outcome.nextDeadline - performance.now()))
    this.#timer = setTimeout(() => this.handle((registry, now) => registry.tick(now)), wait).unref()
  }

  #createPoller (server: ServerPollerOptions, index: number, registry: StationRegistry): ServerPoller {
    return new ServerPoller({
      ...server,
      onReport: (report, since) => {
        server.onReport(report, since)
        this.#handleOf(registry, (now) => registry.report(index, report, since, now))
      },
      onFailure: (error, since, began) => {
        server.onFailure(error, since, began)
        this.#handleOf(registry, (now) => registry.fail(index, since, now))
      }
    })
  }

  /** Ignores an event of a run that has ended. */
  #handleOf (registry: StationRegistry, event: (now: Timestamp) => Outcome): void {
    if (this.#registry !== registry) return
    this.handle((_, now) => event(now))
    this.gate.onRead()
  }

  /** Tells the registry when the read has ended, so that it waits no longer for a server that still cannot be read. */
  #refresh (server: number, registry: StationRegistry): void {
    const { monotonic: requestedAt } = this.#now()
    this.#pollers[server]?.refresh().then(() => this.#handleOf(registry, (now) => registry.refreshed(server, requestedAt, now)))
  }

  /** The time. If the process was paused until now, the registry is told first. */
  #now (): Timestamp {
    const time = this.#readTime()
    if (this.#pauses.hasPaused(time.monotonic)) this.#registry?.resume(time)
    return time
  }
}

export function now (): Timestamp {
  return { wall: Date.now(), monotonic: performance.now() }
}
