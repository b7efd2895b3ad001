import type { HintCounts } from '../backplane/count-hints.ts'
import type { OutageComponent, OutageState } from '../log/outage-log.ts'
import type { PushMetrics } from '../push/metrics.ts'
import type { Station, Status } from '../schemas.ts'
import type { PublishedState } from '../state/published-state.ts'
import type { ServerHealth, ServerMetrics, ServerMonitor } from './server-monitor.ts'

/** All figures. Counters start at 0 when the plugin is registered. */
export interface Metrics extends PushMetrics {
  /** Stations by their status. */
  stations: Record<Status, number>
  /** Whether this instance leads; always true without a backplane. */
  leads: boolean
  /** Whether it reads Icecast. While the backplane cannot be used, instances that do not lead read it as well. */
  isReading: boolean
  /** The servers, in the order of the option. Those of an instance that does not read are of the time when it did. */
  servers: ServerMetrics[]
  /** Counters: the texts that the instances exchange over the backplane; null without one. */
  hints: HintCounts | null
  /** The parts beside Icecast that can fail, each only if it is used. */
  components: ComponentMetrics[]
}

export interface ComponentMetrics {
  component: OutageComponent
  /** Whether it works: its last use succeeded. */
  isUp: boolean
  /** Counter: outages. An outage lasts from the first failure to the next success. */
  outages: number
}

/** What `app.nowPlaying.health()` returns. */
export interface Health {
  /**
   * Whether the last read of every server succeeded; false before the first read. On an instance that does not read
   * Icecast: whether the backplane works, the stations are known, and none is `unknown`.
   */
  ok: boolean
  /** Whether this instance leads; always true without a backplane. */
  leads: boolean
  /** The servers, in the order of the option; empty on an instance that does not read them. */
  servers: ServerHealth[]
  /** The parts beside Icecast that can fail, each only if it is used. They do not affect `ok` where Icecast is read. */
  components: ComponentHealth[]
}

export interface ComponentHealth {
  component: OutageComponent
  /** Whether it works: its last use succeeded. */
  ok: boolean
  /** Since when it fails: ISO 8601, UTC, with milliseconds; missing if it does not. */
  since?: string
  /** The first error of this outage; missing if it works. */
  error?: string
}

interface MonitoringSources {
  push: Readonly<PushMetrics>
  servers: readonly ServerMonitor[]
  state: Pick<PublishedState, 'list' | 'isComplete'>
  leads (): boolean
  isReading (): boolean
  /** Null without a backplane. */
  hints: Readonly<HintCounts> | null
  outages (): readonly OutageState[]
}

/** Collects the figures of all modules. Reads only memory. */
export class Monitoring {
  readonly #sources: MonitoringSources

  constructor (sources: MonitoringSources) {
    this.#sources = sources
  }

  get subscribers (): number {
    const { webSockets, eventStreams } = this.#sources.push
    return webSockets + eventStreams
  }

  get metrics (): Metrics {
    const { push, servers, state, leads, isReading, hints, outages } = this.#sources
    return {
      ...structuredClone(push),
      stations: countByStatus(state.list),
      leads: leads(),
      isReading: isReading(),
      servers: servers.map(({ metrics }) => metrics),
      hints: hints && { ...hints },
      components: outages().map(({ component, since, count }) => ({ component, isUp: since === null, outages: count }))
    }
  }

  get health (): Health {
    const { leads, isReading, outages, state } = this.#sources
    const components = outages().map(componentHealth)
    if (isReading()) {
      const servers = this.#sources.servers.map(({ health }) => health)
      return { ok: servers.every(({ ok }) => ok), leads: leads(), servers, components }
    }
    const isConnected = components.every(({ component, ok }) => ok || component !== 'backplane')
    return { ok: isConnected && state.isComplete && state.list.every(({ status }) => status !== 'unknown'), leads: leads(), servers: [], components }
  }
}

function countByStatus (stations: readonly Station[]): Record<Status, number> {
  const counts = { unknown: 0, live: 0, stale: 0, offline: 0 }
  for (const { status } of stations) counts[status]++
  return counts
}

function componentHealth ({ component, since, error }: OutageState): ComponentHealth {
  return {
    component,
    ok: since === null,
    ...since !== null && { since: new Date(since).toISOString() },
    ...error !== null && { error: error.message }
  }
}
