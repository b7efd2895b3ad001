/**
 * What may have changed. `programme`: a track, a source or what it says of itself; `listeners`: only how many there are,
 * which on a busy server comes all the time and can wait.
 */
export type HintKind = 'programme' | 'listeners'

/** A live event that says only "look again". Feeds drop, merge and forge lines: never take one for state. */
export interface Hint {
  /** Decoded, as in a Report; null when it can't be told which, so look at all. */
  mount: string | null
  kind: HintKind
}

/** Something changed, or got lost on the way: look at everything. */
export const ANY_MOUNT_CHANGED: Hint = { mount: null, kind: 'programme' }

/** One kind of live feed: how to ask for it and what its lines mean. Its state lasts over reconnects. */
export interface Feed {
  /** What error messages call it. */
  name: string
  method: 'GET' | 'STATS'
  /** Below the server's URL. */
  path: string
  /** A connection begins: forgets what was half read; gives the headers to ask with. */
  begin (): Record<string, string>
  /** Whether an answer with HTTP 200 is this feed at all, by its content type (empty when there is none). */
  recognises (contentType: string): boolean
  /** One line, without its end. Never throws. */
  read (line: string): Hint | undefined
}
