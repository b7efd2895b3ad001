import type { MountReport } from '../icecast/report.ts'
import type { Kind } from '../schemas.ts'
import type { MountOnServer } from './mounts-on-servers.ts'
import type { PlayTracker, ReportedTrack } from './play-tracker.ts'
import type { Timestamp } from './timestamp.ts'

export interface TrackSelectorRules {
  /** Kinds of tracks that are not shown: the track before them stays. */
  hide: ReadonlySet<Kind>
  /** How long a mount may be without a title before another one is used, in ms. */
  hold: number
  /** Turns a mount's title into a track; null when there is no title; `not a track` has the effect of a hidden kind. */
  readTrack(mount: MountReport, station: string): Omit<ReportedTrack, 'mount'> | 'not a track' | null
  /** A mount switches back and forth between two titles, so its server seems to be several. Called once per mount. */
  onAlternatingTitle?(station: string, path: string): void
}

/** A mount on a server that has a title. */
interface Candidate extends MountOnServer {
  /** Null when it is hidden. */
  track: ReportedTrack | null
  /** When its text has appeared, by the monotonic clock in ms. */
  since: number
}

/** The last text of a mount on a server. */
interface Text {
  mount: MountReport
  track: Omit<ReportedTrack, 'mount'> | 'not a track' | null
  since: number
  /** The source has removed its title while it stayed connected. */
  isCleared: boolean
}

/** Mounts and relays of one programme lag behind each other by up to this many ms. */
const MAX_LAG_MS = 10_000
/** A DJ whose programme sends no titles is on air for less. */
const TITLES_TTL_MS = 43_200_000
/** A title that returns on its mount after another one is shown after this many ms: it may be from another server behind the same address. */
const RETURN_DELAY_MS = 3000

/** Selects the mount, and the server, that a station's track is taken from. */
export class TrackSelector {
  readonly #station: string
  readonly #rules: TrackSelectorRules
  readonly #plays: PlayTracker
  readonly #toldKindOf: (track: Omit<ReportedTrack, 'mount'>, now: Timestamp) => Kind | undefined
  /** When a live mount last had a title, by the monotonic clock in ms. */
  #titledAt = -Infinity
  /** By rank. Texts are parsed when they change, not for each report. */
  readonly #texts = new Map<number, Text>()
  /** The rank of the mount and server that the current track was taken from. */
  #currentRank = Infinity
  /** The last text that was taken, when, and from which server. */
  #latest = { text: '', at: -Infinity, server: -1 }
  /** The ranks that have shown the latest text: what they show next is newer. */
  readonly #inSync = new Set<number>()
  /** The ranks that have ever shown the same as the current one: they carry the same programme. */
  readonly #sameProgramme = new Set<number>()
  /** Shown by another mount while the current track is held. */
  #next: Candidate | null = null
  /** A candidate that may be outdated, and when it is taken unless something else is reported. `Infinity`: only if it is reported again. */
  #waiting: { candidate: Candidate, until: number } | null = null
  /** The current mount, if it is readable and still shows the latest title. */
  #shown: Candidate | null = null
  /** Paths of the mounts whose titles alternate. */
  readonly #alternating = new Set<string>()

  /** `toldKindOf` returns the kind that the playout system has told of a track. */
  constructor (station: string, rules: TrackSelectorRules, plays: PlayTracker, toldKindOf: (track: Omit<ReportedTrack, 'mount'>, now: Timestamp) => Kind | undefined) {
    this.#toldKindOf = toldKindOf
    this.#station = station
    this.#rules = rules
    this.#plays = plays
  }

  /** When `tick` has to be called, by the monotonic clock in ms; null for never. */
  get deadline (): number | null {
    return this.#waiting === null || this.#waiting.until === Infinity ? null : this.#waiting.until
  }

  /** Whether a live mount has had a title in the last hours. */
  hasTitles (now: Timestamp): boolean { return now.monotonic - this.#titledAt <= TITLES_TTL_MS }

  /** A report has arrived. `live`: the mounts that are live and heard, in order of preference. */
  select (live: readonly MountOnServer[], now: Timestamp): void {
    const candidates = live.flatMap((mount) => this.#toCandidate(mount, now))
    if (candidates.length > 0) this.#titledAt = now.monotonic
    for (const { track, rank } of candidates) if (track !== null && track.text === this.#latest.text) this.#noteSync(rank)
    const { text: latest } = this.#latest
    const waited = this.#waiting
    this.#next = this.#waiting = null
    this.#shown = candidates.find(({ rank, failingSince, track }) => rank === this.#currentRank && failingSince === null && track?.text === latest) ?? null
    this.#choose(live, candidates, now)
    this.#detectAlternation(waited?.candidate, latest)
  }

  /** Mounts that listeners do not hear have titles: what the playout system tells is for these. */
  noteTitles (unheard: readonly MountOnServer[], now: Timestamp): void {
    if (unheard.some(({ mount: { title, artist } }) => title || artist)) this.#titledAt = now.monotonic
  }

  /** Time has passed: when the track was held for long enough, or a candidate has waited for long enough, goes on with it. */
  tick (now: Timestamp): void {
    if (this.#waiting !== null && now.monotonic >= this.#waiting.until) this.#take(this.#waiting.candidate, now)
    if (this.#plays.current === null && this.#next !== null) this.#propose(this.#next, now)
  }

  /** No mount is live. */
  reset (): void {
    this.#next = this.#waiting = this.#shown = null
  }

  /** Decides what to show; the first case that applies wins. */
  #choose (live: readonly MountOnServer[], candidates: readonly Candidate[], now: Timestamp): void {
    const best = candidates.find(({ failingSince }) => failingSince === null) ?? null
    const current = live.find(({ rank }) => rank === this.#currentRank)
    const text = current && this.#texts.get(current.rank)
    if (text?.isCleared) {
      this.#plays.clear(now)
      // Listeners still hear this mount: a fallback's title counts only if this mount stays without one.
      const until = text.since + this.#rules.hold
      if (best !== null && best.rank > this.#currentRank && !this.#sameProgramme.has(best.rank) && now.monotonic < until) {
        this.#waiting = { candidate: best, until }
        return
      }
    }
    // A mount that is preferred, or the same one: it decides.
    if (best !== null && (this.#plays.current === null || best.rank <= this.#currentRank)) return this.#propose(best, now)
    // The current server cannot be read: the same mount may have news on another one. No other mount counts.
    if (current !== undefined && current.failingSince !== null) return this.#standIn(candidates, current.mount.path, current.failingSince, now)
    // The current mount has gone, and another one is live.
    if (best !== null && current === undefined) return this.#propose(best, now)
    // The current mount is live without a title, as after each reconnect, or nothing is live with a title: the track is held.
    this.#next = best
    this.#plays.reportNothing(now)
    this.tick(now)
  }

  #standIn (candidates: readonly Candidate[], path: string, failingSince: number, now: Timestamp): void {
    const candidate = candidates.find((other) => other.mount.path === path && other.failingSince === null)
    if (candidate === undefined) return
    // A spare may word things differently: unless it has shown the same text, only what it has changed since is news.
    if (this.#inSync.has(candidate.rank) || candidate.since > failingSince) this.#propose(candidate, now)
  }

  /** Takes a candidate unless its text may be older than the latest one; then it has to wait. */
  #propose (candidate: Candidate, now: Timestamp): void {
    const until = this.#trustedFrom(candidate, now)
    if (until <= now.monotonic) return this.#take(candidate, now)
    if (candidate.rank !== this.#currentRank) {
      if (this.#shown === null) this.#plays.reportNothing(now)
      else this.#take(this.#shown, now)
    }
    this.#waiting = { candidate, until }
  }

  /** The monotonic time in ms from which a candidate's text is trusted to be current. */
  #trustedFrom ({ track, rank, server, since, mount, readSince }: Candidate, now: Timestamp): number {
    const { text, at } = this.#latest
    if (track === null || track.text === text) return -Infinity
    if (rank === this.#currentRank) {
      const hasReturned = this.#plays.hasJustEnded(track.text, now, MAX_LAG_MS)
      return hasReturned ? since + (this.#alternating.has(mount.path) ? MAX_LAG_MS : RETURN_DELAY_MS) : -Infinity
    }
    // The document may be from before the latest title.
    if (server !== this.#latest.server && readSince < at) return Infinity
    if (this.#inSync.has(rank)) return -Infinity
    const mayLag = this.#sameProgramme.has(rank) || mount.path === this.#currentPath ||
      (rank > this.#currentRank && this.#plays.hasJustEnded(track.text, now, MAX_LAG_MS))
    return mayLag && readSince < at + MAX_LAG_MS ? Infinity : -Infinity
  }

  get #currentPath (): string | undefined { return this.#texts.get(this.#currentRank)?.mount.path }

  #take (candidate: Candidate, now: Timestamp): void {
    const { track, rank, server, mount } = candidate
    this.#waiting = null
    if (track === null) return this.#plays.reportHidden(now)
    if (track.text !== this.#latest.text) {
      this.#inSync.clear()
      this.#latest = { text: track.text, at: now.monotonic, server }
    }
    this.#inSync.add(rank)
    this.#currentRank = rank
    this.#plays.report(track, now, mount.titleSince)
  }

  #noteSync (rank: number): void {
    this.#inSync.add(rank)
    if (rank !== this.#currentRank) this.#sameProgramme.add(rank).add(this.#currentRank)
  }

  /** A title that had returned is gone again, for the one after which it had returned (`latest`). */
  #detectAlternation (waited: Candidate | undefined, latest: string): void {
    if (waited === undefined || waited.rank !== this.#currentRank || this.#alternating.has(waited.mount.path)) return
    const track = this.#texts.get(waited.rank)?.track
    if (typeof track !== 'object' || track?.text !== latest) return
    this.#alternating.add(waited.mount.path)
    this.#rules.onAlternatingTitle?.(this.#station, waited.mount.path)
  }

  #toCandidate (mountOnServer: MountOnServer, now: Timestamp): Candidate[] {
    const { mount, rank } = mountOnServer
    const text = this.#read(mount, rank, now)
    const { since } = text
    if (text.track === null) return []
    if (text.track !== 'not a track') {
      // Kept with the text, since what was told waits for a few seconds only.
      const kind = this.#toldKindOf(text.track, now)
      if (kind !== undefined) text.track = { ...text.track, kind }
    }
    const { track } = text
    const isShown = track !== 'not a track' && !this.#rules.hide.has(track.kind)
    return [{ ...mountOnServer, track: isShown ? { ...track, mount: mount.path } : null, since }]
  }

  #read (mount: MountReport, rank: number, now: Timestamp): Text {
    const known = this.#texts.get(rank)
    const isSameSource = known?.mount.streamStart === mount.streamStart
    if (known !== undefined && isSameSource && known.mount.title === mount.title && known.mount.artist === mount.artist && hasSameTags(known.mount, mount)) return known
    const text: Text = {
      mount,
      track: this.#rules.readTrack(mount, this.#station),
      since: known !== undefined && known.mount.title === mount.title && known.mount.artist === mount.artist ? known.since : now.monotonic,
      // An explicit empty title. A source that has just connected has sent none yet, so the track is held.
      isCleared: mount.title === '' && !mount.artist && isSameSource && (known.isCleared || known.track !== null)
    }
    this.#texts.set(rank, text)
    return text
  }
}

function hasSameTags (a: MountReport, b: MountReport): boolean {
  return a.tags === b.tags || JSON.stringify(a.tags) === JSON.stringify(b.tags)
}
