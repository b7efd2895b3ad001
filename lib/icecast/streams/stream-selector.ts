import type { MountReport, Report } from '../report.ts'

/** `auto`: where the server shows no titles; `always`: each mount that `stations` names; false: never. */
export type InBand = 'auto' | 'always' | false

/** What is known of a stream that is followed. Times are monotonic, in ms. */
export interface FollowedStream {
  since: number
  /** It has said what it plays. */
  hasMetadata: boolean
  /** Its format has no metadata that could be read. */
  isUnreadable: boolean
}

export interface StreamSelectorOptions {
  inBand: InBand
  /** The mounts of each station, in order of preference; null: each mount is a station. */
  programmes: ReadonlyArray<readonly string[]> | null
}

/** What the selector remembers of a mount that is live. Times are monotonic, in ms. */
interface Seen {
  streamStart: string | null
  /** Since when its source is known. */
  since: number
  /** When a document last showed a title. */
  titledAt: number
  /** When its stream turned out to say nothing. */
  gaveUpAt: number
}

/** The most streams that `auto` follows on one server: each takes a listener's slot and its bandwidth. */
export const MAX_AUTO_STREAMS = 8
/** A title that is missing for a shorter time is on its way: the source has just connected. */
const MISSING_TITLE_MS = 10_000
/** A document that has shown a title within this time is expected to show the next one, too. */
const TITLE_TTL_MS = 30_000
/** A stream whose titles the server would show as well has none if it has said nothing for this time. */
const PROBE_MS = 60_000
/** Such a stream, or one that cannot be read, is not tried again for this time unless its source reconnects. */
const GAVE_UP_TTL_MS = 600_000
/** The same where the document does not name the codec in Ogg, as 2.4 does not for FLAC. */
const MISSING_CODEC_MS = 2000
/** Titles that 2.4 and icecast-kh do not read. No server reads those of WebM. */
const OGG_WITHOUT_TITLES = new Set(['opus', 'flac', 'speex'])
const OGG = /^(?:audio|video|application)\/(?:x-)?ogg\b/i
const WEBM = /^(?:audio|video)\/(?:webm|x-matroska)\b/i

/** Decides which mounts of one server are followed as a listener would. It does no I/O. */
export class StreamSelector {
  readonly #options: StreamSelectorOptions
  #seen = new Map<string, Seen>()

  constructor (options: StreamSelectorOptions) {
    this.#options = options
  }

  /**
   * Returns the mounts to follow, and how many more would be if there were no limit. `hasOggTitles`: the server shows
   * titles of all Ogg formats (2.5).
   */
  select ({ mounts }: Report, hasOggTitles: boolean, followed: ReadonlyMap<string, FollowedStream>, now: number): { paths: string[], left: string[] } {
    const { inBand, programmes } = this.#options
    const live = new Map(mounts.flatMap((mount) => mount.live ? [[mount.path, mount]] : []))
    this.#remember(live, now)
    if (inBand === false) return { paths: [], left: [] }
    for (const [path, stream] of followed) this.#giveUp(path, live.get(path), stream, hasOggTitles, now)
    const wanted = new Set<string>()
    for (const programme of programmes ?? [...live.keys()].map((path) => [path])) {
      for (const path of programme) {
        const mount = live.get(path)
        if (mount === undefined) continue
        if (inBand === 'always' && programmes !== null) {
          if (!this.#hasGivenUp(path, now)) wanted.add(path)
          continue
        }
        const stream = followed.get(path)
        const isNeeded = this.#isNeeded(mount, hasOggTitles, now)
        if (isNeeded) wanted.add(path)
        // The mounts after one that has titles, or may have them in a moment, are not needed.
        if (isNeeded ? stream === undefined || stream.hasMetadata || now - stream.since < MISSING_TITLE_MS : this.#hasTitles(path, now)) break
      }
    }
    // Those that are followed stay.
    const order = [...wanted].sort((a, b) => Number(followed.has(b)) - Number(followed.has(a)))
    const limit = inBand === 'always' && programmes !== null ? Infinity : MAX_AUTO_STREAMS
    return { paths: order.slice(0, limit), left: order.slice(limit) }
  }

  #remember (live: ReadonlyMap<string, MountReport>, now: number): void {
    this.#seen = new Map([...live].map(([path, { streamStart, title, artist }]) => {
      const known = this.#seen.get(path)
      const isSame = known !== undefined && known.streamStart === streamStart
      return [path, {
        streamStart,
        since: isSame ? known.since : now,
        titledAt: title !== null || artist !== null ? now : known?.titledAt ?? -Infinity,
        gaveUpAt: isSame ? known.gaveUpAt : -Infinity
      }]
    }))
  }

  #giveUp (path: string, mount: MountReport | undefined, { since, hasMetadata, isUnreadable }: FollowedStream, hasOggTitles: boolean, now: number): void {
    const seen = this.#seen.get(path)
    if (mount === undefined || seen === undefined) return
    const isProbed = !hasMetadata && now - since >= PROBE_MS && readsTitles(mount, hasOggTitles) && this.#options.inBand === 'auto'
    if (isUnreadable || isProbed) seen.gaveUpAt = now
  }

  #isNeeded (mount: MountReport, hasOggTitles: boolean, now: number): boolean {
    const since = this.#seen.get(mount.path)?.since ?? now
    if (this.#hasTitles(mount.path, now) || this.#hasGivenUp(mount.path, now)) return false
    if (!readsTitles(mount, hasOggTitles)) return true
    const isUnknown = mount.codec === null && OGG.test(mount.contentType ?? '') && !hasOggTitles
    return now - since >= (isUnknown ? MISSING_CODEC_MS : MISSING_TITLE_MS)
  }

  #hasTitles (path: string, now: number): boolean {
    return now - (this.#seen.get(path)?.titledAt ?? -Infinity) < TITLE_TTL_MS
  }

  #hasGivenUp (path: string, now: number): boolean {
    return now - (this.#seen.get(path)?.gaveUpAt ?? -Infinity) < GAVE_UP_TTL_MS
  }
}

/** Whether the server shows the titles of this format. */
function readsTitles ({ codec, contentType }: MountReport, hasOggTitles: boolean): boolean {
  if (WEBM.test(contentType ?? '')) return false
  return hasOggTitles || !OGG_WITHOUT_TITLES.has(codec ?? '')
}
