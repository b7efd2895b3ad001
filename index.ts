import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { memoryBackplane } from './lib/backplane/memory-backplane.ts'
import { FST_ICECAST_ALREADY_REGISTERED } from './lib/errors.ts'
import { publishChange } from './lib/log/diagnostics.ts'
import { Monitoring } from './lib/metrics/monitoring.ts'
import type { FastifyIcecastOptions } from './lib/options/options.ts'
import { readOptions } from './lib/options/read.ts'
import { createReading } from './lib/plugin/reading.ts'
import { getStationOrThrow } from './lib/state/unknown-station.ts'
import { createServing } from './lib/plugin/serving.ts'
import { createNowPlaying, type NowPlaying } from './lib/state/now-playing.ts'

async function plugin (app: FastifyInstance, options: FastifyIcecastOptions): Promise<void> {
  if (app.hasDecorator('nowPlaying')) throw new FST_ICECAST_ALREADY_REGISTERED()
  const settings = readOptions(options)
  const { log } = app

  const { route, prefix, rebalance } = settings
  const reading = await createReading(settings, log, route && rebalance
    ? { path: app.prefix + prefix + route.url, count: () => monitoring.subscribers, move: (count) => serving.moveSubscribers(count) }
    : null)
  const { state, instance, playout, servers, hints, isReading, outages } = reading
  const serving = createServing(settings, state)
  state.subscribe(publishChange)
  const monitoring = new Monitoring({
    push: serving.metrics,
    servers,
    state,
    leads: () => instance.leads,
    isReading,
    hints: settings.backplane && hints,
    outages
  })
  const nowPlaying = createNowPlaying({
    state,
    leads: () => instance.leads,
    refresh: () => instance.refresh(),
    tell: async (station, details) => await playout.tell(getStationOrThrow(state, station).id, details),
    monitoring,
    onListenerError: (err, event) => log.error({ err }, `a listener of nowPlaying's '${event}' failed`)
  })

  app.decorate('nowPlaying', nowPlaying)
  app.addHook('onReady', async () => { await reading.start() })
  app.addHook('preClose', async () => { await Promise.all([serving.close(), reading.close()]) })

  const { logLevel, logSerializers } = options
  if (route !== null) await serving.registerRoutes(app, route, { prefix, ...logLevel && { logLevel }, ...logSerializers && { logSerializers } })
}

const fastifyIcecast = fp(plugin, { name: 'fastify-icecast', fastify: '5.x' })

export { fastifyIcecast, fastifyIcecast as default, fastifyIcecast as 'module.exports', memoryBackplane }
export type { Backplane, BackplaneListener, StoredState } from './lib/backplane/backplane.ts'
export type { MemoryBackplane, MemoryBackplaneOptions } from './lib/backplane/memory-backplane.ts'
export type {
  FastifyIcecastOptions, FastifyRouteOptions, LimitOptions, RouteOptions, ServerOptions, StationOptions
} from './lib/options/options.ts'
export type { CaCertificates } from './lib/icecast/request.ts'
export type { ChangeMessage, OutageMessage, ReadMessage } from './lib/log/diagnostics.ts'
export type { ComponentHealth, ComponentMetrics, Health, Metrics } from './lib/metrics/monitoring.ts'
export type { ReadResult, ServerHealth, ServerMetrics } from './lib/metrics/server-monitor.ts'
export type { DropReason, RefusalReason } from './lib/push/metrics.ts'
export type { EnrichHandler, EnrichOptions, EnrichResult, ObjectSchema } from './lib/enrich/enrich-options.ts'
export type { KindFunction, KindRule } from './lib/metadata/kind.ts'
export type { ParsedTrack, ParseTrack } from './lib/metadata/track.ts'
export type { TrackDetails } from './lib/metadata/track-details.ts'
export type { TellReason, TellResult } from './lib/stations/tell-result.ts'
export type { NowPlaying, NowPlayingEvents } from './lib/state/now-playing.ts'
export type { HistoryStore, StationMemory } from './lib/store/store.ts'
export type { History, Kind, Message, Mount, NextTrack, NowPlayingList, PastTrack, Station, Status, Track } from './lib/schemas.ts'
// A star, since TypeScript lets apps add to an interface only where it is exported so.
export type * from './lib/enrich/track-fields.ts'

declare module 'fastify' {
  interface FastifyInstance {
    nowPlaying: NowPlaying
  }
}
