/** The result of one read of a server: the same shape for every kind of server and document. */
export interface Report {
  /** Icecast's name and version as it gives them, such as `Icecast 2.4.4`. */
  serverId: string | null
  /** When this Icecast process started, as it gives it; a new value means a restart. */
  serverStart: string | null
  mounts: MountReport[]
  /** Wanted mounts that this read could not see: they may be hidden, and must not be taken for offline. */
  unknownMounts?: string[]
}

export interface MountReport {
  /** Decoded, with its leading slash: `/my radio.mp3`. */
  path: string
  /** A source is connected. An entry alone does not mean that: 2.4, 2.5 and icecast-kh list mounts whose fallback is live. */
  live: boolean
  /** When the source connected, as Icecast gives it; a new value means that it reconnected. */
  streamStart: string | null
  /** As Icecast gave it; null when it gave none or an empty one. */
  title: string | null
  /** Only where the server keeps it apart from the title (Ogg; 2.5; icecast-kh). */
  artist: string | null
  name: string | null
  description: string | null
  genre: string | null
  url: string | null
  listenUrl: string | null
  contentType: string | null
  /** kbit/s. */
  bitrate: number | null
  /** People hearing the mount; null when unknown, never 0 for unknown. */
  listeners: number | null
  listenerPeak: number | null
}
