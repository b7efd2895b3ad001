/** What is stored for all instances. */
export interface StoredState {
  /** The term of the leader that wrote it. */
  term: number
  /** A short text about the whole state. */
  head: string
  /** One text for each station, by id. */
  stations: ReadonlyMap<string, string>
}

/** Receives what the instances publish. */
export interface BackplaneListener {
  /**
   * A text that `write`, `leave` or `tell` has published, of this instance or of another. Texts may be lost or arrive
   * twice; the state is read again then.
   */
  onHint (text: string): void
  /** Texts may have been lost: the connection was interrupted, or a probe was not answered. The state is read again. */
  onLost (): void
}

/**
 * Connects several instances: a store that all of them share, and a way to send short texts to all. It knows nothing of
 * stations; it stores and passes on texts as they are. The tests of `backplaneTests` in `fastify-icecast/testing` are its
 * contract.
 *
 * Every method except `close` may reject, when the store cannot be reached, and has to settle within about one second.
 * A method may be called while another one has not settled yet.
 */
export interface Backplane {
  /**
   * Returns another handle on the same store, for one more registration in this process. A backplane without this method
   * serves one registration only.
   */
  open? (): Backplane
  /**
   * Makes this instance the leader for `ms`, or extends that time. Resolves to the term, or to null when another instance
   * leads. A leader keeps its term for as long as it extends its time before the time is over. The term of a new leader
   * is a whole number that is higher than all terms before, also after the store was emptied or restored from an old copy.
   */
  lead (ms: number): Promise<number | null>
  /** Ends the time as the leader, if this instance leads, and publishes the hint `leave` so that another one tries at once. */
  leave (): Promise<void>
  /**
   * Stores the head and these stations (null removes one; all others stay), then publishes `hint`, which has at most 512
   * bytes. All of it is stored, or nothing. Resolves to false, without any effect, when an instance with a higher term has
   * led or written, or when the store was emptied since: these stations would be taken for all stations.
   */
  write (term: number, state: { head: string, stations: ReadonlyMap<string, string | null> }, hint: string): Promise<boolean>
  /**
   * Returns the head and all stations, or those of `ids` that exist; null when nothing has been stored. After a hint it
   * returns at least what was stored with that hint. Head and stations are of the same moment.
   */
  read (ids?: readonly string[]): Promise<StoredState | null>
  /** Starts to receive what is published. Called once. */
  listen (listener: BackplaneListener): Promise<void>
  /** Publishes a text of at most 4,096 bytes to all instances. */
  tell (text: string): Promise<void>
  /**
   * Ends everything that this handle has started, and nothing that was given to it. It does not give up the lease: that is
   * `leave`. Resolves within one second even if the store hangs, also when it is called twice. The listener is not called
   * afterwards.
   */
  close (): Promise<void>
}

/** The hint that `leave` publishes. */
export const LEAVE_HINT = 'leave'
