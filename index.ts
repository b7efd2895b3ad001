import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { FST_ICECAST_ALREADY_REGISTERED } from './lib/errors.ts'
import { textReader } from './lib/metadata/text-reader.ts'
import { NowPlaying } from './lib/now-playing.ts'
import { readOptions, type FastifyIcecastOptions } from './lib/options.ts'
import { OutageLog } from './lib/outage-log.ts'
import { Door } from './lib/push/door.ts'
import { Hub } from './lib/push/hub.ts'
import { noMetrics } from './lib/push/metrics.ts'
import { Waiting } from './lib/push/waiting.ts'
import { nowPlayingRoutes } from './lib/routes/now-playing.ts'
import { Board } from './lib/stations/board.ts'
import { now, Watch } from './lib/watch.ts'

async function plugin (app: FastifyInstance, options: FastifyIcecastOptions): Promise<void> {
  if (app.hasDecorator('nowPlaying')) throw new FST_ICECAST_ALREADY_REGISTERED()
  const { route, prefix, limits, origins, ...settings } = readOptions(options)

  const { url } = settings.server
  const reading = new OutageLog(app.log, url.href, {
    begins: 'Icecast can not be read; trying again until it can', ends: 'Icecast can be read again'
  })
  const feed = new OutageLog(app.log, url.href, {
    begins: 'Icecast\'s live feed can not be followed; titles are polled meanwhile', ends: 'Icecast\'s live feed is followed again'
  })
  const texts = textReader({ ...settings, onHookError: (err) => app.log.error({ err }, '`parseTrack` failed; the default reading stands') })
  const board = new Board({ ...settings, ...texts }, now())
  const metrics = noMetrics()
  const door = new Door(limits)
  const hub = new Hub({ board, door, metrics, heartbeat: settings.heartbeat, slowAfter: limits.slowAfter })
  const waiting = new Waiting(limits.waiting, metrics)
  const watch = new Watch(board, {
    ...settings,
    ...settings.server,
    onReport: () => reading.recover(now().tick),
    onFailure: (error, since) => reading.fail(error, since, now().tick),
    onFeedUp: () => feed.recover(now().tick),
    onFeedDown: (error) => feed.fail(error, now().tick, now().tick),
    onRefused: (err) => app.log.warn({ err, server: url.href }, 'Icecast refused `auth`; reading what it shows to everyone'),
    onChange: (change) => {
      hub.publish(change)
      waiting.publish(change)
      nowPlaying.announce(change)
    }
  })
  const nowPlaying = new NowPlaying({
    board,
    refresh: () => watch.refresh(),
    metrics,
    onListenerError: (err, event) => app.log.error({ err }, `a listener of nowPlaying's '${event}' failed`)
  })

  app.decorate('nowPlaying', nowPlaying)
  app.addHook('onReady', async () => { watch.start() })
  app.addHook('preClose', async () => {
    waiting.close()
    await Promise.all([watch.stop(), hub.close()])
  })

  if (route === null) return
  // In the app's own scope: two servers side by side would both answer one upgrade.
  if (!app.hasDecorator('websocketServer')) await app.register(websocket, { options: { maxPayload: MAX_PAYLOAD } })
  // A scope of its own, since Fastify ignores `prefix` for a plugin that shares its parent's.
  await app.register(async (scope) => nowPlayingRoutes(scope, { board, hub, waiting, route, origins, metrics, door }), { prefix })
}

/** Bytes: other routes may need more than subscribers, who have nothing to say. */
const MAX_PAYLOAD = 1024 * 1024

const fastifyIcecast = fp(plugin, { name: 'fastify-icecast', fastify: '5.x' })

export { fastifyIcecast, fastifyIcecast as default, fastifyIcecast as 'module.exports' }
export type { FastifyIcecastOptions, FastifyRouteOptions, LimitOptions, RouteOptions, StationOptions } from './lib/options.ts'
export type { Metrics } from './lib/push/metrics.ts'
export type { ParsedTrack, ParseTrack } from './lib/metadata/track.ts'
export type { NowPlaying, NowPlayingEvents } from './lib/now-playing.ts'
export type { Message, Mount, NowPlayingList, PastTrack, Station, Status, Track } from './lib/schemas.ts'

declare module 'fastify' {
  interface FastifyInstance {
    nowPlaying: NowPlaying
  }
}
