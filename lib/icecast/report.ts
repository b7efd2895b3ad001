/** What one reading of a server said: the same shape whatever the server and the document. */
export interface Report {
  /** Icecast's name and version as it gives them, e.g. `Icecast 2.4.4`. */
  serverId: string | null
  /** When this Icecast process started, as it gives it; a new value means a restart. */
  serverStart: string | null
  mounts: MountReport[]
  /** Mounts that are wanted and of which this says nothing, also not that they are offline: maybe they are hidden from it. */
  unknownMounts?: string[]
}

export interface MountReport {
  /** Decoded, with its leading slash: `/my radio.mp3`. */
  path: string
  /** A source is connected. An entry alone does not say so: fallbacks leave ghosts (2.4, 2.5 and kh). */
  live: boolean
  /** When the source connected, as Icecast gives it; a new value means that it reconnected. */
  streamStart: string | null
  /** As Icecast gave it; null when it gave none or an empty one. */
  title: string | null
  /** Only where the server keeps it apart from the title (Ogg; 2.5; kh). */
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
