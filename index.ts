import type { FastifyInstance, RegisterOptions } from 'fastify'
import fp from 'fastify-plugin'
import { Enricher } from './lib/enrich/enricher.ts'
import { compileFields } from './lib/enrich/fields.ts'
import { FST_ICECAST_ALREADY_REGISTERED } from './lib/errors.ts'
import { createTitleReader } from './lib/metadata/title-reader.ts'
import { NowPlaying } from './lib/state/now-playing.ts'
import type { FastifyIcecastOptions, FastifyIcecastServersOptions } from './lib/options/options.ts'
import { readOptions } from './lib/options/read.ts'
import { ConnectionLimits } from './lib/push/connection-limits.ts'
import { Broadcaster } from './lib/push/broadcaster.ts'
import { createMetrics } from './lib/push/metrics.ts'
import { LongPolls } from './lib/push/long-polls.ts'
import { clientRoute } from './lib/routes/client.ts'
import { closeUnusedConnections } from './lib/routes/open-connections.ts'
import { nowPlayingRoutes } from './lib/routes/now-playing.ts'
import { ensureWebSocketServer } from './lib/routes/websocket-server.ts'
import { loggedPollers } from './lib/log/logged-pollers.ts'
import { StationRegistry } from './lib/stations/station-registry.ts'
import { HistorySaver } from './lib/store/history-saver.ts'
import { now, StationUpdater } from './lib/state/station-updater.ts'

async function plugin (app: FastifyInstance, options: (FastifyIcecastOptions | FastifyIcecastServersOptions) & Pick<RegisterOptions, 'logLevel' | 'logSerializers'>): Promise<void> {
  if (app.hasDecorator('nowPlaying')) throw new FST_ICECAST_ALREADY_REGISTERED()
  const settings = readOptions(options)
  const { route, prefix, limits, origins, heartbeat, stations, store, enrich } = settings
  const { logLevel, logSerializers } = options
  const { log } = app

  const texts = createTitleReader({ ...settings, onHookError: (err, hook) => log.error({ err }, `\`${hook}\` failed; the default reading stands`) })
  const board = new StationRegistry({
    ...settings,
    ...texts,
    servers: settings.servers.length,
    waitForEnrich: enrich?.waitForEnrich ?? 0,
    delayOf: (station) => stations?.get(station)?.delay ?? settings.delay
  }, now())
  const fields = enrich && await compileFields(enrich.trackFields)
  const enricher = enrich && fields && new Enricher({
    ...enrich, fields, log, onFound: (begun, found) => watch.publish(board.enrich(begun, found, now()))
  })
  const keeper = store && new HistorySaver({ store, fields, log, recall: (station) => board.toSaved(station) })
  const metrics = createMetrics()
  const door = new ConnectionLimits(limits)
  const hub = new Broadcaster({ state: board, limits: door, metrics, heartbeat, slowAfter: limits.slowAfter })
  const waiting = new LongPolls({ max: limits.waiting, limits: door, metrics })
  const watch = new StationUpdater(board, {
    servers: loggedPollers(settings, log),
    onChange: (change) => {
      hub.publish(change)
      waiting.publish(change)
      nowPlaying.announce(change)
      keeper?.note(change.station.id)
    },
    onBegin: (begun) => {
      enricher?.ask(begun)
      keeper?.note(begun.station)
    }
  })
  const nowPlaying = new NowPlaying({
    board,
    refresh: () => watch.refresh(),
    metrics,
    onListenerError: (err, event) => log.error({ err }, `a listener of nowPlaying's '${event}' failed`)
  })

  app.decorate('nowPlaying', nowPlaying)
  app.addHook('onReady', async () => {
    if (keeper !== null) watch.publish(board.restore(await keeper.load(), now()))
    watch.start()
  })
  app.addHook('preClose', async () => {
    waiting.close()
    enricher?.close()
    await Promise.all([watch.stop(), hub.close(), keeper?.close()])
  })

  if (route === null) return
  closeUnusedConnections(app, metrics)
  // A scope of its own, since Fastify ignores `prefix` and the log options for a plugin that shares its parent's.
  await app.register(async (scope) => {
    await ensureWebSocketServer(scope, route.url)
    if (route.client) await scope.register(async (scope) => clientRoute(scope, route))
    // Its hooks are not for the module.
    await scope.register(async (scope) => nowPlayingRoutes(scope, { board, hub, waiting, route, origins, metrics, door, trackFields: enrich?.trackFields.properties ?? {} }))
  }, { prefix, ...logLevel && { logLevel }, ...logSerializers && { logSerializers } })
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
