import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { connectInstance } from './lib/backplane/connect.ts'
import { memoryBackplane } from './lib/backplane/memory-backplane.ts'
import { Enricher } from './lib/enrich/enricher.ts'
import { compileFields } from './lib/enrich/fields.ts'
import { FST_ICECAST_ALREADY_REGISTERED } from './lib/errors.ts'
import { createTitleReader } from './lib/metadata/title-reader.ts'
import { Playout } from './lib/state/playout.ts'
import { createNowPlaying, type NowPlaying } from './lib/state/now-playing.ts'
import { PublishedState } from './lib/state/published-state.ts'
import { StateWithoutListeners } from './lib/state/state-without-listeners.ts'
import type { FastifyIcecastOptions } from './lib/options/options.ts'
import { readOptions } from './lib/options/read.ts'
import { ConnectionLimits } from './lib/push/connection-limits.ts'
import { Broadcaster } from './lib/push/broadcaster.ts'
import { createMetrics } from './lib/push/metrics.ts'
import { LongPolls } from './lib/push/long-polls.ts'
import { clientRoute } from './lib/routes/client.ts'
import { closeUnusedConnections } from './lib/routes/open-connections.ts'
import { nowPlayingRoutes } from './lib/routes/now-playing.ts'
import { getStationOrThrow } from './lib/routes/unknown-station.ts'
import { ensureWebSocketServer } from './lib/routes/websocket-server.ts'
import { publishChange } from './lib/log/diagnostics.ts'
import { loggedPollers } from './lib/log/logged-pollers.ts'
import { Monitoring } from './lib/metrics/monitoring.ts'
import { ServerMonitor } from './lib/metrics/server-monitor.ts'
import { StationRegistry } from './lib/stations/station-registry.ts'
import type { Timestamp } from './lib/stations/timestamp.ts'
import { HistorySaver } from './lib/store/history-saver.ts'
import { SharedClock } from './lib/state/shared-clock.ts'
import { StationUpdater } from './lib/state/station-updater.ts'

async function plugin (app: FastifyInstance, options: FastifyIcecastOptions): Promise<void> {
  if (app.hasDecorator('nowPlaying')) throw new FST_ICECAST_ALREADY_REGISTERED()
  const settings = readOptions(options)
  const { route, prefix, limits, origins, heartbeat, stations, store, enrich } = settings
  const { logLevel, logSerializers } = options
  const { log } = app

  const titles = createTitleReader({ ...settings, onHookError: (err, hook) => log.error({ err }, `\`${hook}\` failed; using the default`) })
  const createRegistry = (now: Timestamp): StationRegistry => new StationRegistry({
    stations,
    servers: settings.servers.length,
    staleAfter: settings.staleAfter,
    hold: settings.hold,
    history: settings.history,
    staleTrackAfter: settings.staleTrackAfter,
    hide: settings.hide,
    waitForEnrich: enrich?.wait ?? 0,
    delayOf: (station) => stations?.get(station)?.delay ?? settings.delay,
    onAlternatingTitle: (station, mount) => log.warn({ station, mount }, `the title of ${mount} switches back and forth: does more than one server answer at its address?`),
    ...titles
  }, now)
  const clock = new SharedClock()
  const startedAt = clock.now()
  const state = new PublishedState({ stations: createRegistry(startedAt).list, isDiscovering: stations === null, startedAt: startedAt.wall, now: () => clock.now().wall })
  const fields = enrich && await compileFields(enrich.schema)
  const enricher = enrich && fields && new Enricher({
    ...enrich, fields, log, onResult: (play, found) => updater.handle((registry, now) => registry.enrich(play, found, now))
  })
  const saver = store && new HistorySaver({ store, fields, log, toSaved: (station) => updater.toSaved(station) })
  const servers = loggedPollers(settings, log).map((options) => new ServerMonitor(options))
  const updater = new StationUpdater({
    createRegistry,
    state,
    servers: servers.map(({ pollerOptions }) => pollerOptions),
    now: () => clock.now(),
    onStartedPlay: (play) => {
      enricher?.request(play)
      saver?.noteChange(play.station)
      instance.note(play.station)
    }
  })
  const playout = new Playout({ updater, readText: titles.readText, ask: (text) => instance.ask('tell', text) })
  const hints = { sent: 0, received: 0 }
  const instance = await connectInstance({
    backplane: settings.backplane,
    hints,
    state,
    updater,
    clock,
    log,
    configured: new Set(stations?.keys()),
    answers: { tell: (text) => playout.answer(text) }
  })
  const metrics = createMetrics()
  const connectionLimits = new ConnectionLimits(limits)
  const stateWithoutListeners = new StateWithoutListeners(state)
  const broadcaster = new Broadcaster({ state, stateWithoutListeners, limits: connectionLimits, metrics, heartbeat, slowAfter: limits.slowAfter })
  const longPolls = new LongPolls({ max: limits.waiting, limits: connectionLimits, metrics })
  state.subscribe((change) => broadcaster.publish(change))
  state.subscribe((change) => longPolls.publish(change))
  state.subscribe(publishChange)
  const monitoring = new Monitoring({
    push: metrics,
    servers,
    stations: () => state.list,
    leads: () => instance.leads,
    isReading: () => settings.backplane === null || updater.isReading,
    hints: settings.backplane && hints,
    outages: () => [...enricher?.outages ?? [], ...saver?.outages ?? [], ...instance.outages]
  })
  const nowPlaying = createNowPlaying({
    state,
    leads: () => instance.leads,
    refresh: () => instance.refresh(),
    tell: async (station, details) => await playout.tell(getStationOrThrow(state, station).id, details),
    monitoring,
    onListenerError: (err, event) => log.error({ err }, `a listener of nowPlaying's '${event}' failed`)
  })
  state.subscribe(({ station }) => saver?.noteChange(station.id))

  app.decorate('nowPlaying', nowPlaying)
  app.addHook('onReady', async () => {
    await instance.start(await saver?.load() ?? new Map())
  })
  app.addHook('preClose', async () => {
    longPolls.close()
    enricher?.close()
    await Promise.all([instance.close(), broadcaster.close(), saver?.close()])
  })

  if (route === null) return
  closeUnusedConnections(app, metrics)
  // A scope of its own, since Fastify ignores `prefix` and the log options for a plugin that shares its parent's.
  await app.register(async (scope) => {
    await ensureWebSocketServer(scope, route.url)
    if (route.client) await scope.register(async (scope) => clientRoute(scope, route))
    // The hooks of these routes must not run for the browser module.
    await scope.register(async (scope) => nowPlayingRoutes(scope, { state, stateWithoutListeners, broadcaster, longPolls, route, history: settings.history, origins, metrics, limits: connectionLimits, trackFields: enrich?.schema.properties ?? {} }))
  }, { prefix, ...logLevel && { logLevel }, ...logSerializers && { logSerializers } })
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
