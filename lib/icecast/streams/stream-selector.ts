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
  /** Not false: then there is nothing to select. */
  inBand: InBand
  /** The mounts of each station, in order of preference; null: each mount is a station. */
  programmes: ReadonlyArray<readonly string[]> | null
  /** Those of them that are heard only while no other mount of their station is live. */
  fallbacks?: ReadonlySet<string>
}

/** What the selector remembers of a mount that is live. Times are monotonic, in ms. */
interface Seen {
  mount: MountReport
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
  #seen: ReadonlyMap<string, Seen> = new Map()

  constructor (options: StreamSelectorOptions) {
    this.#options = options
  }

  /**
   * Returns the mounts to follow, and those that would be followed if there were no limit. `hasOggTitles`: the server shows
   * titles of all Ogg formats (2.5).
   */
  select ({ mounts }: Report, hasOggTitles: boolean, followed: ReadonlyMap<string, FollowedStream>, now: number): { paths: string[], left: string[] } {
    const { inBand, programmes, fallbacks } = this.#options
    const isForAll = inBand === 'always' && programmes !== null
    this.#seen = new Map(mounts.flatMap((mount) => mount.live ? [[mount.path, see(mount, this.#seen.get(mount.path), now)]] : []))
    for (const [path, stream] of followed) {
      const seen = this.#seen.get(path)
      if (seen !== undefined && (stream.isUnreadable || (!isForAll && hasNothing(seen, stream, hasOggTitles, now)))) seen.gaveUpAt = now
    }
    const wanted = new Set<string>()
    for (const programme of programmes ?? [...this.#seen.keys()].map((path) => [path])) {
      const live = programme.flatMap((path) => this.#seen.get(path) ?? [])
      const first = live.filter(({ mount }) => fallbacks?.has(mount.path) !== true)
      const heard = first.length > 0 ? first : live
      for (const path of isForAll ? all(live, now) : needed(heard, hasOggTitles, followed, now)) wanted.add(path)
    }
    // Those that are followed stay.
    const order = [...wanted].sort((a, b) => Number(followed.has(b)) - Number(followed.has(a)))
    const limit = isForAll ? Infinity : MAX_AUTO_STREAMS
    return { paths: order.slice(0, limit), left: order.slice(limit) }
  }
}

function see (mount: MountReport, known: Seen | undefined, now: number): Seen {
  const isSame = known?.mount.streamStart === mount.streamStart
  return {
    mount,
    since: known !== undefined && isSame ? known.since : now,
    titledAt: mount.title !== null || mount.artist !== null ? now : known?.titledAt ?? -Infinity,
    gaveUpAt: known !== undefined && isSame ? known.gaveUpAt : -Infinity
  }
}

/** The stream says nothing, and the server would show its titles as well: there are none. */
function hasNothing ({ mount }: Seen, { since, hasMetadata }: FollowedStream, hasOggTitles: boolean, now: number): boolean {
  return !hasMetadata && now - since >= PROBE_MS && readsTitles(mount, hasOggTitles)
}

function all (live: readonly Seen[], now: number): string[] {
  return live.filter((seen) => !hasGivenUp(seen, now)).map(({ mount }) => mount.path)
}

/** Of the live mounts of a station those whose titles are needed. */
function needed (live: readonly Seen[], hasOggTitles: boolean, followed: ReadonlyMap<string, FollowedStream>, now: number): string[] {
  const paths: string[] = []
  for (const seen of live) {
    // The mounts after one that has titles, or may have them in a moment, are not needed.
    if (hasTitles(seen, now)) break
    if (!isNeeded(seen, hasOggTitles, now)) continue
    const { path } = seen.mount
    paths.push(path)
    const stream = followed.get(path)
    if (stream === undefined || stream.hasMetadata || now - stream.since < MISSING_TITLE_MS) break
  }
  return paths
}

function isNeeded (seen: Seen, hasOggTitles: boolean, now: number): boolean {
  const { mount: { codec, contentType }, since } = seen
  if (hasGivenUp(seen, now)) return false
  if (!readsTitles(seen.mount, hasOggTitles)) return true
  const isUnknown = codec === null && contentType !== null && OGG.test(contentType) && !hasOggTitles
  return now - since >= (isUnknown ? MISSING_CODEC_MS : MISSING_TITLE_MS)
}

function hasTitles ({ titledAt }: Seen, now: number): boolean {
  return now - titledAt < TITLE_TTL_MS
}

function hasGivenUp ({ gaveUpAt }: Seen, now: number): boolean {
  return now - gaveUpAt < GAVE_UP_TTL_MS
}

/** Whether the server shows the titles of this format. */
function readsTitles ({ codec, contentType }: MountReport, hasOggTitles: boolean): boolean {
  if (contentType !== null && WEBM.test(contentType)) return false
  return hasOggTitles || codec === null || !OGG_WITHOUT_TITLES.has(codec)
}
