import type { MountReport } from '../icecast/report.ts'
import type { Kind, Mount, Station, Status, Track } from '../schemas.ts'
import { iso, type Moment } from './moment.ts'
import { Plays, type Heard, type Memory } from './play.ts'
import type { ServerView } from './server-view.ts'
import { countListeners, describeMounts, sight, type Sighting } from './sightings.ts'
import { Timeline } from './timeline.ts'

export interface StationRules {
  /** ms that a track is held when its title goes away. */
  hold: number
  /** How many earlier tracks to keep. */
  history: number
  /** ms after which a title that has not changed is no longer shown; null: never. */
  staleTrackAfter: number | null
  /** What isn't shown: the track before it stays. */
  hide: ReadonlySet<Kind>
  /** ms that a new play may wait for what the user's hook finds. */
  waitForEnrich: number
  /** ms from the server's seeing a track to the listeners' hearing it. */
  delayOf (station: string): number
  /** Turns what a mount shows into a track; null when it is none. */
  readTrack (mount: MountReport, station: string): Omit<Heard, 'mount'> | null
  /** Repairs what a source says of itself. */
  readText (text: string, station: string): string
}

/**
 * ms: the mounts of one programme change their titles that far apart at the most. When the one that is heard goes
 * away in between, another may still show what was on before.
 */
const OUT_OF_STEP = 5000

const UNKNOWN: Station['listeners'] = { current: null, peak: null }

/** What is known of a station: its status, its track, its mounts. Told what the servers say, it says what to publish. */
export class StationState {
  readonly id: string
  readonly paths: readonly string[]
  readonly #name: string | null
  readonly #rules: StationRules
  readonly #plays: Plays
  readonly #timeline: Timeline
  #status: Status = 'unknown'
  #since: Moment
  #fallback = false
  #mounts: Mount[]
  #about: Pick<Station, 'name' | 'description' | 'genre' | 'url'>
  #listeners: Station['listeners'] = UNKNOWN
  /** What the user's hook has found, by the track's id. */
  readonly #found = new Map<string, object>()
  /** How often it has found something. */
  #finds = 0
  #described: { parts: readonly unknown[], station: Station } | null = null
  /** The last text of each mount and what it was read as: texts are read when they change, not at each report. */
  readonly #texts = new Map<string, { mount: MountReport, track: Omit<Heard, 'mount'> | null }>()
  #aboutFrom: MountReport | undefined
  /** The server of the current track. */
  #server = 0
  /** What another mount plays while the track of the one that has just fallen silent is held. */
  #next: { heard: Heard, server: number } | null = null
  /** What was known before a restart, until something is known again. */
  #restored: Memory | null = null
  /** No server that can be read has it live: nobody knows whether the track has gone, so it isn't taken away. */
  #isBlind = true

  constructor (id: string, paths: readonly string[], name: string | null, rules: StationRules, now: Moment) {
    const { hold, history, staleTrackAfter } = rules
    const delay = rules.delayOf(id)
    this.id = id
    this.paths = paths
    this.#name = name
    this.#rules = rules
    this.#plays = new Plays({ hold, history, staleTrackAfter, delay })
    this.#timeline = new Timeline(delay)
    this.#since = now
    this.#mounts = describeMounts(paths, [])
    this.#about = { name: name ?? id, description: null, genre: null, url: null }
  }

  /** The tick at which `tick` has something to do; null for none. */
  get deadline (): number | null {
    const deadlines = [this.#isBlind ? null : this.#plays.deadline, this.#timeline.deadline]
    return deadlines.reduce((a, b) => a === null || b === null ? a ?? b : Math.min(a, b))
  }

  /** A server was read, or was not. */
  see (views: readonly ServerView[], now: Moment): void {
    const sightings = sight(this.paths, views)
    const live = sightings.filter(({ mount }) => mount.live)
    const [first] = live
    this.#isBlind = live.every(({ isHeld }) => isHeld) && (first !== undefined || !this.#isOffline(views))
    if (this.#isBlind) {
      if (first === undefined && this.#status !== 'unknown' && this.#isLost(views)) this.#become('stale', now)
      return
    }
    this.#next = this.#restored = null
    this.#mounts = same(this.#mounts, describeMounts(this.paths, sightings))
    this.#listeners = same(this.#listeners, views.some((view) => view.isLost && this.#isOn(view)) ? UNKNOWN : countListeners(live))
    if (first === undefined) {
      this.#become('offline', now)
      this.#fallback = false
      this.#plays.stop(now)
    } else {
      this.#become('live', now)
      this.#fallback = first.mount.path !== this.paths[0]
      this.#describe(first.mount)
      this.#hear(live, now)
    }
    this.#advance(now)
  }

  /** Time has passed. */
  tick (now: Moment): void {
    if (!this.#isBlind) {
      this.#plays.tick(now)
      this.#goOn(now)
    }
    this.#advance(now)
  }

  /** What the user's hook has found for a track; null: nothing. */
  enrich (id: string, fields: object | null, now: Moment): void {
    if (fields !== null && this.#timeline.has(id)) {
      this.#found.set(id, fields)
      this.#finds++
    }
    this.#timeline.release(id, now)
  }

  /** The plays that have begun since this was last asked. */
  takeBegun (): Track[] { return this.#plays.takeBegun() }

  restore (memory: Memory, now: Moment): void {
    this.#restored = memory
    this.#plays.restore(memory, now)
    this.#advance(now)
  }

  /** What to remember over a restart. */
  recall (now: Moment): Memory {
    if (this.#restored !== null) return this.#restored
    const { current, history } = this.#plays
    return { seenAt: iso(now), ...this.#enriched({ track: current, history }) }
  }

  /** As the world may see it: the same object as long as nothing changes. */
  describe (): Station {
    const parts = [this.#about, this.#status, this.#since, this.#fallback, this.#listeners, this.#mounts, this.#timeline.shown, this.#finds]
    const last = this.#described
    if (last !== null && parts.every((part, index) => part === last.parts[index])) return last.station
    const station = {
      id: this.id,
      ...this.#about,
      status: this.#status,
      statusSince: iso(this.#since),
      fallback: this.#fallback,
      listeners: this.#listeners,
      mounts: this.#mounts,
      ...this.#enriched(this.#timeline.shown)
    }
    this.#described = { parts, station }
    return station
  }

  #enriched ({ track, history }: Timeline['shown']): Pick<Station, 'track' | 'history'> {
    const enrich = <T extends Track>(plain: T): T => {
      const found = this.#found.get(plain.id)
      return found === undefined ? plain : { ...plain, ...found }
    }
    return { track: track && enrich(track), history: history.map(enrich) }
  }

  #advance (now: Moment): void {
    const { current: track, history } = this.#plays
    this.#timeline.put({ track, history }, now, this.#rules.waitForEnrich)
    this.#timeline.tick(now)
    for (const id of this.#found.keys()) if (!this.#timeline.has(id)) this.#found.delete(id)
  }

  #become (status: Status, now: Moment): void {
    if (status === this.#status) return
    this.#status = status
    this.#since = now
  }

  /** No mount is live as far as can be seen, and who can be read would know. */
  #isOffline (views: readonly ServerView[]): boolean {
    return !this.#isLost(views) && views.every((view) => view.isRead || view.isLost)
  }

  /** Who would know can't be read. */
  #isLost (views: readonly ServerView[]): boolean {
    return views.every((view) => view.isLost || !view.isRead) || views.some((view) => view.isLost && this.#isOn(view))
  }

  /** It was live on this server. */
  #isOn ({ mounts }: ServerView): boolean {
    return this.paths.some((path) => mounts.get(path)?.live)
  }

  #hear (live: readonly Sighting[], now: Moment): void {
    const next = this.#find(live)
    if (next !== null && !this.#isPausing(next.heard, live) && !this.#isBehind(next, now)) return this.#take(next, now)
    this.#next = next
    this.#plays.hearNothing(now)
    this.#goOn(now)
  }

  #take ({ heard, server }: { heard: Heard, server: number }, now: Moment): void {
    if (this.#rules.hide.has(heard.kind)) return this.#plays.hearAside(now)
    this.#server = server
    this.#plays.hear(heard, now)
  }

  /** The hold is over: on with what another mount plays. */
  #goOn (now: Moment): void {
    if (this.#plays.current === null && this.#next !== null) this.#take(this.#next, now)
  }

  /** The mount that is heard is live without a title, as after each reconnect: no reason yet to go to a lesser one. */
  #isPausing (heard: Heard, live: readonly Sighting[]): boolean {
    const path = this.#plays.current?.mount
    return path !== undefined && live.some(({ mount }) => mount.path === path) && this.paths.indexOf(path) < this.paths.indexOf(heard.mount)
  }

  /** Another mount still shows the track before the current one. */
  #isBehind ({ heard, server }: { heard: Heard, server: number }, now: Moment): boolean {
    const { current, history: [before], began } = this.#plays
    const isSame = heard.mount === current?.mount && server === this.#server
    return current !== null && !isSame && heard.text === before?.text && now.tick - began < OUT_OF_STEP
  }

  #describe (mount: MountReport): void {
    const { name, description, genre, url } = mount
    const from = this.#aboutFrom
    if (from?.name === name && from.description === description && from.genre === genre && from.url === url) return
    const read = (text: string | null): string | null => text === null ? null : this.#rules.readText(text, this.id) || null
    this.#aboutFrom = mount
    this.#about = { name: this.#name ?? read(name) ?? this.id, description: read(description), genre: read(genre), url }
  }

  /** On the first live mount that has a track. */
  #find (live: readonly Sighting[]): { heard: Heard, server: number } | null {
    for (const { mount, server } of live) {
      const track = this.#read(mount, server)
      if (track !== null) return { heard: { ...track, mount: mount.path }, server }
    }
    return null
  }

  #read (mount: MountReport, server: number): Omit<Heard, 'mount'> | null {
    const key = `${server}${mount.path}`
    const known = this.#texts.get(key)
    if (known?.mount.title === mount.title && known.mount.artist === mount.artist) return known.track
    const track = this.#rules.readTrack(mount, this.id)
    this.#texts.set(key, { mount, track })
    return track
  }
}

/** The one from before if the new one says the same: who asks whether something changed need not look inside. */
function same<T> (before: T, now: T): T {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now
}
