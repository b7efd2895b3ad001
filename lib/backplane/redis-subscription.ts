import { FST_ICECAST_REDIS } from '../errors.ts'
import { backoff } from '../icecast/backoff.ts'
import { startDeadline } from '../icecast/deadline.ts'
import type { SubscriberEvents } from './redis-client.ts'

export interface RedisSubscriptionOptions {
  /** Opens a connection that receives the channel. Returns a function that closes it. */
  open (events: SubscriberEvents): () => void
  /** Publishes a message that has no effect but to arrive here again. */
  publishProbe (): Promise<void>
  onMessage (message: string): void
  /** Messages may have been missed. They arrive again now. */
  onLost (): void
}

const CHECK_INTERVAL_MS = 1000
/**
 * After this time without a message a probe is sent: the connection may be open and receive nothing. A leader writes more often,
 * so that no probe is sent as long as everything works.
 */
const MAX_SILENCE_MS = 6000
/** A probe that Redis has published comes back within this time. */
const PROBE_TIMEOUT_MS = 1000
/** A connection that was opened because a probe did not come back is replaced after this time, if it receives nothing either. */
const MIN_REPLACE_DELAY_MS = 1000
const MAX_REPLACE_DELAY_MS = 10_000

/**
 * Keeps a connection that receives the channel, and knows whether it does. That a connection is open is not
 * enough: it can be half-open, or connected to a server that no longer receives the messages. A probe is therefore published
 * after a silence and after each reconnection. The connection works if any message arrives.
 */
export class RedisSubscription {
  readonly #options: RedisSubscriptionOptions
  readonly #replaceDelay = backoff(MIN_REPLACE_DELAY_MS, MAX_REPLACE_DELAY_MS)
  #closeConnection = (): void => {}
  #timer: NodeJS.Timeout | undefined
  #isStarted = false
  #isChecking = false
  #isClosed = false
  /** Messages may have been missed since the last one. */
  #isSuspect = true
  /** The first message is that of the first probe: nothing was missed before it. */
  #isFirst = true
  #messages = 0
  #heardAt = 0
  #lastError: unknown = null
  /** Each is called with true at the next message, or with false when the subscription is closed. */
  readonly #waiting = new Set<(isHeard: boolean) => void>()

  constructor (options: RedisSubscriptionOptions) {
    this.#options = options
  }

  /** Resolves when messages arrive. Rejects after `ms`; it goes on trying all the same, and then calls `onLost`. */
  async start (ms: number): Promise<void> {
    if (!this.#isStarted) {
      this.#isStarted = true
      this.#connect()
      this.#checkAfter(CHECK_INTERVAL_MS)
    }
    if (!this.#isSuspect || await this.#hears(ms)) return
    this.#isFirst = false
    throw new FST_ICECAST_REDIS(`the channel cannot be received${this.#lastError instanceof Error ? ` (${this.#lastError.message})` : ''}`)
  }

  /** Closes the connection at once. Nothing is called afterwards. */
  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#closeConnection()
    for (const end of this.#waiting) end(false)
  }

  #connect (): void {
    this.#closeConnection()
    let isCurrent = true
    const closeConnection = this.#options.open({
      onMessage: (message) => { if (isCurrent) this.#receive(message) },
      onSubscribed: () => {
        if (!isCurrent) return
        this.#isSuspect = true
        this.#check()
      },
      onError: (error) => { if (isCurrent) this.#lastError = error }
    })
    this.#closeConnection = () => {
      isCurrent = false
      closeConnection()
    }
  }

  #receive (message: string): void {
    this.#messages++
    this.#heardAt = performance.now()
    this.#replaceDelay.reset()
    const isLost = this.#isSuspect && !this.#isFirst
    this.#isSuspect = false
    this.#isFirst = false
    for (const end of this.#waiting) end(true)
    if (isLost) this.#options.onLost()
    this.#options.onMessage(message)
  }

  #checkAfter (ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => { this.#check() }, ms).unref()
  }

  async #check (): Promise<void> {
    if (this.#isChecking || this.#isClosed) return
    this.#isChecking = true
    const isInOrder = !this.#isSuspect && performance.now() - this.#heardAt < MAX_SILENCE_MS
    const next = isInOrder ? CHECK_INTERVAL_MS : await this.#probe()
    this.#isChecking = false
    if (!this.#isClosed) this.#checkAfter(next)
  }

  /** Resolves with the ms until the next check. */
  async #probe (): Promise<number> {
    const before = this.#messages
    try {
      await this.#options.publishProbe()
    } catch {
      // Redis cannot be reached or is a replica, and others may have published before it was.
      this.#isSuspect = true
      return CHECK_INTERVAL_MS
    }
    if (this.#messages !== before || await this.#hears(PROBE_TIMEOUT_MS)) return CHECK_INTERVAL_MS
    this.#isSuspect = true
    if (!this.#isClosed) this.#connect()
    return this.#replaceDelay.next()
  }

  /** Whether a message arrives within `ms`. */
  async #hears (ms: number): Promise<boolean> {
    return await new Promise((resolve) => {
      const end = (isHeard: boolean): void => {
        cancel()
        this.#waiting.delete(end)
        resolve(isHeard)
      }
      const cancel = startDeadline(ms, () => end(false))
      this.#waiting.add(end)
    })
  }
}
