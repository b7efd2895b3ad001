import type { History, Station } from '../schemas.ts'
import type { StationChange } from '../state/published-state.ts'

/** How a state is written: as JSON, as JSON with an empty history, or as plain text. */
export type BodyFormat = 'json' | 'brief' | 'text'

export const CONTENT_TYPES: Readonly<Record<BodyFormat, string>> = {
  json: 'application/json; charset=utf-8',
  brief: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8'
}

/** The most that is kept of bodies for some of the stations. There may be as many of them as there are clients. */
const MAX_SELECTION_BYTES = 8 * 1024 * 1024

const STATIONS_END = Buffer.from(']}')
const COMMA = Buffer.from(',')

/**
 * Response bodies, made once per state, for any number of requests. A published station never changes: a new state is a new
 * object. Bodies are Buffers because Node would re-encode a string for every response.
 */
export class BodyCache {
  readonly #bodies: Readonly<Record<BodyFormat | 'history', WeakMap<object, Buffer>>> = {
    json: new WeakMap(), brief: new WeakMap(), text: new WeakMap(), history: new WeakMap()
  }

  /** Bodies for some of the stations, in the order of their names, by format and names; all of them have the same version. */
  readonly #selections = new Map<string, Buffer>()
  #selectionsVersion = ''
  #selectionsBytes = 0

  /** The body for one station. */
  one (format: BodyFormat, station: Station): Buffer {
    return this.#cached(format, station, () => format === 'text' ? plainText(station) : JSON.stringify(format === 'json' ? station : withoutHistory(station)))
  }

  /** The body for all stations. `stations` has to be the same array as long as the state is the same. */
  all (format: BodyFormat, version: string, stations: readonly Station[]): Buffer {
    let body = this.#bodies[format].get(stations)
    if (body === undefined) this.#bodies[format].set(stations, body = this.#join(format, version, stations))
    return body
  }

  /** The body for some of the stations. */
  selection (format: BodyFormat, version: string, stations: readonly Station[]): Buffer {
    if (version !== this.#selectionsVersion) this.#resetSelections(version)
    const key = JSON.stringify([format, ...stations.map(({ id }) => id)])
    let body = this.#selections.get(key)
    if (body === undefined) {
      body = this.#join(format, version, stations)
      if (this.#selectionsBytes + body.length > MAX_SELECTION_BYTES) this.#resetSelections(version)
      this.#selections.set(key, body)
      this.#selectionsBytes += body.length + key.length
    }
    return body
  }

  /** The body for one station's earlier tracks. */
  history (station: Station): Buffer {
    return this.#cached('history', station, () => {
      const { id, history } = station
      return JSON.stringify({ station: id, history } satisfies History)
    })
  }

  /** Joins the bodies of the stations, so that a change costs the encoding of one station. */
  #join (format: BodyFormat, version: string, stations: readonly Station[]): Buffer {
    const bodies = stations.map((station) => this.one(format, station))
    if (format === 'text') return Buffer.concat(bodies)
    const parts = bodies.flatMap((body, index) => index === 0 ? body : [COMMA, body])
    return Buffer.concat([Buffer.from(`{"version":${JSON.stringify(version)},"stations":[`), ...parts, STATIONS_END])
  }

  #cached (format: BodyFormat | 'history', state: object, write: () => string): Buffer {
    let body = this.#bodies[format].get(state)
    if (body === undefined) this.#bodies[format].set(state, body = Buffer.from(write()))
    return body
  }

  #resetSelections (version: string): void {
    this.#selections.clear()
    this.#selectionsVersion = version
    this.#selectionsBytes = 0
  }
}

/** For JSON, every change of a station changes the body. */
export function changesJson (): boolean { return true }

/** Plain text contains nothing but the track, while most changes are about listeners. */
export function changesText ({ station, previous }: StationChange): boolean {
  return previous === undefined || plainText(station) !== plainText(previous)
}

function withoutHistory (station: Station): Station {
  return { ...station, history: [] }
}

/** One line for each station, also for a station without a track, so that the third line belongs to the third station. */
function plainText ({ track }: Station): string {
  return `${(track?.text ?? '').replace(/\s+/g, ' ')}\n`
}
