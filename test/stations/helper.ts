import type { MountReport, Report } from '../../lib/icecast/report.ts'
import { readDetails, type TrackDetails } from '../../lib/metadata/track-details.ts'
import type { StationOptions } from '../../lib/options/options.ts'
import { KINDS, type Station } from '../../lib/schemas.ts'
import { PublishedState, type StationChange } from '../../lib/state/published-state.ts'
import { StationRegistry, type Outcome, type StartedPlay, type StationRegistryOptions } from '../../lib/stations/station-registry.ts'
import type { Handover } from '../../lib/stations/handover.ts'
import type { SavedStation } from '../../lib/stations/play-tracker.ts'
import type { TellResult } from '../../lib/stations/tell-result.ts'
import type { Timestamp } from '../../lib/stations/timestamp.ts'

/** A mount in few words: its title, null for none, or what is special about it. */
export type MountInShort = string | null | Partial<MountReport>

interface RadioOptions extends Partial<Omit<StationRegistryOptions, 'stations'>> {
  stations?: Record<string, StationOptions>
  /** ms, of all stations. */
  delay?: number
}

const START = Date.UTC(2026, 10, 22)

/** The date, as stations show it, at this many seconds after the start. */
export function date (seconds: number): string {
  return new Date(START + seconds * 1000).toISOString()
}

export function mount (path: string, short: MountInShort): MountReport {
  const special = typeof short === 'object' && short !== null ? short : { title: short }
  return {
    path,
    live: true,
    streamStart: 'start',
    liveSince: null,
    titleSince: null,
    title: null,
    artist: null,
    tags: null,
    name: null,
    description: null,
    genre: null,
    url: null,
    listenUrl: `http://localhost:8000${path}`,
    contentType: 'audio/mpeg',
    codec: 'mp3',
    bitrate: 128,
    listeners: 0,
    listenerPeak: 0,
    ...special
  }
}

/** A registry that is told what happens, second by second, and the state that it fills; it is ticked at its deadlines. */
export class Radio {
  registry: StationRegistry
  readonly #create: () => StationRegistry
  readonly state: PublishedState
  /** The monotonic time at which the registry is ticked next, in ms; null for none. */
  deadline: number | null = null
  /** Every change so far. */
  readonly changes: StationChange[] = []
  /** s that people's clock is off. */
  clockError = 0
  #seconds = 0
  #startedPlays: StartedPlay[] = []
  readonly #serversToRefresh = new Set<number>()
  readonly #failing = new Map<number, number>()
  readonly #from: number

  /** `from`: the tick of the start, in ms; ticks of real clocks have many digits. */
  constructor ({ stations, delay = 0, ...options }: RadioOptions = {}, from = 1234.567891) {
    this.#from = from
    this.#create = () => new StationRegistry({
      stations: stations === undefined ? null : new Map(Object.entries(stations)),
      staleAfter: 10_000,
      servers: 1,
      hold: 10_000,
      history: 10,
      staleTrackAfter: null,
      hide: new Set(),
      waitForEnrich: 0,
      delayOf: () => delay,
      readTrack: ({ artist, title, tags }) => title === null || title === '' ? null : { text: title, artist, title, raw: title, tags, kind: KINDS.find((kind) => title.startsWith(kind)) ?? 'unknown' },
      readKind: ({ text }) => KINDS.find((kind) => text.startsWith(kind)) ?? 'unknown',
      readText: (text) => text.trim(),
      ...options
    }, this.now)
    this.registry = this.#create()
    this.state = new PublishedState({ stations: this.registry.list, isDiscovering: stations === undefined, startedAt: START })
  }

  /** The first station; `id`: this one. */
  station (id?: string): Station {
    const station = id === undefined ? this.state.list[0] : this.state.get(id)
    if (station === undefined) throw new Error('there is no such station')
    return station
  }

  /** At second `at` a server has been read, from second `since` on; it has these mounts. Gives the changes. */
  reports (at: number, mounts: Record<string, MountInShort>, server = 0, since = at): StationChange[] {
    return this.reads(at, { serverId: null, serverStart: null, mounts: Object.entries(mounts).map(([path, short]) => mount(path, short)) }, server, since)
  }

  /** At second `at` a server has been read, from second `since` on; it says this. Gives the changes. */
  reads (at: number, report: Report, server = 0, since = at): StationChange[] {
    return this.#collect(() => {
      this.passes(at)
      this.#failing.delete(server)
      this.#apply(this.registry.report(server, report, this.#moment(since).monotonic, this.#moment(at)))
    })
  }

  /** At second `at` a read of a server fails that began at second `began`. Gives the changes. */
  fails (at: number, server = 0, began = at): StationChange[] {
    return this.#collect(() => {
      this.passes(at)
      const since = this.#failing.get(server) ?? began
      this.#failing.set(server, since)
      this.#apply(this.registry.fail(server, this.#moment(since).monotonic, this.#moment(at)))
    })
  }

  /** At second `at` a read of a server ends that was requested at second `requested`, successfully or not. Gives the changes. */
  refreshed (at: number, server: number, requested = at): StationChange[] {
    return this.#collect(() => {
      this.passes(at)
      this.#apply(this.registry.refreshed(server, this.#moment(requested).monotonic, this.#moment(at)))
    })
  }

  /** The process was paused until second `at`. */
  resumes (at: number): void {
    this.#seconds = at
    this.registry.resume(this.#moment(at))
    this.#apply(this.registry.tick(this.#moment(at)))
  }

  /** The process was too busy for anything until second `at`. Gives the changes. */
  wakes (at: number): StationChange[] {
    return this.#collect(() => {
      this.#seconds = at
      this.#apply(this.registry.tick(this.#moment(at)))
    })
  }

  /** Nothing is read up to second `at`, nor has a read failed. Gives the changes. */
  passes (at: number): StationChange[] {
    return this.#collect(() => {
      const { monotonic: end } = this.#moment(at)
      for (let deadline = this.deadline; deadline !== null && deadline <= end; deadline = this.deadline) {
        const tick = Math.max(deadline, this.#moment(this.#seconds).monotonic)
        this.#apply(this.registry.tick({ monotonic: tick, wall: START + this.clockError * 1000 + tick - this.#from }))
        if (this.deadline !== null && this.deadline <= tick) throw new Error('a deadline that stays in the past is a busy loop')
      }
      this.#seconds = Math.max(this.#seconds, at)
    })
  }

  /** At second `at` the playout system tells this about a track. Gives the answer. */
  tells (at: number, details: TrackDetails, station = 'main'): TellResult {
    this.passes(at)
    const told = readDetails(details, (text) => text)
    if (told === null) throw new Error('nothing is told')
    const { outcome, result } = this.registry.tell(station, told, this.#moment(at))
    this.#apply(outcome)
    return result
  }

  /** At second `at` the user's hook has found this about the plays that had begun. Gives the changes. */
  finds (at: number, begun: readonly Partial<StartedPlay>[], fields: object | null): StationChange[] {
    return this.#collect(() => {
      this.passes(at)
      for (const { station = '', track } of begun) {
        if (track !== undefined) this.#apply(this.registry.enrich({ station, track }, fields, this.#moment(at)))
      }
    })
  }

  /** Earlier plays are given with their tracks restored. Gives the changes. */
  restores (saved: ReadonlyMap<string, SavedStation>): StationChange[] {
    return this.#collect(() => this.#apply(this.registry.restore(saved, this.now)))
  }

  /** Another instance goes on with what this one has handed over. Gives the changes. */
  isTakenOver (): StationChange[] {
    const handovers = this.handsOver()
    this.registry = this.#create()
    return this.takesOver(handovers)
  }

  /** What another instance needs in order to go on, as it is stored. */
  handsOver (): Map<string, Handover> {
    return new Map(this.state.list.flatMap((station): Array<[string, Handover]> => {
      const handover = this.registry.toHandover(station.id, this.now)
      return handover === undefined ? [] : [[station.id, { ...JSON.parse(JSON.stringify(handover)), station }]]
    }))
  }

  /** This instance goes on with what another one has handed over. Gives the changes. */
  takesOver (handovers: ReadonlyMap<string, Handover>): StationChange[] {
    return this.#collect(() => this.#apply(this.registry.takeOver(handovers, this.now)))
  }

  /** The plays that have begun since this was last called. */
  takeStartedPlays (): StartedPlay[] { return this.#startedPlays.splice(0) }

  /** The servers that were to be refreshed since this was last called. */
  takeServersToRefresh (): number[] {
    const servers = [...this.#serversToRefresh]
    this.#serversToRefresh.clear()
    return servers
  }

  /** The last second that there was. */
  get now (): Timestamp { return this.#moment(this.#seconds) }

  #apply (outcome: Outcome): void {
    this.changes.push(...this.state.apply(outcome))
    this.#startedPlays.push(...outcome.startedPlays)
    for (const server of outcome.serversToRefresh) this.#serversToRefresh.add(server)
    this.deadline = outcome.nextDeadline
  }

  #collect (act: () => void): StationChange[] {
    const before = this.changes.length
    act()
    return this.changes.slice(before)
  }

  #moment (seconds: number): Timestamp {
    return { monotonic: this.#from + seconds * 1000, wall: START + (this.clockError + seconds) * 1000 }
  }
}
