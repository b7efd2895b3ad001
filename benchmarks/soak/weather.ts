import { setTimeout as delay } from 'node:timers/promises'
import type { Fault, FakeIcecast } from '../../lib/testing/index.ts'
import { titleOf } from './numbers.ts'

const MAIN = '/main.mp3'
const BIG = '/big.mp3'
/** The mounts of a station. */
export const STATIONS = { main: { name: 'Radio Main', mounts: [MAIN] }, big: { name: 'Radio Big', mounts: [BIG] } }

/** Time in ms between two titles. The big station has more and longer titles, so that stalled pages are soon behind. */
const PACE = 1000
const BIG_PACE = 100
const LONG = 'x'.repeat(3000)

/** Time in ms between two failures, and the duration of a failure. */
const GOOD = [3000, 8000] as const
const BAD = [1000, 8000] as const
const FAULTS: ReadonlyArray<Fault | 'restart'> = [
  'refused', 'hang', 'not-json', 'restart', 'html', 'reset', 'truncated', 'starting', 'empty', 500, 'hang-body', 'not-http', 'drip', 'too-large'
]

/** Controls a fake Icecast: a title each second, and occasional failures. */
export class Weather {
  /** The number of the current title. */
  title = 0
  /** The number of failures so far. */
  failures = 0
  readonly #icecast: FakeIcecast
  #plays = 0
  /** While this is true, the title does not change and there are no failures. */
  #isHeld = true
  #isOff = false

  constructor (icecast: FakeIcecast) {
    this.#icecast = icecast
    this.#connect()
  }

  /** Runs until the process ends. */
  begin (): void {
    this.#isHeld = false
    setInterval(() => { if (!this.#isHeld && !this.#isOff) this.#next() }, PACE)
    setInterval(() => { if (!this.#isHeld && !this.#isOff) this.#nextBig() }, BIG_PACE)
    this.#fail().catch((error: unknown) => { throw error })
  }

  /** Resolves to the number of a title that every page has to show eventually. */
  async hold (): Promise<number> {
    this.#isHeld = true
    await this.#recover()
    this.#next()
    this.#nextBig()
    return this.title
  }

  goOn (): void {
    this.#isHeld = false
  }

  async #fail (): Promise<void> {
    for (let turn = 0; ; turn++) {
      await delay(between(GOOD))
      if (this.#isHeld) continue
      const fault = FAULTS[turn % FAULTS.length] ?? 'hang'
      this.failures++
      if (fault === 'restart') {
        this.#isOff = true
        this.#icecast.restart()
      } else {
        await this.#icecast.fail(fault)
      }
      await delay(between(BAD))
      await this.#recover()
    }
  }

  async #recover (): Promise<void> {
    await this.#icecast.recover()
    if (this.#isOff) this.#connect()
  }

  /** Connects the sources, also after a restart. */
  #connect (): void {
    this.#isOff = false
    this.#icecast.source(MAIN, { bitrate: 128 })
    this.#icecast.source(BIG, { bitrate: 320 })
    this.#next()
    this.#nextBig()
  }

  #next (): void {
    this.#icecast.title(MAIN, titleOf(++this.title))
  }

  #nextBig (): void {
    this.#icecast.title(BIG, titleOf(this.title, ` ${++this.#plays} ${LONG}`))
  }
}

function between ([least, most]: readonly [number, number]): number {
  return least + Math.random() * (most - least)
}
