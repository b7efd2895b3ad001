import { isSameSong } from '../metadata/same-song.ts'
import { readDetails, toDetails, type ToldTrack, type TrackDetails } from '../metadata/track-details.ts'
import { MAX_TAGS, type Kind, type NextTrack, type Track } from '../schemas.ts'
import { iso, type Timestamp } from './timestamp.ts'
import { ValuesByPlay } from './values-by-play.ts'

/** How long details are kept until Icecast names their track, in ms. Encoders send a title up to 4 s after the playout system does. */
export const TOLD_TTL_MS = 15_000
/** What stands in for titles goes on if its station is back within this time, like a play whose title returns. */
const MAX_INTERRUPTION_MS = 60_000
/** The most tracks of one station whose details are kept at the same time before Icecast names them. */
const MAX_WAITING = 10

interface Waiting {
  told: ToldTrack
  /** When it was told, by the monotonic clock in ms. */
  at: number
}

/** What was told about one station, for the instance that takes over. */
export interface ToldHandover {
  /** By the id of the play. */
  plays: ReadonlyArray<readonly [id: string, details: TrackDetails]>
  /** Told last while no source gave titles. `since`: ISO 8601. */
  standIn: { details: TrackDetails, since: string } | null
}

/** What the playout system has told about one station: details that wait for their play, and details of plays. */
export class ToldTracks {
  #waiting: Waiting[] = []
  readonly #byPlay: ValuesByPlay<ToldTrack>
  /** Told last while no source gave titles, and until when it may be on, by the monotonic clock in ms. */
  #latest: { told: ToldTrack, since: Timestamp, until: number } | null = null
  /** Since when the station that it was on is offline, by the monotonic clock in ms; null: it is not, or it was told since. */
  #interruptedAt: number | null = null

  /** `findNeeded` returns a function that tells which plays are still needed. */
  constructor (findNeeded: () => (id: string) => boolean) {
    this.#byPlay = new ValuesByPlay(findNeeded)
  }

  /** Changes with each change of the details of a play. */
  get version (): number { return this.#byPlay.version }
  /** When `tick` has to be called, by the monotonic clock in ms; null for never. */
  get deadline (): number | null {
    return this.#latest === null || this.#latest.until === Infinity ? null : this.#latest.until
  }

  /** What was told last while no source gave titles; null when it is over. */
  get latest (): ToldTrack | null { return this.#latest?.told ?? null }

  /** Adds details to the current play if they belong to it; otherwise keeps them for a later play. Returns whether they belong to it. */
  tell (told: ToldTrack, current: Track | null, now: Timestamp): boolean {
    this.#waiting = this.#waiting.filter((other) => now.monotonic - other.at <= TOLD_TTL_MS && !isSameSong(other.told, told))
    if (current !== null && isSameSong(told, current)) {
      this.#add(current.id, told)
      return true
    }
    this.#waiting = [...this.#waiting, { told, at: now.monotonic }].slice(-MAX_WAITING)
    return false
  }

  /** No source gives titles: what was told is on until its duration is over, or something else is told. */
  standIn (told: ToldTrack, now: Timestamp): void {
    const since = this.#latest !== null && isSameSong(this.#latest.told, told) ? this.#latest.since : now
    const { duration = Infinity } = told
    this.#interruptedAt = null
    this.#latest = { told, since, until: since.monotonic + plausibleStart(told, since.wall) - since.wall + duration }
  }

  /** Sources give titles: what stood in for them must not return when there are none for a while. */
  endStandIn (): void { this.#latest = null }

  /** The station has gone offline. */
  interrupt (now: Timestamp): void { this.#interruptedAt = now.monotonic }

  /** The station is live. */
  goOn (now: Timestamp): void {
    if (this.#interruptedAt !== null && now.monotonic - this.#interruptedAt > MAX_INTERRUPTION_MS) this.#latest = null
    this.#interruptedAt = null
  }

  /** A play has begun: adds the details that were told before. */
  begin (track: Track, now: Timestamp): void {
    const found = this.#find(track, now)
    if (found === undefined) return
    this.#waiting = this.#waiting.filter((other) => other !== found)
    this.#add(track.id, found.told)
  }

  /** The kind that was told of a track which has not begun yet. */
  kindOf (track: Pick<Track, 'text' | 'artist' | 'title'>, now: Timestamp): Kind | undefined {
    return this.#find(track, now)?.told.kind
  }

  /** Time has passed. Returns true when what was told last is over. */
  tick (now: Timestamp): boolean {
    if (this.#latest === null || now.monotonic < this.#latest.until) return false
    this.#latest = null
    return true
  }

  /** A play with the details that were told. */
  addTo <T extends Track> (track: T): T {
    const told = this.#byPlay.get(track.id)
    if (told === undefined) return track
    const { duration = track.duration, kind = track.kind } = told
    const tags = Object.entries({ ...track.tags, ...told.tags })
    const startedAt = Date.parse(track.startedAt)
    // Listeners hear it end as much later as they hear it begin.
    const end = (ms: number): number => Date.parse(track.audibleAt) - startedAt + plausibleStart(told, startedAt) + ms
    return {
      ...track,
      // Icecast may have one text for both.
      ...track.artist === null && told.artist !== null && { artist: told.artist, title: told.title ?? track.title },
      kind,
      duration,
      endsAt: duration === null ? null : new Date(end(duration)).toISOString(),
      tags: tags.length === 0 ? null : Object.fromEntries(tags.slice(0, MAX_TAGS))
    }
  }

  /** What another instance needs in order to take over: the details of these plays, and the track that is used while no source gives titles. */
  toHandover (ids: ReadonlySet<string>): ToldHandover {
    return {
      plays: [...ids].flatMap((id): ToldHandover['plays'] => {
        const told = this.#byPlay.get(id)
        return told === undefined ? [] : [[id, toDetails(told)]]
      }),
      standIn: this.#latest && { details: toDetails(this.#latest.told), since: iso(this.#latest.since) }
    }
  }

  /** Goes on with what another instance was told. Details that are not valid are left out. */
  takeOver ({ plays, standIn }: ToldHandover, at: (date: string) => Timestamp): void {
    for (const [id, details] of plays) {
      const told = readAgain(details)
      if (told !== null) this.#byPlay.set(id, told)
    }
    const latest = standIn && readAgain(standIn.details)
    if (standIn !== null && latest !== null) this.standIn(latest, at(standIn.since))
  }

  /** What was told to come after a play. */
  nextAfter (track: Track | null): NextTrack | null {
    return track === null ? null : this.#byPlay.get(track.id)?.next ?? null
  }

  #find (track: Pick<Track, 'text' | 'artist' | 'title'>, now: Timestamp): Waiting | undefined {
    return this.#waiting.find(({ told, at }) => now.monotonic - at <= TOLD_TTL_MS && isSameSong(told, track))
  }

  /** What is told again replaces what was told before; what is left out stays. */
  #add (id: string, told: ToldTrack): void {
    const before = this.#byPlay.get(id)
    const { duration = before?.duration, startedAt = before?.startedAt, kind = before?.kind, next = before?.next } = told
    this.#byPlay.set(id, { ...told, duration, startedAt, kind, next, tags: { ...before?.tags, ...told.tags } })
  }
}

/** When a track began that was first seen at `seenAt`: as told, unless the clock of the playout system must be wrong. In ms since 1970. */
function plausibleStart ({ startedAt = NaN, duration = 0 }: ToldTrack, seenAt: number): number {
  return startedAt >= seenAt - duration && startedAt <= seenAt + TOLD_TTL_MS ? startedAt : seenAt
}

/** Null for details that are not valid: another version of this package may have written them. */
function readAgain (details: TrackDetails): ToldTrack | null {
  try {
    return readDetails(details, (text) => text)
  } catch {
    return null
  }
}
