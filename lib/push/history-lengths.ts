/** The most different lengths for which a message is encoded: each is a copy of the message. */
const MAX_LENGTHS = 16

/** The lengths of history that groups of subscribers receive at present. */
export class HistoryLengths {
  /** The number of groups by length. */
  readonly #groups = new Map<number, number>()

  /** The length that is sent to clients that ask for this one: the same, or if too many are in use already, the next longer one of them. */
  allowed (length: number): number {
    if (this.#groups.has(length) || this.#groups.size < MAX_LENGTHS) return length
    return Math.min(...[...this.#groups.keys(), Infinity].filter((other) => other > length))
  }

  add (length: number): void {
    this.#groups.set(length, (this.#groups.get(length) ?? 0) + 1)
  }

  delete (length: number): void {
    const groups = (this.#groups.get(length) ?? 0) - 1
    if (groups > 0) this.#groups.set(length, groups)
    else this.#groups.delete(length)
  }
}
