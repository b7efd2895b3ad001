/** Unneeded values are deleted after about this many new ones. */
const MAX_NEW_VALUES = 50

/** One value for each play, by its id. Values of plays that are no longer needed are deleted from time to time. */
export class ValuesByPlay<T> {
  readonly #values = new Map<string, T>()
  readonly #findNeeded: () => (id: string) => boolean
  /** How many values were still needed when they were last pruned. */
  #kept = 0
  #version = 0

  /** `findNeeded` returns a function that tells which plays are still needed. */
  constructor (findNeeded: () => (id: string) => boolean) {
    this.#findNeeded = findNeeded
  }

  /** Changes with each new value. */
  get version (): number { return this.#version }

  get (id: string): T | undefined { return this.#values.get(id) }

  set (id: string, value: T): void {
    this.#values.set(id, value)
    this.#version++
    if (this.#values.size > MAX_NEW_VALUES + this.#kept * 2) this.#prune()
  }

  #prune (): void {
    const isNeeded = this.#findNeeded()
    for (const id of this.#values.keys()) if (!isNeeded(id)) this.#values.delete(id)
    this.#kept = this.#values.size
  }
}
