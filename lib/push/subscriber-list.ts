import type { Subscriber } from './subscriber.ts'

/** Slices that a heartbeat is spread over, and the least ms between two of them. */
const MOST_SLICES = 100
const SLICE_LEAST = 10

/** Everyone who is subscribed, in slices, so that heartbeats don't come in one burst. */
export class SubscriberList {
  readonly #slices: ReadonlyArray<Subscriber[]>
  /** ms from one slice to the next. */
  readonly #pause: number
  readonly #onBeat: (subscriber: Subscriber) => void
  #timer: NodeJS.Timeout | undefined
  #size = 0
  #next = 0
  #due = 0

  /** `heartbeat`: ms between two heartbeats of one subscriber. */
  constructor (heartbeat: number, onBeat: (subscriber: Subscriber) => void) {
    const slices = Math.min(MOST_SLICES, Math.floor(heartbeat / SLICE_LEAST))
    this.#slices = Array.from({ length: slices }, () => new Array<Subscriber>())
    this.#pause = heartbeat / slices
    this.#onBeat = onBeat
  }

  get size (): number { return this.#size }

  add (subscriber: Subscriber): void {
    subscriber.slice = this.#next++ % this.#slices.length
    this.#slices[subscriber.slice]?.push(subscriber)
    this.#size++
    this.#timer ??= setInterval(() => this.#beat(), this.#pause).unref()
  }

  /** False: it was not there. */
  delete (subscriber: Subscriber): boolean {
    const slice = this.#slices[subscriber.slice]
    const at = slice?.indexOf(subscriber)
    if (at === undefined || at === -1) return false
    slice?.splice(at, 1)
    this.#size--
    if (this.#size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    return true
  }

  forEach (visit: (subscriber: Subscriber) => void): void {
    this.forEachSlice((subscribers) => subscribers.forEach(visit))
  }

  /** By and by all, some hundred at a time at the most. Whom a visit removes is visited all the same. */
  forEachSlice (visit: (subscribers: readonly Subscriber[]) => void): void {
    for (const slice of this.#slices) visit([...slice])
  }

  #beat (): void {
    this.#slices.slice(this.#due, this.#due + 1).flat().forEach(this.#onBeat)
    this.#due = (this.#due + 1) % this.#slices.length
  }
}
