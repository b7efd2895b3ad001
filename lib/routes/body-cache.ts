import type { History, Station } from '../schemas.ts'

/** How a state is written down: whole, without its history, or as plain text. */
export type BodyFormat = 'json' | 'brief' | 'text'

export const CONTENT_TYPES: Readonly<Record<BodyFormat, string>> = {
  json: 'application/json; charset=utf-8',
  brief: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8'
}

/** Bodies are made once for each state, however many ask for it: states are frozen, and new ones are new objects. A string would be encoded anew for each answer. */
export class BodyCache {
  readonly #bodies: Readonly<Record<BodyFormat | 'history', WeakMap<object, Buffer>>> = {
    json: new WeakMap(), brief: new WeakMap(), text: new WeakMap(), history: new WeakMap()
  }

  /** Of one station. */
  one (writing: BodyFormat, station: Station): Buffer {
    return this.#kept(writing, station, () => writing === 'text' ? lineOf(station) : JSON.stringify(writing === 'json' ? station : briefly(station)))
  }

  /** Of a list of stations: the same array for the same state. */
  list (writing: BodyFormat, version: string, stations: readonly Station[]): Buffer {
    return this.#kept(writing, stations, () => writing === 'text'
      ? stations.map(lineOf).join('')
      : JSON.stringify({ version, stations: writing === 'json' ? stations : stations.map(briefly) }))
  }

  /** Of one station's earlier tracks. */
  history (station: Station): Buffer {
    return this.#kept('history', station, () => {
      const { id, history } = station
      return JSON.stringify({ station: id, history } satisfies History)
    })
  }

  #kept (writing: BodyFormat | 'history', state: object, write: () => string): Buffer {
    let body = this.#bodies[writing].get(state)
    if (body === undefined) this.#bodies[writing].set(state, body = Buffer.from(write()))
    return body
  }
}

function briefly (station: Station): Station {
  return { ...station, history: [] }
}

/** A line for each station, also for one that plays nothing: the third line is the third station's. */
function lineOf ({ track }: Station): string {
  return `${(track?.text ?? '').replace(/\s+/g, ' ')}\n`
}
