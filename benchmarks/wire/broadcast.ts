import Fastify, { type FastifyInstance } from 'fastify'
import type { MountReport } from '../../lib/icecast/report.ts'
import { Broadcaster } from '../../lib/push/broadcaster.ts'
import { ConnectionLimits } from '../../lib/push/connection-limits.ts'
import { LongPolls } from '../../lib/push/long-polls.ts'
import { createMetrics } from '../../lib/push/metrics.ts'
import { nowPlayingRoutes } from '../../lib/routes/now-playing.ts'
import { ensureWebSocketServer } from '../../lib/routes/websocket-server.ts'
import { readOptions } from '../../lib/options/read.ts'
import { createTitleReader } from '../../lib/metadata/title-reader.ts'
import { PublishedState } from '../../lib/state/published-state.ts'
import { StationRegistry } from '../../lib/stations/station-registry.ts'

/** What stations broadcast. */
export interface Programme {
  /** The number of stations. */
  stations: number
  /** The mounts of each. */
  mounts: readonly string[]
  /** s that a song takes; null: the title stays the same. */
  song: number | null
}

export const HEARTBEAT_MS = 25_000
const START = Date.UTC(2026, 10, 22)
/** s between two changes of the audience: listener numbers are published at most this often. */
export const STEP = 10

/** Reading and serving as in the plugin, but with a clock that is set: an hour takes a second. */
export class Broadcast {
  readonly app: FastifyInstance
  readonly broadcaster: Broadcaster
  readonly #programme: Programme
  readonly #registry: StationRegistry
  readonly #state: PublishedState
  #second = 0

  private constructor (programme: Programme, app: FastifyInstance) {
    const { stations, history, route, staleAfter, hold, limits, heartbeat } = readOptions({
      url: 'http://radio.example:8000',
      stations: Object.fromEntries(Array.from({ length: programme.stations }, (_, station) =>
        [`station-${station}`, { name: `Radio Station ${station}`, mounts: programme.mounts.map((mount) => pathOf(station, mount)) }]))
    })
    if (stations === null || route === null) throw new Error('there are no stations')
    const titles = createTitleReader({ ...readOptions({ url: 'http://radio.example' }), onHookError: (error) => { throw error } })
    this.#programme = programme
    this.#registry = new StationRegistry({
      stations, servers: 1, staleAfter, hold, history, staleTrackAfter: null, hide: new Set(), waitForEnrich: 0, delayOf: () => 0, onAlternatingTitle: () => {}, ...titles
    }, this.#now)
    const state = this.#state = new PublishedState({ stations: this.#registry.list, isDiscovering: false, startedAt: START })
    const metrics = createMetrics()
    const connectionLimits = new ConnectionLimits(limits)
    this.app = app
    this.broadcaster = new Broadcaster({ state, limits: connectionLimits, metrics, heartbeat, slowAfter: limits.slowAfter })
    const longPolls = new LongPolls({ max: 0, limits: connectionLimits, metrics })
    state.subscribe((change) => this.broadcaster.publish(change))
    app.register(async (scope) => {
      await ensureWebSocketServer(scope, route.url)
      nowPlayingRoutes(scope, { state, broadcaster: this.broadcaster, longPolls, route, history, origins: null, metrics, limits: connectionLimits, trackFields: {} })
    })
  }

  /** After an hour on air. */
  static async start (programme: Programme): Promise<Broadcast> {
    const broadcast = new Broadcast(programme, Fastify())
    await broadcast.app.ready()
    for (let step = 0; step < 3600 / STEP; step++) await broadcast.advance()
    return broadcast
  }

  /** The audience changes, and songs end that are over. */
  async advance (): Promise<void> {
    this.#second += STEP
    const { stations, mounts } = this.#programme
    const reports = Array.from({ length: stations }, (_, station) => mounts.map((mount, index) => this.#mount(station, mount, index)))
    this.#state.apply(this.#registry.report(0, { serverId: null, serverStart: null, mounts: reports.flat() }, this.#now.monotonic, this.#now))
    await new Promise((resolve) => setImmediate(resolve))
  }

  get #now () { return { monotonic: this.#second * 1000, wall: START + this.#second * 1000 } }

  #mount (station: number, mount: string, index: number): MountReport {
    const { song } = this.#programme
    // The stations do not change their songs at the same time.
    const title = song === null ? 'Morning Talk with Anna Example' : SONGS[Math.floor((this.#second + station * 37) / song + station * 7) % SONGS.length] ?? ''
    const path = pathOf(station, mount)
    return {
      path,
      live: true,
      streamStart: 'start',
      liveSince: new Date(START).toISOString(),
      titleSince: null,
      title,
      artist: null,
      tags: null,
      name: null,
      description: 'The best music of today',
      genre: 'Pop',
      url: 'https://radio.example/',
      listenUrl: `http://radio.example:8000${path}`,
      contentType: 'audio/mpeg',
      codec: 'mp3',
      bitrate: 128,
      listeners: 300 + (this.#second / STEP * (7 + index) + station) % 97,
      listenerPeak: 480
    }
  }
}

/** Artists and titles of usual lengths. */
const ARTISTS = ['Björk', 'Nina Simone', 'The Cure', 'Massive Attack', 'Portishead', 'Radiohead', 'Kate Bush', 'Talk Talk', 'Cocteau Twins', 'David Bowie']
const TITLES = ['Hyperballad', 'Feeling Good', 'Just Like Heaven', 'Teardrop', 'Glory Box', 'Everything in Its Right Place', 'Running Up That Hill']
const SONGS = ARTISTS.flatMap((artist, index) => TITLES.map((_, at) => `${artist} - ${TITLES[(index + at) % TITLES.length]}`))

function pathOf (station: number, mount: string): string { return `/station-${station}${mount}` }
