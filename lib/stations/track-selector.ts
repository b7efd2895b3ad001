import type { MountReport } from '../icecast/report.ts'
import type { Kind } from '../schemas.ts'
import type { Timestamp } from './timestamp.ts'
import type { ReportedTrack, PlayTracker } from './play-tracker.ts'
import type { MountOnServer } from './mounts-on-servers.ts'

export interface TrackSelectorRules {
  /** What isn't shown: the track before it stays. */
  hide: ReadonlySet<Kind>
  /** Turns what a mount shows into a track; null when it is none. */
  readTrack (mount: MountReport, station: string): Omit<ReportedTrack, 'mount'> | null
}

/** A mount on a server that has something to say. */
interface Candidate extends MountOnServer {
  heard: ReportedTrack
  /** The tick at which it began to say so. */
  since: number
}

interface Text {
  mount: MountReport
  track: Omit<ReportedTrack, 'mount'> | null
  since: number
}

/** Decides which of a station's mounts its track is taken from. */
export class TrackSelector {
  readonly #station: string
  readonly #rules: TrackSelectorRules
  readonly #plays: PlayTracker
  /** The last text of each mount and what it was read as: texts are read when they change, not at each report. */
  readonly #texts = new Map<number, Text>()
  /** The rank of the one that the current track was taken from. */
  #speaker = Infinity
  /** What another one plays while the current track is held. */
  #next: Candidate | null = null

  constructor (station: string, rules: TrackSelectorRules, plays: PlayTracker) {
    this.#station = station
    this.#rules = rules
    this.#plays = plays
  }

  /** A good report: these are live, in the order of preference. */
  listen (live: readonly MountOnServer[], now: Timestamp): void {
    const voices = live.flatMap((sighting) => this.#voice(sighting, now))
    const best = voices.find(({ failingSince }) => failingSince === null) ?? null
    this.#next = null
    if (best !== null && (this.#plays.current === null || best.rank <= this.#speaker)) return this.#take(best, now)

    const speaker = live.find(({ rank }) => rank === this.#speaker)
    if (speaker !== undefined && speaker.failingSince !== null) return this.#standIn(voices, speaker.mount.path, speaker.failingSince, now)
    // Live without a title, as after each reconnect, it is waited for. When it has gone, one that lags may still show what was on before.
    if (best !== null && speaker === undefined && !this.#plays.hasJustEnded(best.heard.text, now)) return this.#take(best, now)
    this.#next = best
    this.#plays.hearNothing(now)
    this.goOn(now)
  }

  /** Time has passed: if the track was held long enough, on with what another mount plays. */
  goOn (now: Timestamp): void {
    if (this.#plays.current === null && this.#next !== null) this.#take(this.#next, now)
  }

  /** No mount is live. */
  forget (): void {
    this.#next = null
  }

  /** The speaker can't be read since then: the same mount may have news on another server. What else there is need not be heard. */
  #standIn (voices: readonly Candidate[], path: string, failingSince: number, now: Timestamp): void {
    const voice = voices.find((voice) => voice.mount.path === path && voice.failingSince === null)
    // A relay lags, and a spare may word things differently: only what has changed since then is news.
    if (voice === undefined || voice.since <= failingSince || this.#plays.hasJustEnded(voice.heard.text, now)) return
    this.#take(voice, now)
  }

  #take ({ heard, rank }: Candidate, now: Timestamp): void {
    if (this.#rules.hide.has(heard.kind)) return this.#plays.hearAside(now)
    this.#speaker = rank
    this.#plays.hear(heard, now)
  }

  #voice (sighting: MountOnServer, now: Timestamp): Candidate[] {
    const { mount, rank } = sighting
    const { track, since } = this.#read(mount, rank, now)
    return track === null ? [] : [{ ...sighting, heard: { ...track, mount: mount.path }, since }]
  }

  #read (mount: MountReport, rank: number, now: Timestamp): Text {
    const known = this.#texts.get(rank)
    if (known?.mount.title === mount.title && known.mount.artist === mount.artist) return known
    const text = { mount, track: this.#rules.readTrack(mount, this.#station), since: now.monotonic }
    this.#texts.set(rank, text)
    return text
  }
}
