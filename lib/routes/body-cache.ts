import { limitHistory } from '../push/limit-history.ts'
import type { History, Station } from '../schemas.ts'
import type { PublishedState, StationChange } from '../state/published-state.ts'
import { compressOnce } from './compress.ts'

/** How a state is written: as plain text, or as JSON with at most this many earlier tracks of each station. */
export type BodyFormat = 'text' | number

export function contentTypeOf (format: BodyFormat): string {
  return format === 'text' ? 'text/plain; charset=utf-8' : JSON_TYPE
}

export const JSON_TYPE = 'application/json; charset=utf-8'

/** The most that is kept of bodies for some of the stations or the earlier tracks. There may be as many of them as there are clients. */
const MAX_LIMITED_BYTES = 8 * 1024 * 1024

/** Larger bodies for some of the stations are not compressed, since each client may ask for others. */
const MAX_COMPRESSED_BYTES = 64 * 1024

const STATIONS_END = Buffer.from(']}')
const COMMA = Buffer.from(',')

/**
 * Response bodies, made once per state, for any number of requests. A published station never changes: a new state is a new
 * object. Bodies are Buffers because Node would re-encode a string for every response.
 */
export class BodyCache {
  readonly #state: Pick<PublishedState, 'version'>
  readonly #texts = new WeakMap<object, Buffer>()
  readonly #whole = new WeakMap<object, Buffer>()
  readonly #withoutHistory = new WeakMap<object, Buffer>()
  readonly #histories = new WeakMap<object, Buffer>()
  /** Bodies for some of the stations, in the order of their names, and with some of the earlier tracks. */
  readonly #limited = new Map<string, Buffer>()
  /** A number for each station and list. A state without listener numbers may have the version and the ids of another one. */
  readonly #numbers = new WeakMap<object, number>()
  #lastNumber = 0
  /** The version of the whole state when the first of these was made. */
  #limitedSince = ''
  #limitedBytes = 0

  constructor (state: Pick<PublishedState, 'version'>) {
    this.#state = state
  }

  /** The body for one station. `version`: that of this state of the station. */
  one (format: BodyFormat, version: string, station: Station): Buffer {
    const make = (): Buffer => Buffer.from(format === 'text' ? plainText(station) : JSON.stringify(limitHistory(station, format)))
    const cache = this.#cacheFor(format !== 'text' && format >= station.history.length ? Infinity : format)
    return cache === undefined ? this.#makeLimited([format, this.#numberOf(station)], make) : makeOnce(cache, station, make)
  }

  /** The body for all stations. `stations` has to be the same array as long as the version is the same. */
  all (format: BodyFormat, version: string, stations: readonly Station[]): Buffer {
    const make = (): Buffer => this.#join(format, version, stations)
    const cache = this.#cacheFor(format)
    return cache === undefined ? this.#makeLimited([format, version, this.#numberOf(stations)], make) : makeOnce(cache, stations, make)
  }

  /** The body for some of the stations. */
  selection (format: BodyFormat, version: string, stations: readonly Station[]): Buffer {
    return this.#makeLimited([format, version, '', ...stations.map((station) => this.#numberOf(station))], () => this.#join(format, version, stations))
  }

  /** The body for at most this many of one station's earlier tracks. */
  history (station: Station, length = Infinity): Buffer {
    const make = (): Buffer => {
      const { id, history } = limitHistory(station, length)
      return Buffer.from(JSON.stringify({ station: id, history } satisfies History))
    }
    return length >= station.history.length ? makeOnce(this.#histories, station, make) : this.#makeLimited(['history', length, this.#numberOf(station)], make)
  }

  /** Undefined: only a limited number of bytes is kept of such bodies. */
  #cacheFor (format: BodyFormat): WeakMap<object, Buffer> | undefined {
    if (format === 'text') return this.#texts
    return format === Infinity ? this.#whole : format === 0 ? this.#withoutHistory : undefined
  }

  /** Joins the bodies of the stations, so that a change costs the encoding of one station. */
  #join (format: BodyFormat, version: string, stations: readonly Station[]): Buffer {
    const bodies = stations.map((station) => this.one(format, version, station))
    if (format === 'text') return Buffer.concat(bodies)
    const parts = bodies.flatMap((body, index) => index === 0 ? body : [COMMA, body])
    return Buffer.concat([Buffer.from(`{"version":${JSON.stringify(version)},"stations":[`), ...parts, STATIONS_END])
  }

  /** Keeps the body until anything changes, or the space is needed. */
  #makeLimited (parts: ReadonlyArray<string | number>, make: () => Buffer): Buffer {
    const { version } = this.#state
    if (version !== this.#limitedSince) this.#resetLimited(version)
    const key = JSON.stringify(parts)
    let body = this.#limited.get(key)
    if (body === undefined) {
      body = make()
      if (body.length <= MAX_COMPRESSED_BYTES) compressOnce(body)
      if (this.#limitedBytes + body.length > MAX_LIMITED_BYTES) this.#resetLimited(version)
      this.#limited.set(key, body)
      this.#limitedBytes += body.length + key.length
    }
    return body
  }

  #numberOf (state: object): number {
    const known = this.#numbers.get(state)
    if (known !== undefined) return known
    this.#numbers.set(state, ++this.#lastNumber)
    return this.#lastNumber
  }

  #resetLimited (version: string): void {
    this.#limited.clear()
    this.#limitedSince = version
    this.#limitedBytes = 0
  }
}

function makeOnce (cache: WeakMap<object, Buffer>, state: object, make: () => Buffer): Buffer {
  let body = cache.get(state)
  if (body === undefined) cache.set(state, body = compressOnce(make()))
  return body
}

/** For JSON with listener numbers, every change of a station changes the body. */
export function changesJson (): boolean { return true }

/** Plain text contains nothing but the track, while most changes are about listeners. */
export function changesText ({ station, previous }: StationChange): boolean {
  return previous === undefined || plainText(station) !== plainText(previous)
}

/** One line for each station, also for a station without a track, so that the third line belongs to the third station. */
function plainText ({ track }: Station): string {
  return `${(track?.text ?? '').replace(/\s+/g, ' ')}\n`
}
