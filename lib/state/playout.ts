import { readDetails } from '../metadata/track-details.ts'
import type { Outcome, StationRegistry } from '../stations/station-registry.ts'
import { notShown, type TellResult } from '../stations/tell-result.ts'
import { now } from './station-updater.ts'

interface PlayoutOptions {
  registry: StationRegistry
  /** Publishes an outcome of the registry. */
  apply (outcome: Outcome): void
  /** Repairs the encoding of a text that a station's playout system sent. */
  readText (text: string, station: string): string
}

/** Passes on what the playout system tells to the station. */
export class Playout {
  readonly #options: PlayoutOptions

  constructor (options: PlayoutOptions) {
    this.#options = options
  }

  /**
   * The playout system tells what it knows of a track, in the shape of `TrackDetails`.
   * @throws FST_ICECAST_INVALID_DETAILS
   */
  tell (station: string, details: unknown): TellResult {
    const { registry, apply, readText } = this.#options
    const told = readDetails(details, (text) => readText(text, station))
    if (told === null) return notShown('empty')
    const { outcome, result } = registry.tell(station, told, now())
    apply(outcome)
    return result
  }
}
