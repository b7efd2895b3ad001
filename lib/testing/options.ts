/** `2.4` is 2.4.4, `2.5` is 2.5.0-rc2, `kh` is icecast-kh 2.4.0-kh22. */
export type Version = '2.4' | '2.5' | 'kh'

export interface Credentials {
  username: string
  password: string
}

/** The options of a fake Icecast; each has a default. */
export interface FakeIcecastOptions {
  /** Default `2.4`. */
  version: Version
  /** The port on 127.0.0.1. Default 0: any free port. */
  port: number
  /** The administrator. Default admin, hackme. */
  auth: Credentials
  /**
   * An account that may read feeds and little else: on 2.5 a role for eventfeed, STATS and publicstats, on kh the relay
   * user. 2.4 has no such account and rejects it. Default relay, hackme.
   */
  limited: Credentials
  /** The name of the server in documents: `<hostname>`. Default localhost. */
  hostname: string
  /** `<location>`. Default Earth. */
  location: string
  /** `<admin>`, an e-mail address. Default icemaster@localhost. */
  admin: string
  /** Time in ms that documents are behind a title and its event in the feed. Default 0: they show it at once. */
  lag: number
  /** Time in ms by which the first title of a new source is late, in documents and feeds; a real kh takes up to 3000. Default 0. */
  firstTitleLag: number
  /**
   * The number of client slots: `<clients>`. Each source, listener and open feed occupies one. A server without a free slot
   * answers every request as this version does at its limit, and rejects sources. Default: no limit.
   */
  clients: number
  /**
   * Whether the server has status documents and feeds. Default true. Without them it answers 404 to everything but streams,
   * as hosted servers do.
   */
  documents: boolean
  /**
   * The number of earlier tracks at the beginning of a stream. Default 0. A real Icecast sends the last 64 kB of audio, in
   * which there may be some.
   */
  burst: number
  /** `<mp3-metadata-interval>`: bytes of audio between two blocks of ICY metadata. Default 16000. */
  metadataInterval: number
  /** The clock of the server, in ms since 1970. Default `Date.now`. */
  now?: () => number
}

/** What a source sends when it connects, and how its mount is configured. */
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
  /** Default audio/mpeg. With an Ogg type, titles are sent as comments with a separate artist. */
  contentType?: string
  /** The codec in Ogg: `Vorbis`, `Opus` or `FLAC`. On 2.4 and kh only Vorbis has titles. */
  subtype?: string
  /** `ice-audio-info`: `key=value;key=value`. On 2.4 and kh each key becomes a statistic of the mount, whatever its name. */
  audioInfo?: string
  userAgent?: string
  /** The mount has `<hidden>1</hidden>`: only the administrator sees it. */
  hidden?: boolean
  /**
   * The `<charset>` of the mount, default UTF-8. A real 2.4 or 2.5 without `<charset>` reads bytes as ISO-8859-1.
   */
  charset?: string
  /** More statistics of the mount, such as those that codecs add: `{ audio_samplerate: '48000' }`. */
  stats?: Record<string, string>
}

/**
 * A title: text (sent as UTF-8), bytes, or the fields of an encoder's update. For MP3 and AAC an update is a request to
 * Icecast's `/admin/metadata?mode=updinfo`, where `song` is artist and title in one field; in Ogg the fields are comments.
 */
export type Title = string | Uint8Array | TitleFields

export interface TitleFields {
  song?: string | Uint8Array
  artist?: string | Uint8Array
  title?: string | Uint8Array
  url?: string | Uint8Array
  /** The charset that the update declares: `charset=`. */
  charset?: string
  /** In Ogg: other comments, such as `{ ALBUM: 'Post' }`. They are only in the stream. */
  tags?: Record<string, string>
}
