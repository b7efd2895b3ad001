/**
 * What may have changed. `metadata`: a title, a source, or a source's description of itself. `listeners`: only the number
 * of listeners, which changes all the time on a busy server and is not urgent. `requests`: the server has handled a
 * request, which may have set a title.
 */
export type HintKind = 'metadata' | 'listeners' | 'requests'

/** Announces that a document should be read again. Feeds drop, merge and forge lines, so a hint carries no state. */
export interface Hint {
  /** Decoded, as in a Report; null when the mount is unknown, so that any mount may have changed. */
  mount: string | null
  kind: HintKind
  /**
   * The new title as the event gives it; a report that shows it needs no further check. Null for the other of the two
   * events that 2.5 sends for a title. Absent for all other events.
   */
  title?: string | null
  /** The artist that the event gives apart from the title; null if the title is all there is. Absent if `title` may include the artist. */
  artist?: string | null
  /** For `requests` only: the number of requests since the server's start, apart from those of listeners. */
  requests?: number
}

/** A change of an unknown mount, for example after lost or unreadable lines. */
export const ANY_MOUNT_CHANGED: Hint = { mount: null, kind: 'metadata' }

/** One kind of live feed: how to request it, and what its lines mean. Its state lasts over reconnects. */
export interface Feed {
  /** Its name in error messages. */
  name: string
  method: 'GET' | 'STATS'
  /** Relative to the server's URL. */
  path: string
  /** Called for each connection: forgets a half-read event, and returns the headers of the request. */
  begin (): Record<string, string>
  /** Whether a response with HTTP 200 is this feed, by its content type (an empty string when the header is missing). */
  recognizes (contentType: string): boolean
  /** Parses one line, without its line ending. Never throws. */
  read (line: string): Hint | undefined
}
