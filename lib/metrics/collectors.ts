import { FST_ICECAST_READ_ONLY } from '../errors.ts'
import type { NowPlaying } from '../state/now-playing.ts'
import type { Metrics } from './monitoring.ts'
import type { ServerMetrics } from './server-monitor.ts'

export type MetricType = 'counter' | 'gauge' | 'histogram'

/** How the workers of a `node:cluster` are combined to one value. */
export type Aggregator = 'sum' | 'min' | 'max'

export interface MetricValue {
  value: number
  labels: Record<string, string | number>
  /** The name of this series, if it is not the name of the metric. */
  metricName?: string
}

/** One metric with its current values. */
export interface CollectedMetric {
  name: string
  help: string
  type: MetricType
  aggregator: Aggregator
  values: MetricValue[]
}

/**
 * A metric in the shape that the registries of prom-client, @platformatic/prom-client and @prometheus-io/client accept, for
 * `registry.registerMetric(collector)`. Registries read `name`, `aggregator` and `get()` only.
 */
export interface Collector {
  /** A registry that writes OpenMetrics removes `_total` from it. */
  name: string
  readonly help: string
  readonly type: MetricType
  readonly aggregator: Aggregator
  /** The current values. `Client` is inferred where a collector is passed to a client: its types name more than its registry reads. */
  get<Client = CollectedMetric> (): Promise<CollectedMetric & Client>
  /** Does nothing: the counters belong to the plugin. For `registry.resetMetrics()`. */
  reset (): void
  /** @throws FST_ICECAST_READ_ONLY, as the next two: they are here since the types of the clients require them. */
  inc (): never
  labels (): never
  remove (): never
}

interface MetricDefinition {
  name: string
  help: string
  type: MetricType
  aggregator?: Aggregator
  read (metrics: Metrics): MetricValue[]
}

const PREFIX = 'now_playing_'

const DEFINITIONS: readonly MetricDefinition[] = [
  {
    name: 'subscribers',
    type: 'gauge',
    help: 'Connected subscribers by transport.',
    read: ({ webSockets, eventStreams }) => byLabel('transport', { websocket: webSockets, sse: eventStreams })
  },
  {
    name: 'long_polls',
    type: 'gauge',
    help: 'Requests with ?wait that are held now.',
    read: ({ waiting }) => one(waiting)
  },
  {
    name: 'subscribers_behind',
    type: 'gauge',
    help: 'Subscribers that have not taken yet what they were sent.',
    read: ({ behind }) => one(behind)
  },
  {
    name: 'changes_total',
    type: 'counter',
    help: 'Changes of stations.',
    aggregator: 'max',
    read: ({ changes }) => one(changes)
  },
  {
    name: 'sent_total',
    type: 'counter',
    help: 'Messages sent, over all subscribers, without heartbeats.',
    read: ({ sent }) => one(sent)
  },
  {
    name: 'sent_bytes_total',
    type: 'counter',
    help: 'Bytes of the messages sent, without what TLS and TCP add.',
    read: ({ sentBytes }) => one(sentBytes)
  },
  {
    name: 'skipped_total',
    type: 'counter',
    help: 'Messages that a slow subscriber was not sent, because a newer one replaced them.',
    read: ({ skipped }) => one(skipped)
  },
  {
    name: 'dropped_total',
    type: 'counter',
    help: 'Subscribers dropped by reason: slow, silent (no answer to a heartbeat) or sending (too much data).',
    read: ({ droppedBy }) => byLabel('reason', droppedBy)
  },
  {
    name: 'moved_total',
    type: 'counter',
    help: 'Subscribers asked to reconnect, because this instance had far more than the others.',
    read: ({ moved }) => one(moved)
  },
  {
    name: 'refused_total',
    type: 'counter',
    help: 'Subscribers refused by reason: limits.subscribers, limits.perAddress or origins.',
    read: ({ refusedBy: { subscribers, perAddress, origins } }) => byLabel('reason', { subscribers, per_address: perAddress, origins })
  },
  {
    name: 'stations',
    type: 'gauge',
    help: 'Stations by status.',
    aggregator: 'max',
    read: ({ stations }) => byLabel('status', stations)
  },
  {
    name: 'leads',
    type: 'gauge',
    help: 'Whether this instance leads: 1 or 0. Always 1 without a backplane.',
    read: ({ leads }) => one(Number(leads))
  },
  {
    name: 'server_up',
    type: 'gauge',
    help: 'Whether the last read of the server succeeded: 1 or 0. Missing before the first read and where this instance does not read Icecast.',
    aggregator: 'min',
    read: (metrics) => ofReader(metrics, ({ isUp }) => isUp)
  },
  {
    name: 'server_last_read_timestamp_seconds',
    type: 'gauge',
    help: 'When the server was last read successfully, in seconds since 1970. Missing before that and where this instance does not read Icecast.',
    aggregator: 'max',
    read: (metrics) => ofReader(metrics, ({ lastReadAt }) => lastReadAt === null ? null : lastReadAt / 1000)
  },
  {
    name: 'server_live_feed_up',
    type: 'gauge',
    help: 'Whether the live feed of the server is connected: 1 or 0. Missing where it is not used.',
    aggregator: 'min',
    read: (metrics) => ofReader(metrics, ({ isFeedUp }) => isFeedUp)
  },
  {
    name: 'server_streams',
    type: 'gauge',
    help: 'Streams of the server that are followed because of the titles in them.',
    read: (metrics) => ofReader(metrics, ({ streams }) => streams)
  },
  {
    name: 'server_reads_total',
    type: 'counter',
    help: 'Reads of the server by result: ok, or the error code without FST_ICECAST_.',
    read: ({ servers }) => servers.flatMap(({ server, reads }) => byLabel('result', reads, { server }))
  },
  {
    name: 'server_read_duration_seconds',
    type: 'histogram',
    help: 'Duration of the reads of the server, also of those that failed.',
    read: ({ servers }) => servers.flatMap(readDurations)
  },
  {
    name: 'component_up',
    type: 'gauge',
    help: 'Whether a part beside Icecast works, such as enrich or store: 1 or 0. Only for those that are used.',
    aggregator: 'min',
    read: ({ components }) => components.map(({ component, isUp }) => ({ labels: { component }, value: Number(isUp) }))
  },
  {
    name: 'component_outages_total',
    type: 'counter',
    help: 'Outages of the parts beside Icecast. An outage lasts from the first failure to the next success.',
    read: ({ components }) => components.map(({ component, outages }) => ({ labels: { component }, value: outages }))
  },
  {
    name: 'backplane_hints_total',
    type: 'counter',
    help: 'Texts that this instance has sent to the others over the backplane, and received. Missing without a backplane.',
    read: ({ hints }) => hints === null ? [] : byLabel('direction', { ...hints })
  }
]

/**
 * The figures of `app.nowPlaying` as metrics for a Prometheus client:
 * `for (const collector of collectors(app.nowPlaying)) registry.registerMetric(collector)`.
 */
export function collectors (nowPlaying: Pick<NowPlaying, 'metrics'>): Collector[] {
  return DEFINITIONS.map(({ name, help, type, aggregator = 'sum', read }) => {
    const collector: Collector = {
      name: `${PREFIX}${name}`,
      help,
      type,
      aggregator,
      // The name is read again: see `name` of `Collector`.
      async get <Client> () { return { name: collector.name, help, type, aggregator, values: read(nowPlaying.metrics) } as CollectedMetric & Client },
      reset () {},
      inc: refuse,
      labels: refuse,
      remove: refuse
    }
    return collector
  })
}

function refuse (): never {
  throw new FST_ICECAST_READ_ONLY()
}

function one (value: number): MetricValue[] {
  return [{ labels: {}, value }]
}

function byLabel (label: string, values: Readonly<Record<string, number>>, labels: Readonly<Record<string, string>> = {}): MetricValue[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { ...labels, [label]: name }, value }))
}

/** A value for each server. Those of an instance that has read Icecast before would look like an outage. */
function ofReader ({ isReading, servers }: Metrics, valueOf: (server: ServerMetrics) => number | boolean | null): MetricValue[] {
  if (!isReading) return []
  return servers.flatMap((server) => {
    const value = valueOf(server)
    return value === null ? [] : [{ labels: { server: server.server }, value: Number(value) }]
  })
}

function readDurations ({ server, reads, durationBuckets, durationSum }: ServerMetrics): MetricValue[] {
  const metricName = `${PREFIX}server_read_duration_seconds`
  const total = Object.values(reads).reduce((sum, count) => sum + count)
  return [
    ...durationBuckets.map(({ seconds, reads }) => ({
      metricName: `${metricName}_bucket`, labels: { server, le: seconds === Infinity ? '+Inf' : seconds }, value: reads
    })),
    { metricName: `${metricName}_sum`, labels: { server }, value: durationSum },
    { metricName: `${metricName}_count`, labels: { server }, value: total }
  ]
}
