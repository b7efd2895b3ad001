/** What one read of a server returned: the same shape for every kind of server and document. */
export interface Report {
  /** The name and version that Icecast gives, for example `Icecast 2.4.4`. */
  serverId: string | null
  /** When this Icecast process started, as Icecast gives it; a new value means that it was restarted. */
  serverStart: string | null
  mounts: MountReport[]
  /** Requested mounts about which this report says nothing, not even that they are offline: the account may not see them. */
  unknownMounts?: string[]
}

export interface MountReport {
  /** Decoded, with its leading slash: `/my radio.mp3`. */
  path: string
  /** Whether a source is connected. An entry alone does not prove it: a fallback leaves entries without a source (2.4, 2.5 and kh). */
  live: boolean
  /** When the source connected, as Icecast gives it; a new value means that it reconnected. */
  streamStart: string | null
  /** `streamStart` as ISO 8601 in UTC with milliseconds; null when it is missing or not a date. */
  liveSince: string | null
  /**
   * The title as Icecast gave it. Null: none was given, as after each reconnect of a source. An empty string: the
   * encoder has sent an empty title, or one that the document cannot hold, so the title before it has ended.
   */
  title: string | null
  /** Only where the server keeps the artist apart from the title (Ogg; 2.5; kh). */
  artist: string | null
  /** What else the source said of the track, as it said it, names in lower case; null when there is nothing. */
  tags: Readonly<Record<string, string>> | null
  /**
   * When the server last received metadata, as ISO 8601 in UTC with milliseconds and the server's resolution of 1 s;
   * null where the server does not tell (2.4 and 2.5). kh also moves it when the same title is sent again.
   */
  titleSince: string | null
  name: string | null
  description: string | null
  genre: string | null
  url: string | null
  /** The address of the stream, with a percent-encoded path. */
  listenUrl: string | null
  contentType: string | null
  /** In lower case: `mp3`, `aac`, `vorbis`, `opus`, `flac`, `speex`; null when it is not known. */
  codec: string | null
  /** kbit/s. */
  bitrate: number | null
  /** Listeners of the mount; null when unknown, never 0 for unknown. */
  listeners: number | null
  listenerPeak: number | null
}
