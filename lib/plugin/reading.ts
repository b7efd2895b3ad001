import type { FastifyBaseLogger } from 'fastify'
import { connectInstance, type ConnectedInstance } from '../backplane/connect.ts'
import type { HintCounts } from '../backplane/count-hints.ts'
import { hashOptions } from '../backplane/hash-options.ts'
import type { SubscriberPool } from '../backplane/rebalancer.ts'
import { Enricher } from '../enrich/enricher.ts'
import { compileFields } from '../enrich/fields.ts'
import { loggedPollers } from '../log/logged-pollers.ts'
import type { OutageState } from '../log/outage-log.ts'
import { createTitleReader } from '../metadata/title-reader.ts'
import { ServerMonitor } from '../metrics/server-monitor.ts'
import type { Settings } from '../options/options.ts'
import { Playout } from '../state/playout.ts'
import { PublishedState } from '../state/published-state.ts'
import { SharedClock } from '../state/shared-clock.ts'
import { StationUpdater } from '../state/station-updater.ts'
import { StationRegistry } from '../stations/station-registry.ts'
import type { Timestamp } from '../stations/timestamp.ts'
import { HistorySaver } from '../store/history-saver.ts'

/** The reading half: finds out what is playing, and fills the published state with it. */
export interface Reading {
  state: PublishedState
  instance: ConnectedInstance
  playout: Playout
  servers: readonly ServerMonitor[]
  hints: HintCounts
  /** Whether this instance reads Icecast itself. */
  isReading (): boolean
  outages (): OutageState[]
  /** Loads the history, and begins to read, or to follow the instance that reads. Never rejects. */
  start (): Promise<void>
  /** Ends reading, saves the history, and hands over to another instance. Never rejects. */
  close (): Promise<void>
}

/** `subscribers`: those of this instance, if some may be asked to reconnect to another one. */
export async function createReading (settings: Settings, log: FastifyBaseLogger, subscribers: SubscriberPool | null): Promise<Reading> {
  const { stations, store, enrich, backplane } = settings
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
  const playout = new Playout({
    updater,
    readText: titles.readText,
    ask: (text) => instance.ask('tell', text),
    onShortDuration: (station, duration) => log.warn({ station, duration }, `\`tell\` was given a \`duration\` of ${duration} ms, less than a second: it has to be in milliseconds, not in seconds`)
  })
  const hints = { sent: 0, received: 0 }
  const instance = await connectInstance({
    backplane,
    hints,
    state,
    updater,
    clock,
    log,
    configured: new Set(stations?.keys()),
    optionsHash: hashOptions(settings),
    answers: new Map([['tell', (text) => playout.answer(text)]]),
    subscribers
  })
  return {
    state,
    instance,
    playout,
    servers,
    hints,
    isReading: () => backplane === null || updater.isReading,
    outages: () => [...enricher?.outages ?? [], ...saver?.outages ?? [], ...instance.outages],
    start: async () => {
      // After all others: clients do not wait for the store.
      state.subscribe(({ station }) => saver?.noteChange(station.id))
      await instance.start(await saver?.load() ?? new Map())
    },
    close: async () => {
      enricher?.close()
      await Promise.all([instance.close(), saver?.close()])
    }
  }
}
