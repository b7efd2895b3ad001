import { invalidOption } from '../errors.ts'
import { LEAVE_HINT, type Backplane, type BackplaneListener, type StoredState } from './backplane.ts'

export interface MemoryBackplaneOptions {
  /**
   * Backplanes with the same name share one store for as long as the process runs. Default: no name, and a store of its own.
   */
  readonly name?: string | undefined
}

/** A backplane in the memory of this process. */
export interface MemoryBackplane extends Backplane {
  open (): Backplane
}

/**
 * A backplane for tests, and for several registrations in one process: pass the same object to each of them, or call this
 * function with the same `name`.
 *
 *     const backplane = memoryBackplane()
 *     await first.register(fastifyIcecast, { url, backplane })
 *     await second.register(fastifyIcecast, { url, backplane })
 *
 * @throws FST_ICECAST_INVALID_OPTION when `name` is not a text
 */
export function memoryBackplane ({ name }: MemoryBackplaneOptions = {}): MemoryBackplane {
  if (name === undefined) return new MemoryHandle(new MemoryStore())
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a text such as `radio`, the same for all registrations that belong together')
  const store = namedStores.get(name) ?? new MemoryStore()
  namedStores.set(name, store)
  return new MemoryHandle(store)
}

const namedStores = new Map<string, MemoryStore>()

/** What all handles share. */
class MemoryStore {
  /** Null before the first write. */
  state: { term: number, head: string, stations: Map<string, string> } | null = null
  term = 0
  leader: MemoryHandle | null = null
  /** Until when the leader leads, by the monotonic clock in ms. */
  leadsUntil = -Infinity
  readonly listeners = new Map<MemoryHandle, BackplaneListener>()

  publish (text: string): void {
    for (const [handle, listener] of this.listeners) {
      setImmediate(() => { if (this.listeners.get(handle) === listener) listener.onHint(text) })
    }
  }
}

class MemoryHandle implements MemoryBackplane {
  readonly #store: MemoryStore

  constructor (store: MemoryStore) {
    this.#store = store
  }

  open (): Backplane { return new MemoryHandle(this.#store) }

  async lead (ms: number): Promise<number | null> {
    const store = this.#store
    const now = performance.now()
    const isFree = store.leader === null || now >= store.leadsUntil
    if (!isFree && store.leader !== this) return null
    // The time, as in other stores: two processes never have the same term.
    if (isFree) store.term = Math.max(store.term + 1, Date.now())
    store.leader = this
    store.leadsUntil = now + ms
    return store.term
  }

  async leave (): Promise<void> {
    if (this.#store.leader !== this) return
    this.#store.leader = null
    this.#store.publish(LEAVE_HINT)
  }

  async write (term: number, { head, stations }: { head: string, stations: ReadonlyMap<string, string | null> }, hint: string): Promise<boolean> {
    const store = this.#store
    if (term < store.term) return false
    // Another one must have led since.
    if (term > store.term) store.leader = null
    store.term = term
    store.state = { term, head, stations: store.state?.stations ?? new Map() }
    for (const [id, text] of stations) {
      if (text === null) store.state.stations.delete(id)
      else store.state.stations.set(id, text)
    }
    store.publish(hint)
    return true
  }

  async read (ids?: readonly string[]): Promise<StoredState | null> {
    const { state } = this.#store
    if (state === null) return null
    const { stations } = state
    const found = ids?.flatMap((id): Array<[string, string]> => {
      const text = stations.get(id)
      return text === undefined ? [] : [[id, text]]
    })
    return { ...state, stations: new Map(found ?? stations) }
  }

  async listen (listener: BackplaneListener): Promise<void> {
    this.#store.listeners.set(this, listener)
  }

  async tell (text: string): Promise<void> {
    this.#store.publish(text)
  }

  async close (): Promise<void> {
    this.#store.listeners.delete(this)
  }
}
