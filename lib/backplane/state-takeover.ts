import type { FastifyBaseLogger } from 'fastify'
import type { PublishedState } from '../state/published-state.ts'
import { isSamePlay } from '../state/same-play.ts'
import type { SharedClock } from '../state/shared-clock.ts'
import type { StationUpdater } from '../state/station-updater.ts'
import type { Handover } from '../stations/handover.ts'
import type { SavedStation } from '../stations/play-tracker.ts'
import type { StoredState } from './backplane.ts'
import { isRecent } from './follower.ts'
import { isAfter, type MirroredState, type Position, type StateMirror } from './state-mirror.ts'

interface StateTakeoverOptions {
  state: PublishedState
  updater: StationUpdater
  clock: SharedClock
  mirror: StateMirror
  log: FastifyBaseLogger
}

/** What an instance goes on with when it begins to read Icecast, and what it keeps when it ends to. */
export class StateTakeover {
  readonly #options: StateTakeoverOptions
  /** What `store` has kept, for the first reads if the backplane knows nothing. */
  saved: ReadonlyMap<string, SavedStation> = new Map()

  constructor (options: StateTakeoverOptions) {
    this.#options = options
  }

  /** Null when the stored state cannot be used: this instance writes its own. */
  decode (stored: StoredState): MirroredState | null {
    const { mirror, log } = this.#options
    try {
      const read = mirror.decode(stored, null)
      return read.isWhole ? read : null
    } catch (err) {
      log.warn({ err }, 'The state in the backplane cannot be used, and is replaced')
      return null
    }
  }

  /** Takes over the stored state if it is newer than what is shown here. `isAlone`: this instance has read Icecast by itself. */
  adopt (stored: MirroredState | null, isAlone: boolean): void {
    const { updater, clock, mirror } = this.#options
    const { position } = mirror
    if (stored === null || (position !== null && !isAfter(stored.head, position))) return
    if (updater.isReading) {
      if (isAlone) this.#merge(stored)
    } else if (position !== null || isRecent(stored.head, clock)) {
      clock.observe(stored.head.time)
      mirror.apply(stored)
    }
  }

  /** Begins to read from what is known best. */
  startReading (stored: MirroredState | null): void {
    const { state, updater, mirror } = this.#options
    const { handovers } = mirror
    if (handovers.size > 0) {
      updater.start({ handedOver: new Map(Array.from(handovers, ([id, handover]) => [id, { ...handover, station: state.get(id) ?? handover.station }])) })
    } else {
      // Nobody has led for a while.
      const saved = stored?.changed.map(({ stored: { station, saved } }): [string, SavedStation] => [station.id, saved]) ?? []
      updater.start({ saved: new Map([...this.saved, ...saved]) })
    }
    mirror.reset(mirror.position, new Map())
  }

  /** Keeps what was read, in order to go on with it if nobody else has led. `position`: of the last write. */
  stopReading (position: Position | null): void {
    const { state, updater, mirror } = this.#options
    mirror.reset(position, handoversOf(state, updater))
    updater.stop()
  }

  /** Others have led while this instance was alone: of each station what has the newer track counts, and equal plays have their ids. */
  #merge (stored: MirroredState): void {
    const { updater, mirror } = this.#options
    const theirs = stored.changed.filter(({ stored }) => {
      const mine = updater.toHandover(stored.station.id)
      return mine === undefined || !isNewer(mine, stored)
    })
    this.stopReading(null)
    mirror.apply({ ...stored, changed: theirs, ids: new Set([...stored.ids, ...mirror.handovers.keys()]) })
  }
}

function handoversOf (state: PublishedState, updater: StationUpdater): Map<string, Handover> {
  return new Map(state.list.flatMap(({ id }): Array<[string, Handover]> => {
    const handover = updater.toHandover(id)
    return handover === undefined ? [] : [[id, handover]]
  }))
}

/** Whether `a` has the newer track; false for the same play. */
function isNewer (a: Handover, b: Handover): boolean {
  const [playA, playB] = [a, b].map(({ saved: { track, history } }) => track ?? history[0])
  if (playA === undefined || playB === undefined) return playA !== undefined
  return !isSamePlay(playA, playB) && playA.startedAt > playB.startedAt
}
