import { FST_ICECAST_REDIS } from '../errors.ts'
import { backoff } from '../icecast/backoff.ts'
import { startDeadline } from '../icecast/deadline.ts'
import type { SubscriberEvents } from './redis-client.ts'

export interface RedisSubscriptionOptions {
  /** Opens a connection that receives the channel. Returns a function that closes it. */
  open (events: SubscriberEvents): () => void
  /** Publishes a message that does nothing but come back. */
  publishProbe (): Promise<void>
  onMessage (message: string): void
  /** Messages may have been missed. They arrive again now. */
  onLost (): void
}

const CHECK_INTERVAL_MS = 1000
/** After so long without a message a probe is sent: the connection may be open and receive nothing. */
const MAX_SILENCE_MS = 5000
/** A probe that Redis has published comes back within this time. */
const PROBE_TIMEOUT_MS = 1000
/** Between two connections that were replaced because a probe did not come back. */
const MIN_REPLACE_DELAY_MS = 1000
const MAX_REPLACE_DELAY_MS = 10_000

/**
 * Keeps a connection that receives the channel, and knows whether it does. A connection that is open says nothing: it can
 * be half-open, or connected to a server that no longer gets the messages. So a probe is published after a silence, and
 * whenever the connection was made again. It is in order when anything arrives.
 */
export class RedisSubscription {
  readonly #options: RedisSubscriptionOptions
  readonly #replaceDelay = backoff(MIN_REPLACE_DELAY_MS, MAX_REPLACE_DELAY_MS)
  #closeConnection = (): void => {}
  #timer: NodeJS.Timeout | undefined
  #isChecking = false
  #isClosed = false
  /** Messages may have been missed since the last one. */
  #isSuspect = true
  /** The first message is that of the first probe: nothing was missed before it. */
  #isFirst = true
  #messages = 0
  #heardAt = 0
  #replaceAt = 0
  #lastError: unknown = null
  /** Each is called with the next message. */
  readonly #waiting = new Set<() => void>()

  constructor (options: RedisSubscriptionOptions) {
    this.#options = options
  }

  /** Resolves when messages arrive. Rejects after `ms`; it goes on trying all the same, and then calls `onLost`. */
  async start (ms: number): Promise<void> {
    this.#connect()
    if (this.#isSuspect && !await this.#hears(ms)) {
      this.#isFirst = false
      throw new FST_ICECAST_REDIS(`the channel cannot be received${this.#lastError instanceof Error ? ` (${this.#lastError.message})` : ''}`)
    }
  }

  /** Closes the connection at once. Nothing is called afterwards. */
  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#closeConnection()
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
    this.#checkLater()
  }

  #receive (message: string): void {
    this.#messages++
    this.#heardAt = performance.now()
    this.#replaceDelay.reset()
    const isLost = this.#isSuspect && !this.#isFirst
    this.#isSuspect = false
    this.#isFirst = false
    for (const heard of this.#waiting) heard()
    if (isLost) this.#options.onLost()
    this.#options.onMessage(message)
  }

  #checkLater (): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => { this.#check() }, CHECK_INTERVAL_MS).unref()
  }

  async #check (): Promise<void> {
    if (this.#isChecking || this.#isClosed) return
    this.#isChecking = true
    if (this.#isSuspect || performance.now() - this.#heardAt >= MAX_SILENCE_MS) await this.#probe()
    this.#isChecking = false
    if (!this.#isClosed) this.#checkLater()
  }

  async #probe (): Promise<void> {
    const before = this.#messages
    try {
      await this.#options.publishProbe()
    } catch {
      // Redis cannot be reached or is a replica, and others may have published before it was.
      this.#isSuspect = true
      return
    }
    if (this.#messages !== before || await this.#hears(PROBE_TIMEOUT_MS)) return
    this.#isSuspect = true
    if (this.#isClosed || performance.now() < this.#replaceAt) return
    this.#replaceAt = performance.now() + this.#replaceDelay.next()
    this.#connect()
  }

  /** Whether a message arrives within `ms`. */
  async #hears (ms: number): Promise<boolean> {
    return await new Promise((resolve) => {
      const end = (isHeard: boolean): void => {
        cancel()
        this.#waiting.delete(heard)
        resolve(isHeard)
      }
      const heard = (): void => end(true)
      const cancel = startDeadline(ms, () => end(false))
      this.#waiting.add(heard)
    })
  }
}
