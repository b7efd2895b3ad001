import { networkOf } from './network.ts'

export interface DoorOptions {
  /** Subscribers in all. */
  subscribers: number
  /** Subscribers from one address; null: as many as there may be in all. */
  perAddress: number | null
}

/** Why someone can't come in. */
export interface Refusal {
  limit: 'subscribers' | 'perAddress'
  /** Nobody was told yet that this limit is reached. */
  isNew: boolean
}

/** Of a limit: below this share of it, reaching it is worth a word again. */
const CALM = 0.9
const EVERYONE = ''

/** Counts who is in, and says who may come in. */
export class Door {
  readonly #limits: DoorOptions
  /** How many are in, by network, and in all. */
  readonly #counts = new Map<string, number>()
  /** Those that are known to be at their limit. */
  readonly #told = new Set<string>()

  constructor (limits: DoorOptions) {
    this.#limits = limits
  }

  /** Null: come in. */
  refusal (request: { readonly ip: string }): Refusal | null {
    const { subscribers, perAddress } = this.#limits
    if (this.#countOf(EVERYONE) >= subscribers) return { limit: 'subscribers', isNew: this.#tell(EVERYONE) }
    if (perAddress === null) return null
    const network = networkOf(request.ip)
    return this.#countOf(network) < perAddress ? null : { limit: 'perAddress', isNew: this.#tell(network) }
  }

  /** Returns what to leave with. */
  enter (request: { readonly ip: string }): string {
    this.#count(EVERYONE, 1)
    if (this.#limits.perAddress === null) return EVERYONE
    const network = networkOf(request.ip)
    this.#count(network, 1)
    return network
  }

  leave (network: string): void {
    this.#count(EVERYONE, -1)
    this.#calm(EVERYONE, this.#limits.subscribers)
    if (this.#limits.perAddress === null) return
    this.#count(network, -1)
    this.#calm(network, this.#limits.perAddress)
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
