import type { MountReport } from '../icecast/report.ts'
import type { ToldTrack } from '../metadata/track-details.ts'
import type { TrackText } from '../metadata/track.ts'
import type { StationOptions } from '../options/options.ts'
import type { Kind, Mount, Station, Status, Track } from '../schemas.ts'
import { decideStatus } from './decide-status.ts'
import { TrackSelector, type TrackSelectorRules } from './track-selector.ts'
import { StationServers } from './station-servers.ts'
import { after, iso, type Timestamp } from './timestamp.ts'
import type { Handover } from './handover.ts'
import { PlayTracker, type SavedStation } from './play-tracker.ts'
import { reuseIfEqual } from './reuse-if-equal.ts'
import type { ServerView } from './server-view.ts'
import { countListeners, describeMounts, locateMounts, type MountOnServer } from './mounts-on-servers.ts'
import { DelayQueue } from './delay-queue.ts'
import { ToldTracks } from './told-tracks.ts'
import type { TellReason } from './tell-result.ts'
import { ValuesByPlay } from './values-by-play.ts'

export interface StationRules extends TrackSelectorRules {
  /** ms for which a track is held when its title disappears. */
  hold: number
  /** The number of earlier tracks to keep. */
  history: number
  /** ms after which an unchanged title is no longer shown; null: never. */
  staleTrackAfter: number | null
  /** ms for which a new play may wait for the result of `enrich`. */
  waitForEnrich: number
  /** ms from a track's being reported to listeners' hearing it. */
  delayOf (station: string): number
  /** The kind of a track that has no title on Icecast: one that the playout system has told. */
  readKind (track: TrackText, mount: string, station: string): Kind
  /** Repairs the encoding of a source's name, description or genre. */
  readText (text: string, station: string): string
}

const UNKNOWN_LISTENERS: Station['listeners'] = { current: null, peak: null }

/** The state of one station. Takes what the servers report, and describes the station as it is to be published. */
export class StationState {
  readonly id: string
  /** All of its mounts, in order of preference. */
  readonly paths: readonly string[]
  /** Those of the programme. The others are its fallbacks. */
  readonly #programme: readonly string[]
  readonly #name: string | null
  readonly #rules: StationRules
  readonly #plays: PlayTracker
  readonly #selector: TrackSelector
  readonly #delayed: DelayQueue
  readonly #servers = new StationServers()
  readonly #told = new ToldTracks(() => this.#findNeeded())
  #status: Status = 'unknown'
  #statusSince: Timestamp
  /** When a readable server last reported it. */
  #seenAt: Timestamp
  #fallback = false
  #mounts: Mount[]
  #about: Pick<Station, 'name' | 'description' | 'genre' | 'url'>
  #listeners: Station['listeners'] = UNKNOWN_LISTENERS
  /** The results of `enrich`, by track id. */
  readonly #fields = new ValuesByPlay<object>(() => this.#findNeeded())
  /** The id of the current play. */
  #playId: string | null = null
  #described: { parts: readonly unknown[], station: Station } | null = null
  #describedSource: MountReport | undefined
  /** What was saved before a restart, until the first report. */
  #restored: SavedStation | null = null
  /** It is not known whether the station is live. The last state is held, except for a stale title. */
  #isHeld = true

  constructor (id: string, { mounts, fallbacks = [] }: Pick<StationOptions, 'mounts' | 'fallbacks'>, name: string | null, rules: StationRules, now: Timestamp) {
    const { hold, history, staleTrackAfter } = rules
    const delay = rules.delayOf(id)
    this.id = id
    this.paths = [...mounts, ...fallbacks]
    this.#programme = mounts
    this.#name = name
    this.#rules = rules
    this.#plays = new PlayTracker({ hold, history, staleTrackAfter, delay })
    this.#selector = new TrackSelector(id, rules, this.#plays, (track, now) => this.#told.kindOf(track, now))
    this.#delayed = new DelayQueue(delay)
    this.#statusSince = this.#seenAt = now
    this.#mounts = describeMounts(this.paths, [])
    this.#about = { name: name ?? id, description: null, genre: null, url: null }
  }

  /** When `tick` or `advance` has to be called, by the monotonic clock in ms; null when nothing is due. */
  get deadline (): number | null {
    const deadlines = this.#isHeld ? [this.#plays.staleAt] : [this.#plays.deadline, this.#selector.deadline]
    return [...deadlines, this.#delayed.deadline, this.#told.deadline].reduce((a, b) => a === null || b === null ? a ?? b : Math.min(a, b))
  }

  /** A server has been read, or could not be read. */
  update (views: readonly ServerView[], now: Timestamp): void {
    const located = locateMounts(this.paths, views)
    const live = located.filter(({ mount }) => mount.live)
    const [first] = live
    this.#servers.update(views, live, now)
    const status = decideStatus(this.#servers.facts(views, live, this.#decisivePaths()), this.#status)
    this.#isHeld = status !== 'live' && status !== 'offline'
    if (status !== null) this.#setStatus(status, now)
    if (this.#isHeld) return
    this.#restored = null
    this.#seenAt = now
    this.#mounts = reuseIfEqual(this.#mounts, describeMounts(this.paths, located))
    this.#listeners = reuseIfEqual(this.#listeners, this.#servers.hasLost(views) ? UNKNOWN_LISTENERS : countListeners(live))
    if (first === undefined) {
      this.#fallback = false
      this.#selector.reset()
      if (this.#plays.current !== null) this.#told.interrupt(now)
      this.#plays.stop(now)
    } else {
      this.#fallback = first.mount.path !== this.paths[0]
      this.#describeSource(first.mount)
      this.#select(live, views, now)
      this.#told.goOn(now)
      if (this.#selector.hasTitles(now)) this.#told.endStandIn()
      this.#showStandIn(now)
    }
    this.#plays.isKnown = true
    this.#queue(now)
  }

  /** Time has passed. */
  tick (now: Timestamp): void {
    // Without titles on Icecast a track ends when its duration is over, unless something else is told while it is held.
    if (this.#told.tick(now) && !this.#isHeld && !this.#selector.hasTitles(now)) this.#plays.reportNothing(now)
    if (this.#isHeld) {
      this.#plays.tickStale(now)
    } else {
      this.#plays.tick(now)
      this.#selector.tick(now)
    }
    this.#queue(now)
  }

  /**
   * The playout system tells what it knows of a track. Returns the id of the play to which that belongs, or why there is
   * none.
   */
  tell (told: ToldTrack, now: Timestamp): { playId: string } | { reason: TellReason } {
    const isKnown = this.#told.tell(told, this.#plays.current, now)
    if (!this.#selector.hasTitles(now)) this.#told.standIn(told, now)
    const standIn = isKnown ? null : this.#showStandIn(now)
    this.#queue(now)
    const { current } = this.#plays
    if (current !== null && (isKnown || standIn === 'shown')) return { playId: current.id }
    return { reason: standIn === 'hidden' ? 'hidden' : this.#whyNotKnown() }
  }

  /** The process has been paused until `now`. */
  resume (now: Timestamp): void { this.#plays.resume(now) }

  /** Goes on to the next play that is audible by now, one at a time, so that each is published. False when there is none. */
  advance (now: Timestamp): boolean {
    return this.#delayed.advance(now)
  }

  /** `enrich` has returned fields for a track; null: none. */
  enrich (id: string, fields: object | null): void {
    this.#delayed.release(id)
    if (fields === null || !(this.#delayed.ids.has(id) || this.#plays.mayContinue(id))) return
    this.#fields.set(id, fields)
  }

  /** Returns once the plays that have begun, and the plays that continue after a restart without fields from `enrich`. */
  takeStartedPlays (): Track[] { return this.#plays.takeStartedPlays().map((track) => this.#told.addTo(track)) }

  /** Returns once the servers that have to be read now, since the station may have moved to one of them. */
  takeServersToRefresh (): number[] { return this.#servers.takeServersToRefresh() }

  restore (saved: SavedStation, now: Timestamp): void {
    this.#restored = saved
    this.#plays.restore(saved, now)
    // A play that was not audible yet when the process ended has never been published.
    this.#delayed.begin(this.#plays.history.filter(({ audibleAt }) => Date.parse(audibleAt) <= now.wall))
  }

  /** Goes on from what another instance has published and tracked until now. */
  takeOver (handover: Handover, now: Timestamp): void {
    const { station, saved } = handover
    const { status, statusSince, fallback, mounts, name, description, genre, url, listeners, track, history } = station
    const at = (date: string): Timestamp => after(now, Date.parse(date) - now.wall)
    this.#status = status
    this.#statusSince = at(statusSince)
    this.#seenAt = at(saved.seenAt)
    this.#fallback = fallback
    this.#mounts = [...mounts]
    this.#about = { name, description, genre, url }
    this.#listeners = listeners
    this.#plays.takeOver(handover, now)
    this.#told.takeOver(handover.told, at)
    this.#playId = saved.track?.id ?? null
    const { current, history: past } = this.#plays
    const pending = handover.pending.map(({ track, history, audibleAt }) => ({ state: { track, history }, audibleAt: at(audibleAt).monotonic }))
    this.#delayed.takeOver({ track, history }, { track: current, history: past }, pending)
  }

  /** What another instance needs in order to go on. `station`: as it is published. */
  toHandover (station: Station, now: Timestamp): Handover {
    const pending = this.#delayed.pending.map(({ state, audibleAt }) => ({ ...this.#enriched(state), audibleAt: iso(after(now, audibleAt - now.monotonic)) }))
    const tracks = [station, ...pending].map(({ track }) => track)
    const ids = tracks.flatMap((track) => track === null ? [] : [track.id])
    return { station, saved: this.toSaved(), pending, staleText: this.#plays.staleText, told: this.#told.toHandover(new Set(ids)) }
  }

  /** What to save across a restart. */
  toSaved (): SavedStation {
    if (this.#restored !== null) return this.#restored
    const { current, history } = this.#plays
    return { seenAt: iso(this.#seenAt), ...this.#enriched({ track: current, history }) }
  }

  /** The station as it is to be published. The same object as long as nothing changes. */
  describe (): Station {
    const parts = [this.#about, this.#status, this.#statusSince, this.#fallback, this.#listeners, this.#mounts, this.#delayed.shown, this.#fields.version, this.#told.version]
    const last = this.#described
    if (last !== null && parts.every((part, index) => part === last.parts[index])) return last.station
    const station = {
      id: this.id,
      ...this.#about,
      status: this.#status,
      statusSince: iso(this.#statusSince),
      fallback: this.#fallback,
      listeners: this.#listeners,
      mounts: this.#mounts,
      ...this.#enriched(this.#delayed.shown),
      next: this.#told.nextAfter(this.#delayed.shown.track)
    }
    this.#described = { parts, station }
    return station
  }

  #enriched ({ track, history }: DelayQueue['shown']): Pick<Station, 'track' | 'history'> {
    const enrich = <T extends Track>(plain: T): T => {
      const fields = this.#fields.get(plain.id)
      const track = this.#told.addTo(plain)
      return fields === undefined ? track : { ...track, ...fields }
    }
    return { track: track && enrich(track), history: history.map(enrich) }
  }

  /** Where no source gives titles, what the playout system told last is on. Null when it is not, or nothing was told. */
  #showStandIn (now: Timestamp): 'shown' | 'hidden' | null {
    const { latest } = this.#told
    const mount = this.#mounts.find(({ live }) => live)?.path
    if (latest === null || mount === undefined || this.#isHeld || this.#selector.hasTitles(now)) return null
    const { text, artist, title } = latest
    const track = { text, artist, title, raw: text }
    const kind = latest.kind ?? this.#rules.readKind(track, mount, this.id)
    if (this.#rules.hide.has(kind)) {
      this.#plays.reportHidden(now)
      return 'hidden'
    }
    this.#plays.report({ ...track, kind, mount }, now, null)
    return 'shown'
  }

  #whyNotKnown (): TellReason {
    if (this.#isHeld) return 'unread'
    if (this.#status === 'offline') return 'offline'
    return this.#plays.current === null ? 'no-title' : 'other-title'
  }

  #queue (now: Timestamp): void {
    const { current: track, history } = this.#plays
    this.#delayed.add({ track, history }, now, this.#plays.hasStarted(track?.id) ? this.#rules.waitForEnrich : 0)
    if (track !== null && track.id !== this.#playId) this.#told.begin(track, now)
    this.#playId = track?.id ?? null
  }

  /** Tells which plays are published, will be published, or may continue. */
  #findNeeded (): (id: string) => boolean {
    const { ids } = this.#delayed
    return (id) => ids.has(id) || this.#plays.mayContinue(id)
  }

  /** Fallbacks are heard only while no mount of the programme is live. While that is not known, the last track is held. */
  #select (live: readonly MountOnServer[], views: readonly ServerView[], now: Timestamp): void {
    const isOfProgramme = ({ mount }: MountOnServer): boolean => this.#programme.includes(mount.path)
    const heard = live.filter(isOfProgramme)
    if (heard.length > 0) {
      this.#selector.select(heard, now)
      this.#selector.noteTitles(live.filter((one) => !isOfProgramme(one)), now)
    } else if (!this.#servers.mayHave(this.#programme, views)) {
      this.#selector.select(live, now)
    }
  }

  #setStatus (status: Status, now: Timestamp): void {
    if (status === this.#status) return
    this.#status = status
    this.#statusSince = now
  }

  /** The mounts that decide whether the station is offline: all while the status is `unknown`, later those that were last live. */
  #decisivePaths (): readonly string[] {
    return this.#status === 'unknown' ? this.paths : this.#mounts.flatMap(({ path, live }) => live ? [path] : [])
  }

  #describeSource (mount: MountReport): void {
    const { name, description, genre, url } = mount
    const from = this.#describedSource
    if (from?.name === name && from.description === description && from.genre === genre && from.url === url) return
    const read = (text: string | null): string | null => text === null ? null : this.#rules.readText(text, this.id) || null
    this.#describedSource = mount
    this.#about = { name: this.#name ?? read(name) ?? this.id, description: read(description), genre: read(genre), url }
  }
}
