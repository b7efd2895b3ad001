import { limitKeyOf } from './limit-key.ts'

export interface ConnectionLimitsOptions {
  /** Subscribers in all. */
  subscribers: number
  /** Subscribers from one address; null: as many as there may be in all. */
  perAddress: number | null
}

/** Why someone can't come in. */
export interface LimitReached {
  limit: 'subscribers' | 'perAddress'
  /** Nobody was told yet that this limit is reached. */
  isNew: boolean
}

/** Of a limit: below this share of it, reaching it is worth a word again. */
const CALM = 0.9
const EVERYONE = ''

/** Without an address: over a Unix socket there is none. */
interface Visitor {
  readonly ip: string | undefined
}

/** Counts who is in, and says who may come in. */
export class ConnectionLimits {
  readonly #subscribers: number
  readonly #perAddress: number
  /** How many are in, by network, and in all. */
  readonly #counts = new Map<string, number>()
  /** Those that are known to be at their limit. */
  readonly #told = new Set<string>()

  constructor ({ subscribers, perAddress }: ConnectionLimitsOptions) {
    this.#subscribers = subscribers
    this.#perAddress = perAddress ?? Infinity
  }

  /** Null: come in. */
  refusal (visitor: Visitor): LimitReached | null {
    if (this.#countOf(EVERYONE) >= this.#subscribers) return { limit: 'subscribers', isNew: this.#tell(EVERYONE) }
    const network = this.#networkOf(visitor)
    return network === EVERYONE || this.#countOf(network) < this.#perAddress ? null : { limit: 'perAddress', isNew: this.#tell(network) }
  }

  /** Returns what to leave with. */
  enter (visitor: Visitor): string {
    this.#count(EVERYONE, 1)
    const network = this.#networkOf(visitor)
    if (network !== EVERYONE) this.#count(network, 1)
    return network
  }

  leave (network: string): void {
    this.#count(EVERYONE, -1)
    this.#calm(EVERYONE, this.#subscribers)
    if (network === EVERYONE) return
    this.#count(network, -1)
    this.#calm(network, this.#perAddress)
  }

  /** Whom a visitor counts for beside everyone. */
  #networkOf (visitor: Visitor): string {
    // Only where it counts: Node keeps an address that was asked for with its socket, 90 bytes for each.
    if (this.#perAddress === Infinity) return EVERYONE
    const { ip } = visitor
    return ip === undefined ? EVERYONE : limitKeyOf(ip)
  }

  #calm (network: string, limit: number): void {
    if (this.#countOf(network) < limit * CALM) this.#told.delete(network)
  }

  #countOf (network: string): number { return this.#counts.get(network) ?? 0 }

  #count (network: string, by: 1 | -1): void {
    const count = this.#countOf(network) + by
    if (count === 0) this.#counts.delete(network)
    else this.#counts.set(network, count)
  }

  /** True the first time. */
  #tell (network: string): boolean {
    if (this.#told.has(network)) return false
    this.#told.add(network)
    return true
  }
}
