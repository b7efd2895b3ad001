import { limitKeyOf } from './limit-key.ts'

export interface ConnectionLimitsOptions {
  /** The most subscribers in total. */
  subscribers: number
  /** The most connections from one address, subscribers and held requests together; null: no limit. */
  perAddress: number | null
}

/** Why a connection is refused. */
export interface LimitReached {
  limit: 'subscribers' | 'perAddress'
  /** True the first time since the limit was reached, so that it is logged once. */
  isNew: boolean
}

/** A limit counts as reached again only after its count has fallen below this share of it. */
const RESET_SHARE = 0.9
/** The key of the total. */
const TOTAL = ''

export interface HasAddress {
  /** Undefined for connections over a Unix socket. */
  readonly ip: string | undefined
}

/** Counts connections, in total and per address, and tells whether one more is allowed. */
export class ConnectionLimits {
  readonly #maxTotal: number
  readonly #maxPerAddress: number
  /** Connections by the key of their address; the total has a key of its own. */
  readonly #counts = new Map<string, number>()
  /** The keys whose limit has been reported as reached. */
  readonly #reported = new Set<string>()

  constructor ({ subscribers, perAddress }: ConnectionLimitsOptions) {
    this.#maxTotal = subscribers
    this.#maxPerAddress = perAddress ?? Infinity
  }

  /** Why a subscriber cannot be added; null if it can. */
  refusal (client: HasAddress): LimitReached | null {
    if (this.#countOf(TOTAL) >= this.#maxTotal) return { limit: 'subscribers', isNew: this.#report(TOTAL) }
    const key = this.#keyOf(client)
    return this.#hasRoom(key) ? null : { limit: 'perAddress', isNew: this.#report(key) }
  }

  /** Adds a subscriber. Returns the key to remove it with. */
  enter (client: HasAddress): string {
    this.#count(TOTAL, 1)
    return this.enterAddress(client)
  }

  leave (key: string): void {
    this.#count(TOTAL, -1)
    this.#resetReport(TOTAL, this.#maxTotal)
    this.leaveAddress(key)
  }

  /** Whether one more request from this address may be held. */
  hasRoomForAddress (client: HasAddress): boolean { return this.#hasRoom(this.#keyOf(client)) }

  /** Adds a held request, which counts only towards the limit of its address. Returns the key to remove it with. */
  enterAddress (client: HasAddress): string {
    const key = this.#keyOf(client)
    if (key !== TOTAL) this.#count(key, 1)
    return key
  }

  leaveAddress (key: string): void {
    if (key === TOTAL) return
    this.#count(key, -1)
    this.#resetReport(key, this.#maxPerAddress)
  }

  /** `TOTAL` if the connection counts towards no other limit. */
  #keyOf (client: HasAddress): string {
    // Without a limit the address is not read: Node then keeps it with its socket, 90 bytes for each.
    if (this.#maxPerAddress === Infinity) return TOTAL
    const { ip } = client
    return ip === undefined ? TOTAL : limitKeyOf(ip)
  }

  #hasRoom (key: string): boolean { return key === TOTAL || this.#countOf(key) < this.#maxPerAddress }

  #resetReport (key: string, limit: number): void {
    if (this.#countOf(key) < limit * RESET_SHARE) this.#reported.delete(key)
  }

  #countOf (key: string): number { return this.#counts.get(key) ?? 0 }

  #count (key: string, by: 1 | -1): void {
    const count = this.#countOf(key) + by
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }

  /** True the first time. */
  #report (key: string): boolean {
    if (this.#reported.has(key)) return false
    this.#reported.add(key)
    return true
  }
}
