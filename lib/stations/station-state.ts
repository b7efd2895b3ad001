import type { MountReport } from '../icecast/report.ts'
import type { Mount, Station, Status, Track } from '../schemas.ts'
import { TrackSelector, type TrackSelectorRules } from './track-selector.ts'
import { StationServers } from './station-servers.ts'
import { iso, type Timestamp } from './timestamp.ts'
import { PlayTracker, type SavedStation } from './play-tracker.ts'
import { reuseIfEqual } from './reuse-if-equal.ts'
import type { ServerView } from './server-view.ts'
import { countListeners, describeMounts, locateMounts } from './mounts-on-servers.ts'
import { DelayQueue } from './delay-queue.ts'

export interface StationRules extends TrackSelectorRules {
  /** ms that a track is held when its title goes away. */
  hold: number
  /** How many earlier tracks to keep. */
  history: number
  /** ms after which a title that has not changed is no longer shown; null: never. */
  staleTrackAfter: number | null
  /** ms that a new play may wait for what the user's hook finds. */
  waitForEnrich: number
  /** ms from the server's seeing a track to the listeners' hearing it. */
  delayOf (station: string): number
  /** Repairs what a source says of itself. */
  readText (text: string, station: string): string
}

/** Of what the user's hook has found: after so many more it is looked which are still needed. */
const MOST_FOUND = 50
const UNKNOWN: Station['listeners'] = { current: null, peak: null }

/** What is known of a station: its status, its track, its mounts. Told what the servers say, it says what to publish. */
export class StationState {
  readonly id: string
  readonly paths: readonly string[]
  readonly #name: string | null
  readonly #rules: StationRules
  readonly #plays: PlayTracker
  readonly #hearing: TrackSelector
  readonly #timeline: DelayQueue
  readonly #homes = new StationServers()
  #status: Status = 'unknown'
  #since: Timestamp
  /** When it was last seen, by a server that could be read. */
  #seen: Timestamp
  #fallback = false
  #mounts: Mount[]
  #about: Pick<Station, 'name' | 'description' | 'genre' | 'url'>
  #listeners: Station['listeners'] = UNKNOWN
  /** What the user's hook has found, by the track's id. */
  readonly #found = new Map<string, object>()
  /** How often it has found something. */
  #finds = 0
  /** How many of them were still needed when it was last looked. */
  #kept = 0
  #described: { parts: readonly unknown[], station: Station } | null = null
  #aboutFrom: MountReport | undefined
  /** What was known before a restart, until something is known again. */
  #restored: SavedStation | null = null
  /** No server that can be read has it live: nobody knows whether the track has gone, so it isn't taken away. */
  #isBlind = true

  constructor (id: string, paths: readonly string[], name: string | null, rules: StationRules, now: Timestamp) {
    const { hold, history, staleTrackAfter } = rules
    const delay = rules.delayOf(id)
    this.id = id
    this.paths = paths
    this.#name = name
    this.#rules = rules
    this.#plays = new PlayTracker({ hold, history, staleTrackAfter, delay })
    this.#hearing = new TrackSelector(id, rules, this.#plays)
    this.#timeline = new DelayQueue(delay)
    this.#since = this.#seen = now
    this.#mounts = describeMounts(paths, [])
    this.#about = { name: name ?? id, description: null, genre: null, url: null }
  }

  /** The tick at which `tick`, or `advance`, has something to do; null for none. */
  get deadline (): number | null {
    const deadlines = [this.#isBlind ? this.#plays.sticksAt : this.#plays.deadline, this.#timeline.deadline]
    return deadlines.reduce((a, b) => a === null || b === null ? a ?? b : Math.min(a, b))
  }

  /** A server was read, or was not. */
  see (views: readonly ServerView[], now: Timestamp): void {
    const sightings = locateMounts(this.paths, views)
    const live = sightings.filter(({ mount }) => mount.live)
    const [first] = live
    this.#homes.see(views, live, now)
    const isInDark = this.#homes.isInDark(views, this.#inDoubt())
    this.#isBlind = live.every(({ failingSince }) => failingSince !== null) && (first !== undefined || isInDark || !this.#homes.isOffline(views))
    if (this.#isBlind) {
      if (first === undefined && this.#status !== 'unknown' && (isInDark || this.#homes.isLost(views))) this.#become('stale', now)
      return
    }
    this.#restored = null
    this.#seen = now
    this.#mounts = reuseIfEqual(this.#mounts, describeMounts(this.paths, sightings))
    this.#listeners = reuseIfEqual(this.#listeners, this.#homes.isLost(views) ? UNKNOWN : countListeners(live))
    if (first === undefined) {
      this.#become('offline', now)
      this.#fallback = false
      this.#hearing.forget()
      this.#plays.stop(now)
    } else {
      this.#become('live', now)
      this.#fallback = first.mount.path !== this.paths[0]
      this.#describe(first.mount)
      this.#hearing.listen(live, now)
    }
    this.#plays.isKnown = true
    this.#put(now)
  }

  /** Time has passed. Also while no server can be read a title doesn't stay for ever. */
  tick (now: Timestamp): void {
    if (this.#isBlind) {
      this.#plays.tickStuck(now)
    } else {
      this.#plays.tick(now)
      this.#hearing.goOn(now)
    }
    this.#put(now)
  }

  /** On to the next that is audible by now; false when there is none. One at a time, so that each is published. */
  advance (now: Timestamp): boolean {
    return this.#timeline.advance(now)
  }

  /** What the user's hook has found for a track; null: nothing. */
  enrich (id: string, fields: object | null): void {
    this.#timeline.release(id)
    if (fields === null || !(this.#timeline.ids.has(id) || this.#plays.mayComeBack(id))) return
    this.#found.set(id, fields)
    this.#finds++
    if (this.#found.size > MOST_FOUND + this.#kept * 2) this.#prune()
  }

  /** The plays that have begun since this was last asked, and those that go on after a restart with nothing found. */
  takeStartedPlays (): Track[] { return this.#plays.takeStartedPlays() }

  /** The servers that it may have gone to, and that are to be read now; once. */
  takeServersToRefresh (): number[] { return this.#homes.takeServersToRefresh() }

  restore (memory: SavedStation, now: Timestamp): void {
    this.#restored = memory
    this.#plays.restore(memory, now)
    // What was still on its way to the ear has not been.
    this.#timeline.begin(this.#plays.history.filter(({ audibleAt }) => Date.parse(audibleAt) <= now.wall))
  }

  /** What to remember over a restart. */
  recall (): SavedStation {
    if (this.#restored !== null) return this.#restored
    const { current, history } = this.#plays
    return { seenAt: iso(this.#seen), ...this.#enriched({ track: current, history }) }
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

  #enriched ({ track, history }: DelayQueue['shown']): Pick<Station, 'track' | 'history'> {
    const enrich = <T extends Track>(plain: T): T => {
      const found = this.#found.get(plain.id)
      return found === undefined ? plain : { ...plain, ...found }
    }
    return { track: track && enrich(track), history: history.map(enrich) }
  }

  #put (now: Timestamp): void {
    const { current: track, history } = this.#plays
    this.#timeline.put({ track, history }, now, this.#plays.hasBegun(track?.id) ? this.#rules.waitForEnrich : 0)
  }

  /** What was found for plays that nobody knows any more. */
  #prune (): void {
    const { ids } = this.#timeline
    for (const id of this.#found.keys()) if (!ids.has(id) && !this.#plays.mayComeBack(id)) this.#found.delete(id)
    this.#kept = this.#found.size
  }

  #become (status: Status, now: Timestamp): void {
    if (status === this.#status) return
    this.#status = status
    this.#since = now
  }

  /** The mounts without which nobody can tell whether it is offline: any at first, then those that it was last heard on. */
  #inDoubt (): readonly string[] {
    return this.#status === 'unknown' ? this.paths : this.#mounts.flatMap(({ path, live }) => live ? [path] : [])
  }

  #describe (mount: MountReport): void {
    const { name, description, genre, url } = mount
    const from = this.#aboutFrom
    if (from?.name === name && from.description === description && from.genre === genre && from.url === url) return
    const read = (text: string | null): string | null => text === null ? null : this.#rules.readText(text, this.id) || null
    this.#aboutFrom = mount
    this.#about = { name: this.#name ?? read(name) ?? this.id, description: read(description), genre: read(genre), url }
  }
}
