// `fastify-icecast/metrics`: the figures of `app.nowPlaying` for Prometheus clients.

export { collectors } from './collectors.ts'
export type { Aggregator, CollectedMetric, Collector, MetricType, MetricValue } from './collectors.ts'
