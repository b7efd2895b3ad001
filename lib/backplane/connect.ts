import { invalidOption } from '../errors.ts'
import type { OutageState } from '../log/outage-log.ts'
import type { SavedStation } from '../stations/play-tracker.ts'
import type { Backplane } from './backplane.ts'
import { countHints, type HintCounts } from './count-hints.ts'
import { Instance, type InstanceOptions } from './instance.ts'
import { createStateReader } from './stored-state.ts'

/** This instance of the plugin, which may be one of several. */
export interface ConnectedInstance {
  /** Whether it leads: for what must happen once. */
  readonly leads: boolean
  /** Whether the backplane works; empty without one. */
  readonly outages: OutageState[]
  /** Begins to read, or to follow the instance that reads. `saved`: what `store` has kept. Never rejects. */
  start (saved: ReadonlyMap<string, SavedStation>): Promise<void>
  /** A station's plays have changed in a way that is not published yet. */
  note (station: string): void
  /** Makes the instance that reads Icecast read now. Resolves to false when it could not, or did not answer within 6 s. */
  refresh (): Promise<boolean>
  /**
   * Passes a text to the function in `answers` of this name, on the instance that reads Icecast, and resolves to its answer;
   * null when there is none within 6 s, or when the text has more than about 4,000 bytes of JSON. By then everything that
   * has changed through it is published here too.
   */
  ask (type: string, text: string): Promise<string | null>
  /** Ends reading, and hands over at once. Never rejects. */
  close (): Promise<void>
}

type ConnectOptions = Omit<InstanceOptions, 'backplane' | 'reader'> & {
  /** Null: this instance is the only one. */
  backplane: Backplane | null
  /** Where the hints are counted. */
  hints: HintCounts
}

/** The backplanes that a registration uses. */
const used = new WeakSet<Backplane>()

/** @throws FST_ICECAST_INVALID_OPTION when another registration uses the same backplane, and it has no `open` */
export async function connectInstance (options: ConnectOptions): Promise<ConnectedInstance> {
  const { backplane } = options
  if (backplane === null) return new OnlyInstance(options)
  const own = backplane.open === undefined ? backplane : backplane.open()
  if (used.has(own)) throw invalidOption('backplane', backplane, 'one that no other registration uses: create one for each')
  used.add(own)
  return new Instance({ ...options, backplane: countHints(own, options.hints), reader: await createStateReader() })
}

class OnlyInstance implements ConnectedInstance {
  readonly leads = true
  readonly outages = []
  readonly #options: ConnectOptions

  constructor (options: ConnectOptions) {
    this.#options = options
  }

  async start (saved: ReadonlyMap<string, SavedStation>): Promise<void> {
    this.#options.updater.start({ saved })
  }

  note (): void {}

  async refresh (): Promise<boolean> { return await this.#options.updater.refresh() }

  async ask (type: string, text: string): Promise<string | null> { return await this.#options.answers?.get(type)?.(text) ?? null }

  async close (): Promise<void> { await this.#options.updater.stop() }
}
