/** `2.4` is 2.4.4, `2.5` is 2.5.0-rc2, `kh` is icecast-kh 2.4.0-kh22. */
export type Version = '2.4' | '2.5' | 'kh'

export interface Credentials {
  username: string
  password: string
}

/** What a fake Icecast is set to; all of it has a default. */
export interface FakeIcecastOptions {
  /** Default `2.4`. */
  version: Version
  /** Default 0: any free one, on 127.0.0.1. */
  port: number
  /** The administrator. Default admin, hackme. */
  auth: Credentials
  /**
   * An account that may read feeds and little else: on 2.5 a role for eventfeed, STATS and publicstats, on kh the relay
   * user; 2.4 has none and refuses it. Default relay, hackme.
   */
  limited: Credentials
  /** What it takes itself for in documents: `<hostname>`. Default localhost. */
  hostname: string
  /** `<location>`. Default Earth. */
  location: string
  /** `<admin>`, an address for mail. Default icemaster@localhost. */
  admin: string
  /** Milliseconds that documents stay behind a title and its feed's event. Default 0: they show it at once. */
  lag: number
  /** Milliseconds by which the first title of a new source is late, in documents and feeds; kh takes up to 3000. Default 0. */
  firstTitleLag: number
  /**
   * How many client slots the server has: `<clients>`. Sources, listeners and open feeds take one each. A server without
   * a free slot answers every request as the version does at its limit, and refuses sources. Default: no limit.
   */
  clients: number
  /** Its clock: milliseconds since 1970. Default `Date.now`. */
  now?: () => number
}

/** What a source says of itself when it connects, and what its mount is configured with. */
export interface SourceOptions {
  /** `ice-name`. */
  name?: string
  /** `ice-description`. */
  description?: string
  /** `ice-genre`. */
  genre?: string
  /** `ice-url`. */
  url?: string
  /** kbit/s. `ice-bitrate`. */
  bitrate?: number | string
  /** Default audio/mpeg. An Ogg type carries titles as comments, with the artist apart. */
  contentType?: string
  /** What is inside of Ogg: `Vorbis`, `Opus`, `FLAC`. Only Vorbis has titles on 2.4 and kh. */
  subtype?: string
  /** `ice-audio-info`: `key=value;key=value`. Each becomes a statistic of the mount on 2.4 and kh, whatever its name. */
  audioInfo?: string
  userAgent?: string
  /** The mount has `<hidden>1</hidden>`: the administrator alone sees it. */
  hidden?: boolean
  /**
   * The mount's `<charset>`, default UTF-8. Mind that a real 2.4 or 2.5 where nobody has configured one takes bytes for
   * ISO-8859-1.
   */
  charset?: string
  /** More statistics of the mount, as codecs add them: `{ audio_samplerate: '48000' }`. */
  stats?: Record<string, string>
}

/**
 * A title: text (sent as UTF-8) or bytes, or the fields of an encoder's update. On MP3 and AAC that is Icecast's
 * `/admin/metadata?mode=updinfo`, where `song` is artist and title in one; in Ogg they are comments.
 */
export type Title = string | Uint8Array | TitleFields

export interface TitleFields {
  song?: string | Uint8Array
  artist?: string | Uint8Array
  title?: string | Uint8Array
  url?: string | Uint8Array
  /** What the update declares its bytes to be: `charset=`. */
  charset?: string
}
