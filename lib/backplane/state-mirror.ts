import type { FastifyBaseLogger } from 'fastify'
import { FST_ICECAST_BACKPLANE_STATE, FST_ICECAST_BACKPLANE_TIMEOUT } from '../errors.ts'
import { OutageLog, type OutageState } from '../log/outage-log.ts'
import { MAX_STATIONS } from '../stations/station-registry.ts'
import type { PublishedState } from '../state/published-state.ts'
import type { Handover } from '../stations/handover.ts'
import { withTimeout } from '../store/with-timeout.ts'
import type { Backplane, StoredState } from './backplane.ts'
import type { WriteHint } from './messages.ts'
import type { Head, StateReader, StoredStation } from './stored-state.ts'

/** Which write a state is of. */
export type Position = Pick<Head, 'term' | 'sequence'>

/** A usable state, or a part of it, that was read from the backplane. */
export interface MirroredState {
  head: Head
  /** The stations that have changed, each with its text; those that cannot be used are left out. */
  changed: ReadonlyArray<{ stored: StoredStation, text: string }>
  /** The ids of the stations that exist; of those that were asked for. */
  ids: ReadonlySet<string>
  /** The stations that were asked for; null: all. */
  asked: readonly string[] | null
  /** False when stations are missing: something else has removed them. */
  isWhole: boolean
}

export interface StateMirrorOptions {
  backplane: Backplane
  state: PublishedState
  reader: StateReader
  log: FastifyBaseLogger
  /** The ids of the stations that exist whatever the leader says. */
  configured: ReadonlySet<string>
  /** The `hashOptions` of this instance. */
  optionsHash: string
  /** A hint could not be followed; the next check reads everything. */
  onFailure (): void
}

/** The stations that were written between two sequence numbers. */
interface Wanted {
  /** Null: any. */
  ids: ReadonlySet<string> | null
  from: number
  to: number
}

const READ_TIMEOUT_MS = 1000
/** A state of more stations is not used. */
const MAX_MIRRORED_STATIONS = 10 * MAX_STATIONS

/** Keeps the published state of a follower equal to the one in the backplane. */
export class StateMirror {
  readonly #options: StateMirrorOptions
  readonly #invalid: OutageLog
  readonly #texts = new Map<string, string>()
  /** What is needed in order to go on with each station. */
  #handovers = new Map<string, Handover>()
  #position: Position | null = null
  /** What hints have named since the last read; null: nothing. */
  #wanted: Wanted | null = null
  #isReading = false
  #isFollowing = false
  readonly #waiting = new Set<() => void>()
  /** The hash of other options that was logged last. */
  #reportedOptions: string | undefined

  constructor (options: StateMirrorOptions) {
    this.#options = options
    this.#invalid = new OutageLog(options.log, null, {
      component: 'backplane_station',
      begins: (reason) => `A station cannot be taken over from the backplane, and stays as it was (${reason})`,
      ends: 'All stations can be taken over from the backplane again'
    })
  }

  /** Whether all stations can be taken over. */
  get outage (): OutageState { return this.#invalid.state }
  get position (): Position | null { return this.#position }
  get handovers (): ReadonlyMap<string, Handover> { return this.#handovers }

  /** What is known when this instance stops leading. */
  reset (position: Position | null, handovers: ReadonlyMap<string, Handover>): void {
    this.#position = position
    this.#handovers = new Map(handovers)
    this.#texts.clear()
  }

  /** Follows hints from now on. */
  follow (): void { this.#isFollowing = true }

  /** Ignores hints from now on. */
  unfollow (): void {
    this.#isFollowing = false
    this.#wanted = null
  }

  /** Reads everything, or the head and these stations; null when nothing is stored. */
  async fetch (asked: readonly string[] | null): Promise<StoredState | null> {
    const { backplane } = this.#options
    return await withTimeout(READ_TIMEOUT_MS, 'read', () => asked === null ? backplane.read() : backplane.read(asked), FST_ICECAST_BACKPLANE_TIMEOUT)
  }

  /** @throws FST_ICECAST_BACKPLANE_STATE for a state that cannot be used. A station that cannot be used is left out, and logged. */
  decode (stored: StoredState, asked: readonly string[] | null): MirroredState {
    const { reader } = this.#options
    const head = reader.readHead(stored.head)
    this.#compareOptions(head)
    const ids = new Set(stored.stations.keys())
    if (ids.size > MAX_MIRRORED_STATIONS) throw new FST_ICECAST_BACKPLANE_STATE(`it has ${ids.size} stations`)
    const changed: Array<{ stored: StoredStation, text: string }> = []
    let failure: unknown = null
    for (const [id, text] of stored.stations) {
      if (this.#texts.get(id) === text) continue
      try {
        changed.push({ stored: reader.readStation(id, text), text })
      } catch (error) {
        failure ??= error
      }
    }
    const now = performance.now()
    if (failure !== null) this.#invalid.fail(failure, now, now)
    else if (asked === null) this.#invalid.recover(now)
    return { head, changed, ids, asked, isWhole: asked !== null || ids.size === head.size }
  }

  /** Publishes what was read. */
  apply ({ head, changed, ids, asked }: MirroredState): void {
    const { state, configured } = this.#options
    this.#position = { term: head.term, sequence: head.sequence }
    const removed = (asked ?? state.list.map(({ id }) => id)).filter((id) => !ids.has(id) && !configured.has(id))
    for (const id of removed) {
      this.#texts.delete(id)
      this.#handovers.delete(id)
    }
    const stations = changed.map(({ stored }) => stored).sort((a, b) => orderOf(a.version, head) - orderOf(b.version, head))
    for (const { stored, text } of changed) this.#texts.set(stored.station.id, text)
    for (const stored of stations) this.#handovers.set(stored.station.id, stored)
    state.replicate({ ...head, stations, removed })
    for (const wake of this.#waiting) wake()
  }

  /** The leader has written: reads what has changed. */
  hint ({ term, from, sequence, ids }: WriteHint): void {
    if (!this.#isFollowing || this.isUpTo({ term, sequence })) return
    const before = this.#wanted
    const isPart = term === this.#position?.term && ids !== null && (before === null || (before.ids !== null && from <= before.to))
    this.#wanted = { ids: isPart ? new Set([...before?.ids ?? [], ...ids]) : null, from: before?.from ?? from, to: sequence }
    if (!this.#isReading) this.#readWanted()
  }

  /** Whether the state is that of this write, or a later one. */
  isUpTo (position: Position): boolean {
    return this.#position !== null && !isAfter(position, this.#position)
  }

  /** Resolves when the state is that of this write, or a later one, or after `ms`. */
  async whenUpTo (position: Position, ms: number): Promise<boolean> {
    if (this.isUpTo(position)) return true
    return await new Promise((resolve) => {
      const settle = (isUpTo: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve(isUpTo)
      }
      const wake = (): void => { if (this.isUpTo(position)) settle(true) }
      const timer = setTimeout(() => settle(false), ms)
      this.#waiting.add(wake)
    })
  }

  /** Logs once for each leader's options that are not the ones of this instance. */
  #compareOptions ({ options }: Head): void {
    const { optionsHash, log } = this.#options
    if (options === undefined || options === optionsHash || options === this.#reportedOptions) return
    this.#reportedOptions = options
    log.warn('The instance that has led last has other options than this one: `servers`, `stations`, `staleAfter`, `hold`, `staleTrackAfter`, `delay`, `history` or `hide`. What is published depends on which one leads')
  }

  async #readWanted (): Promise<void> {
    this.#isReading = true
    try {
      while (this.#isFollowing && this.#wanted !== null) {
        const { ids, from, to } = this.#wanted
        this.#wanted = null
        const asked = ids === null ? null : [...ids]
        const stored = await this.fetch(asked)
        if (!this.#isFollowing || stored === null) continue
        const read = this.decode(stored, asked)
        const { term, sequence } = read.head
        if (this.isUpTo(read.head)) continue
        const isUsable = asked === null || (term === this.#position?.term && from <= this.#position.sequence && sequence === to)
        // More was written than the hints have named.
        if (!isUsable) this.#wanted = { ids: null, from: 0, to: sequence }
        else if (read.isWhole) this.apply(read)
        else this.#options.onFailure()
      }
    } catch {
      this.#wanted = null
      this.#options.onFailure()
    }
    this.#isReading = false
  }
}

/** Whether `a` was written after `b`. */
export function isAfter (a: Position, b: Position): boolean {
  return a.term > b.term || (a.term === b.term && a.sequence > b.sequence)
}

/** The order in which stations have changed: those of earlier runs come first. */
function orderOf (version: string, head: Head): number {
  const [run, count = ''] = version.split('-')
  return run === head.version.split('-')[0] ? parseInt(count, 36) : -1
}
