import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { settled } from './close-backplane.ts'
import { encodeSubscriberCount, type SubscriberCount } from './messages.ts'
import { SubscriberBalance } from './subscriber-balance.ts'

/** The subscribers of this instance. */
export interface SubscriberPool {
  /** The path of the routes: the subscribers of another path cannot be served here. */
  path: string
  count (): number
  /** Asks this many to reconnect soon. */
  move (count: number): void
}

/** A round lasts this many steps. */
const STEPS = 10
const STEP_MS = 1000
const TELL_TIMEOUT_MS = 300

interface RebalancerOptions {
  pool: SubscriberPool
  log: FastifyBaseLogger
  /** Sends a text to all instances. */
  tell (text: string): Promise<void>
}

/**
 * Tells the other instances how many subscribers this one has, and asks some to move while it has far more than they have: after a
 * rolling restart all would stay on the instance that was restarted first.
 */
export class Rebalancer {
  readonly #options: RebalancerOptions
  readonly #id = randomUUID()
  readonly #balance = new SubscriberBalance()
  #timer: NodeJS.Timeout | undefined
  /** Steps of this round that are still to come. */
  #stepsLeft = 0
  /** Subscribers that are still to be asked in this round. */
  #left = 0
  /** One round after another asks some. */
  #isMoving = false

  constructor (options: RebalancerOptions) {
    this.#options = options
  }

  start (): void {
    this.#timer = setInterval(() => this.#step(), STEP_MS).unref()
    this.#step()
  }

  /** Another instance, or this one, says how many subscribers it has. */
  receive ({ instance, path, count }: SubscriberCount): void {
    if (instance !== this.#id && path === this.#options.pool.path) this.#balance.note(instance, count, performance.now())
  }

  /** The others do not count this instance any more. Never rejects. */
  async close (): Promise<void> {
    clearInterval(this.#timer)
    await this.#tell(null)
  }

  #step (): void {
    if (this.#stepsLeft === 0) this.#begin()
    const count = Math.ceil(this.#left / this.#stepsLeft--)
    this.#left -= count
    if (count > 0) this.#options.pool.move(count)
  }

  #begin (): void {
    const { pool, log } = this.#options
    const subscribers = pool.count()
    this.#tell(subscribers)
    const { move, average, isSettling, pauseMs } = this.#balance.next(subscribers, performance.now())
    this.#stepsLeft = STEPS
    this.#left = move
    if (pauseMs > 0) log.info({ subscribers, average }, `subscribers that were asked to reconnect came back to this instance; none is asked for ${pauseMs / 60_000} min`)
    else if (move > 0) log[this.#isMoving ? 'debug' : 'info']({ subscribers, average }, 'this instance has far more subscribers than the others; some are asked to reconnect')
    if (!isSettling) this.#isMoving = move > 0
  }

  async #tell (count: number | null): Promise<void> {
    const { tell, pool: { path } } = this.#options
    await settled(TELL_TIMEOUT_MS, () => tell(encodeSubscriberCount({ instance: this.#id, path, count })))
  }
}
