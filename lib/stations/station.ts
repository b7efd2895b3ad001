import type { MountReport } from '../icecast/report.ts'
import type { Mount, Station, Status } from '../schemas.ts'
import { iso, type Moment } from './moment.ts'
import { Plays, type Heard } from './play.ts'

export interface StationRules {
  /** ms that a track is held when its title goes away. */
  hold: number
  /** How many earlier tracks to keep. */
  history: number
  /** Turns what a mount shows into a track; null when it is none. */
  readTrack (mount: MountReport, station: string): Omit<Heard, 'mount'> | null
  /** Repairs what a source says of itself. */
  readText (text: string, station: string): string
}

/** What is known of a station: its status, its track, its mounts. Told of each report, it says what to publish. */
export class StationState {
  readonly id: string
  readonly paths: readonly string[]
  readonly #name: string | null
  readonly #rules: StationRules
  readonly #plays: Plays
  #status: Status = 'unknown'
  #since: Moment
  #mounts: readonly Mount[]
  #about: Pick<Station, 'name' | 'description' | 'genre' | 'url'>
  #listeners: Station['listeners'] = { current: null, peak: null }
  /** The last text of each mount and what it was read as: texts are read when they change, not at each report. */
  readonly #texts = new Map<string, { mount: MountReport, track: Omit<Heard, 'mount'> | null }>()
  #aboutFrom: MountReport | undefined
  /** What a less preferred mount plays while the track of the one that has just fallen silent is held. */
  #next: Heard | null = null

  constructor (id: string, paths: readonly string[], name: string | null, rules: StationRules, now: Moment) {
    this.id = id
    this.paths = paths
    this.#name = name
    this.#rules = rules
    this.#plays = new Plays(rules.hold, rules.history)
    this.#since = now
    this.#mounts = paths.map((path) => describeMount(path, undefined))
    this.#about = { name: name ?? id, description: null, genre: null, url: null }
  }

  /** The tick at which `tick` has something to do; null for none. */
  get deadline (): number | null { return this.#plays.deadline }

  /** A good report: `mounts` are all that the server has, by path. */
  report (mounts: ReadonlyMap<string, MountReport>, now: Moment): void {
    this.#mounts = this.paths.map((path) => describeMount(path, mounts.get(path)))
    const live = this.paths.flatMap((path) => mounts.get(path) ?? []).filter((mount) => mount.live)
    this.#listeners = { current: sum(live.map((mount) => mount.listeners)), peak: sum(live.map((mount) => mount.listenerPeak)) }
    const [first] = live
    this.#next = null
    if (first === undefined) {
      this.#become('offline', now)
      this.#plays.stop(now)
      return
    }
    this.#become('live', now)
    this.#describe(first)
    const heard = this.#hear(live)
    if (heard !== null && !this.#isPausing(heard, live)) return this.#plays.hear(heard, now)
    this.#next = heard
    this.#wait(now)
  }

  /** The server can't be read: what was known is held, and said to be held. */
  stale (now: Moment): void {
    if (this.#status !== 'unknown') this.#become('stale', now)
  }

  /** Time has passed. */
  tick (now: Moment): void {
    if (this.deadline !== null) this.#wait(now)
  }

  #wait (now: Moment): void {
    this.#plays.hearNothing(now)
    if (this.#plays.current === null && this.#next !== null) this.#plays.hear(this.#next, now)
  }

  /** As the world may see it. */
  describe (): Station {
    return {
      id: this.id,
      ...this.#about,
      status: this.#status,
      statusSince: iso(this.#since),
      track: this.#plays.current,
      listeners: this.#listeners,
      mounts: [...this.#mounts],
      history: [...this.#plays.history]
    }
  }

  #become (status: Status, now: Moment): void {
    if (status === this.#status) return
    this.#status = status
    this.#since = now
  }

  /** The mount that is heard is live without a title, as after each reconnect: no reason yet to go to a lesser one. */
  #isPausing (heard: Heard, live: readonly MountReport[]): boolean {
    const mount = this.#plays.current?.mount
    return mount !== undefined && live.some(({ path }) => path === mount) && this.paths.indexOf(mount) < this.paths.indexOf(heard.mount)
  }

  #describe (mount: MountReport): void {
    const { name, description, genre, url } = mount
    const from = this.#aboutFrom
    if (from?.name === name && from.description === description && from.genre === genre && from.url === url) return
    const read = (text: string | null): string | null => text === null ? null : this.#rules.readText(text, this.id) || null
    this.#aboutFrom = mount
    this.#about = { name: this.#name ?? read(name) ?? this.id, description: read(description), genre: read(genre), url }
  }

  /** From the first live mount that has a track. */
  #hear (live: readonly MountReport[]): Heard | null {
    for (const mount of live) {
      const track = this.#read(mount)
      if (track !== null) return { ...track, mount: mount.path }
    }
    return null
  }

  #read (mount: MountReport): Omit<Heard, 'mount'> | null {
    const known = this.#texts.get(mount.path)
    if (known?.mount.title === mount.title && known.mount.artist === mount.artist) return known.track
    const track = this.#rules.readTrack(mount, this.id)
    this.#texts.set(mount.path, { mount, track })
    return track
  }
}

function describeMount (path: string, mount: MountReport | undefined): Mount {
  return {
    path,
    live: mount?.live ?? false,
    listenUrl: mount?.listenUrl ?? null,
    contentType: mount?.contentType ?? null,
    bitrate: mount?.bitrate ?? null,
    listeners: mount?.live === true ? mount.listeners : null
  }
}

/** Null when there is nothing to add up, or a part is unknown: a sum without it would be wrong. */
function sum (numbers: ReadonlyArray<number | null>): number | null {
  let total = 0
  for (const number of numbers) {
    if (number === null) return null
    total += number
  }
  return numbers.length === 0 ? null : total
}
