import { setTimeout as delay } from 'node:timers/promises'
import type { Fault, FakeIcecast } from '../../lib/testing/index.ts'
import { titleOf } from './numbers.ts'

const MAIN = '/main.mp3'
const BIG = '/big.mp3'
/** Which mounts a station has. */
export const STATIONS = { main: { name: 'Radio Main', mounts: [MAIN] }, big: { name: 'Radio Big', mounts: [BIG] } }

/** ms between two titles. The big station has more of them, and longer ones, so that those who stall are soon behind. */
const PACE = 1000
const BIG_PACE = 100
const LONG = 'x'.repeat(3000)

/** ms of good weather between two failures, and how long they last. */
const GOOD = [3000, 8000] as const
const BAD = [1000, 8000] as const
const FAULTS: ReadonlyArray<Fault | 'restart'> = [
  'refused', 'hang', 'not-json', 'restart', 'html', 'reset', 'truncated', 'starting', 'empty', 500, 'hang-body', 'not-http', 'drip', 'too-large'
]

/** What an Icecast goes through: a title each second, and failures now and then. */
export class Weather {
  /** The number of the title. */
  title = 0
  /** How often it has failed. */
  failures = 0
  readonly #icecast: FakeIcecast
  #plays = 0
  /** While it is held the title stays and all is well. */
  #isHeld = true
  #isOff = false

  constructor (icecast: FakeIcecast) {
    this.#icecast = icecast
    this.#connect()
  }

  /** Until the process ends. */
  begin (): void {
    this.#isHeld = false
    setInterval(() => { if (!this.#isHeld && !this.#isOff) this.#next() }, PACE)
    setInterval(() => { if (!this.#isHeld && !this.#isOff) this.#nextBig() }, BIG_PACE)
    this.#fail().catch((error: unknown) => { throw error })
  }

  /** Resolves with the number of a title that everyone has to see by and by. */
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

  /** The encoders are there, also after a restart. */
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
