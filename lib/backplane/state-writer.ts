import { FST_ICECAST_BACKPLANE_TIMEOUT } from '../errors.ts'
import type { Station } from '../schemas.ts'
import type { PublishedState } from '../state/published-state.ts'
import type { SharedClock } from '../state/shared-clock.ts'
import type { Handover } from '../stations/handover.ts'
import { withTimeout } from '../store/with-timeout.ts'
import type { Backplane } from './backplane.ts'
import { encodeWrite } from './messages.ts'
import { writeHead, writeStation } from './stored-state.ts'

export interface StateWriterOptions {
  backplane: Backplane
  state: PublishedState
  clock: SharedClock
  /** Stored with the state. */
  optionsHash: string
  /** What another instance needs in order to go on with a station. */
  toHandover (id: string): Handover | undefined
  /** An instance with a higher term has led or written: nothing was written, and nothing will be. */
  onRefused (): void
}

/** How often the leader writes although nothing has changed, so that the others know its time and that it leads. */
const HEARTBEAT_INTERVAL_MS = 5000
const WRITE_TIMEOUT_MS = 1000
const RETRY_INTERVAL_MS = 400

/** Writes the published state of a leader to the backplane: one write at a time; changes that come meanwhile share the next one. */
export class StateWriter {
  readonly #options: StateWriterOptions
  /** Null while this instance does not lead. */
  #term: number | null = null
  #sequence = 0
  /** The sequence number of the last write that was confirmed. */
  #confirmed = 0
  /** The ids of the stations that have changed; null: all have to be written. */
  #changed: Set<string> | null = null
  /** The ids that are stored. */
  readonly #stored = new Set<string>()
  /** Something was read or written in this term: what was taken over may be old, so it is not written before. */
  #isReady = false
  #isHeartbeatDue = false
  #writing: Promise<void> | null = null
  #retryTimer: NodeJS.Timeout | undefined
  #heartbeatTimer: NodeJS.Timeout | undefined

  constructor (options: StateWriterOptions) {
    this.#options = options
    options.state.subscribe(({ station }) => this.note(station.id))
  }

  get sequence (): number { return this.#sequence }

  /** This instance leads from now on. `stored`: the ids of the stations that are stored. Nothing is written before `noteRead`. */
  begin (term: number, stored: Iterable<string>): void {
    if (term !== this.#term) this.#sequence = this.#confirmed = 0
    this.#term = term
    this.#changed = null
    this.#isReady = false
    this.#stored.clear()
    for (const id of stored) this.#stored.add(id)
    clearInterval(this.#heartbeatTimer)
    this.#heartbeatTimer = setInterval(() => {
      this.#isHeartbeatDue = true
      this.#writeSoon()
    }, HEARTBEAT_INTERVAL_MS).unref()
  }

  /** This instance leads no longer. The sequence goes on if it leads in the same term again. */
  end (): void {
    this.#isReady = false
    clearInterval(this.#heartbeatTimer)
    clearTimeout(this.#retryTimer)
  }

  /** A station has changed, or its plays that are not audible yet have. */
  note (id: string): void {
    this.#changed?.add(id)
    this.#writeSoon()
  }

  /** Icecast was read, or could not be read. */
  noteRead (): void {
    if (this.#isReady || this.#term === null) return
    this.#isReady = true
    this.#writeSoon()
  }

  /** Another instance has found that what is stored is not complete. */
  writeAll (): void {
    this.#changed = null
    this.#writeSoon()
  }

  /** Resolves when everything has been written, or the current attempt has failed. */
  async settled (): Promise<void> {
    this.#writeSoon()
    await this.#writing
  }

  get #hasSomethingToWrite (): boolean {
    return this.#isReady && (this.#changed === null || this.#changed.size > 0 || this.#isHeartbeatDue)
  }

  #writeSoon (): void {
    if (this.#writing !== null || !this.#hasSomethingToWrite) return
    clearTimeout(this.#retryTimer)
    // All changes of one report are written together.
    this.#writing = Promise.resolve().then(async () => await this.#writeEverything()).finally(() => { this.#writing = null })
  }

  async #writeEverything (): Promise<void> {
    while (this.#hasSomethingToWrite && this.#term !== null) {
      const term = this.#term
      const changed = this.#changed
      this.#changed = new Set()
      this.#isHeartbeatDue = false
      try {
        const isWritten = await this.#write(term, changed)
        if (isWritten || term !== this.#term) continue
        this.end()
        this.#options.onRefused()
      } catch {
        // It may have been written nevertheless, which does no harm: the others ignore a state that is not newer.
        this.#changed = changed === null ? null : new Set([...changed, ...this.#changed])
        this.#retryTimer = setTimeout(() => this.#writeSoon(), RETRY_INTERVAL_MS).unref()
        return
      }
    }
  }

  async #write (term: number, changed: ReadonlySet<string> | null): Promise<boolean> {
    const { backplane, state, clock, optionsHash } = this.#options
    const ids = new Set(changed ?? state.list.map(({ id }) => id))
    for (const id of this.#stored) if (state.get(id) === undefined) ids.add(id)
    if (ids.size > 0 || changed === null) this.#sequence++
    const stations = new Map(Array.from(ids, (id) => [id, this.#textOf(id, state.get(id))]))
    const time = Math.round(clock.now().wall)
    const head = writeHead({ term, sequence: this.#sequence, version: state.version, versionWithoutListeners: state.withoutListeners.version, isComplete: state.isComplete, size: state.list.length, time, options: optionsHash })
    const hint = encodeWrite({ term, from: this.#confirmed, sequence: this.#sequence, time, ids: changed === null ? null : [...ids] })
    const { sequence } = this
    const isWritten = await withTimeout(WRITE_TIMEOUT_MS, 'write', () => backplane.write(term, { head, stations }, hint), FST_ICECAST_BACKPLANE_TIMEOUT)
    if (!isWritten || term !== this.#term) return false
    this.#confirmed = sequence
    for (const [id, text] of stations) {
      if (text === null) this.#stored.delete(id)
      else this.#stored.add(id)
    }
    return true
  }

  /** Null for a station that no longer exists. */
  #textOf (id: string, station: Station | undefined): string | null {
    const { state, toHandover } = this.#options
    const version = state.versionOf(id)
    if (station === undefined || version === undefined) return null
    const { track, history, statusSince } = station
    const handover = toHandover(id) ?? { saved: { seenAt: statusSince, track, history }, pending: [], staleText: null, told: { plays: [], standIn: null } }
    return writeStation({ ...handover, version, lastUpdate: state.withoutListeners.lastUpdateOf(id), station })
  }
}
