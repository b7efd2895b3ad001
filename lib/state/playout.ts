import { readDetails } from '../metadata/track-details.ts'
import { notShown, type TellResult } from '../stations/tell-result.ts'
import type { StationUpdater } from './station-updater.ts'

interface PlayoutOptions {
  updater: Pick<StationUpdater, 'handle'>
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
    const { updater, readText } = this.#options
    const told = readDetails(details, (text) => readText(text, station))
    if (told === null) return notShown('empty')
    let result: TellResult | undefined
    updater.handle((registry, now) => {
      const answer = registry.tell(station, told, now)
      result = answer.result
      return answer.outcome
    })
    return result ?? notShown('no-leader')
  }
}
