import { readDetails, toDetails } from '../metadata/track-details.ts'
import { notShown, readTellResult, type TellResult } from '../stations/tell-result.ts'
import type { StationUpdater } from './station-updater.ts'

interface PlayoutOptions {
  updater: Pick<StationUpdater, 'handle'>
  /** Repairs the encoding of a text that a station's playout system sent. */
  readText (text: string, station: string): string
  /** Passes a text to `answer` on the instance that reads Icecast, and resolves to its answer; null when there is none. */
  ask (text: string): Promise<string | null>
}

/** Passes on what the playout system tells, to the instance that reads Icecast. */
export class Playout {
  readonly #options: PlayoutOptions

  constructor (options: PlayoutOptions) {
    this.#options = options
  }

  /**
   * The playout system tells what it knows of a track, in the shape of `TrackDetails`. Rejects with
   * FST_ICECAST_INVALID_DETAILS.
   */
  async tell (station: string, details: unknown): Promise<TellResult> {
    const { ask, readText } = this.#options
    const told = readDetails(details, (text) => readText(text, station))
    if (told === null) return notShown('empty')
    return readTellResult(await ask(JSON.stringify([station, toDetails(told)]))) ?? notShown('no-leader')
  }

  /** The answer to a text that `tell` of this or another instance has passed on. */
  answer (text: string): string {
    const [station, details]: unknown[] = JSON.parse(text)
    // It has been repaired. Doing so again could do harm where the station has a charset.
    const told = readDetails(details, (text) => text)
    let result: TellResult | null = null
    if (told !== null) {
      this.#options.updater.handle((registry, now) => {
        const answer = registry.tell(String(station), told, now)
        result = answer.result
        return answer.outcome
      })
    }
    return JSON.stringify(result)
  }
}
