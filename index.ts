import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Enricher } from './lib/enrich/enricher.ts'
import { compileFields } from './lib/enrich/fields.ts'
import { FST_ICECAST_ALREADY_REGISTERED } from './lib/errors.ts'
import { createTitleReader } from './lib/metadata/title-reader.ts'
import { createNowPlaying, type NowPlaying } from './lib/state/now-playing.ts'
import { PublishedState } from './lib/state/published-state.ts'
import type { FastifyIcecastOptions, FastifyIcecastServersOptions } from './lib/options/options.ts'
import { readOptions } from './lib/options/read.ts'
import { ConnectionLimits } from './lib/push/connection-limits.ts'
import { Broadcaster } from './lib/push/broadcaster.ts'
import { createMetrics } from './lib/push/metrics.ts'
import { LongPolls } from './lib/push/long-polls.ts'
import { clientRoute } from './lib/routes/client.ts'
import { nowPlayingRoutes } from './lib/routes/now-playing.ts'
import { ensureWebSocketServer } from './lib/routes/websocket-server.ts'
import { loggedPollers } from './lib/log/logged-pollers.ts'
import { StationRegistry } from './lib/stations/station-registry.ts'
import { HistorySaver } from './lib/store/history-saver.ts'
import { now, StationUpdater } from './lib/state/station-updater.ts'

async function plugin (app: FastifyInstance, options: FastifyIcecastOptions | FastifyIcecastServersOptions): Promise<void> {
  if (app.hasDecorator('nowPlaying')) throw new FST_ICECAST_ALREADY_REGISTERED()
  const settings = readOptions(options)
  const { route, prefix, limits, origins, heartbeat, stations, store, enrich } = settings
  const { log } = app

  const titles = createTitleReader({ ...settings, onHookError: (err, hook) => log.error({ err }, `\`${hook}\` failed; the default reading stands`) })
  const startedAt = now()
  const registry = new StationRegistry({
    stations,
    servers: settings.servers.length,
    staleAfter: settings.staleAfter,
    hold: settings.hold,
    history: settings.history,
    staleTrackAfter: settings.staleTrackAfter,
    hide: settings.hide,
    waitForEnrich: enrich?.waitForEnrich ?? 0,
    delayOf: (station) => stations?.get(station)?.delay ?? settings.delay,
    ...titles
  }, startedAt)
  const state = new PublishedState({ stations: registry.list, isDiscovering: stations === null, startedAt: startedAt.wall })
  const fields = enrich && await compileFields(enrich.trackFields)
  const enricher = enrich && fields && new Enricher({
    ...enrich, fields, log, onFound: (play, found) => updater.apply(registry.enrich(play, found, now()))
  })
  const saver = store && new HistorySaver({ store, fields, log, recall: (station) => registry.toSaved(station) })
  const updater = new StationUpdater({
    registry,
    state,
    servers: loggedPollers(settings, log),
    onStartedPlay: (play) => {
      enricher?.ask(play)
      saver?.note(play.station)
    }
  })
  const metrics = createMetrics()
  const door = new ConnectionLimits(limits)
  const hub = new Broadcaster({ state, limits: door, metrics, heartbeat, slowAfter: limits.slowAfter })
  const waiting = new LongPolls({ max: limits.waiting, limits: door, metrics })
  state.subscribe((change) => hub.publish(change))
  state.subscribe((change) => waiting.publish(change))
  const nowPlaying = createNowPlaying({
    state,
    refresh: () => updater.refresh(),
    metrics,
    onListenerError: (err, event) => log.error({ err }, `a listener of nowPlaying's '${event}' failed`)
  })
  state.subscribe(({ station }) => saver?.note(station.id))

  app.decorate('nowPlaying', nowPlaying)
  app.addHook('onReady', async () => {
    if (saver !== null) updater.apply(registry.restore(await saver.load(), now()))
    updater.start()
  })
  app.addHook('preClose', async () => {
    waiting.close()
    enricher?.close()
    await Promise.all([updater.stop(), hub.close(), saver?.close()])
  })

  if (route === null) return
  await ensureWebSocketServer(app)
  // A scope of its own, since Fastify ignores `prefix` for a plugin that shares its parent's.
  await app.register(async (scope) => nowPlayingRoutes(scope, { state, hub, waiting, route, origins, metrics, door, trackFields: enrich?.trackFields.properties ?? {} }), { prefix })
  if (route.client) await app.register(async (scope) => clientRoute(scope, route), { prefix })
}

const fastifyIcecast = fp(plugin, { name: 'fastify-icecast', fastify: '5.x' })

export { fastifyIcecast, fastifyIcecast as default, fastifyIcecast as 'module.exports' }
export type {
  Enrich, FastifyIcecastOptions, FastifyIcecastServersOptions, FastifyRouteOptions, KindRule, LimitOptions, ObjectSchema, RouteOptions, ServerOptions, StationOptions
} from './lib/options/options.ts'
export type { Metrics } from './lib/push/metrics.ts'
export type { Classify } from './lib/metadata/kind.ts'
export type { ParsedTrack, ParseTrack } from './lib/metadata/track.ts'
export type { NowPlaying, NowPlayingEvents } from './lib/state/now-playing.ts'
export type { HistoryStore, StationMemory } from './lib/store/store.ts'
export type { History, Kind, Message, Mount, NowPlayingList, PastTrack, Station, Status, Track } from './lib/schemas.ts'
// A star, since TypeScript lets apps add to an interface only where it is exported so.
export type * from './lib/enrich/track-fields.ts'

declare module 'fastify' {
  interface FastifyInstance {
    nowPlaying: NowPlaying
  }
}
