import { readDetails, toDetails } from '../metadata/track-details.ts'
import { isTellReason, notShown, SHOWN, type TellResult } from '../stations/tell-result.ts'
import type { StationUpdater } from './station-updater.ts'

interface PlayoutOptions {
  updater: Pick<StationUpdater, 'handle'>
  /** Repairs the encoding of a text that a station's playout system sent. */
  readText (text: string, station: string): string
  /** Passes a text to `answer` on the instance that reads Icecast, and resolves to its answer; null when there is none. */
  ask (text: string): Promise<string | null>
  /** A duration may be in seconds by mistake. Called once for a station. */
  onShortDuration (station: string, duration: number): void
}

/** In ms. A song that is shorter than this is improbable; in seconds most songs are below it. */
const SHORT_MS = 1000

/** Passes on what the playout system tells to the station, on the instance that reads Icecast. */
export class Playout {
  readonly #options: PlayoutOptions
  /** Stations whose short durations have been reported. */
  readonly #reported = new Set<string>()

  constructor (options: PlayoutOptions) {
    this.#options = options
  }

  /**
   * The playout system tells what it knows of a track, in the shape of `TrackDetails`. Rejects with
   * FST_ICECAST_INVALID_DETAILS.
   */
  async tell (station: string, details: unknown): Promise<TellResult> {
    const { readText, ask } = this.#options
    const told = readDetails(details, (text) => readText(text, station))
    if (told === null) return notShown('empty')
    this.#reportIfShort(station, told.duration)
    return readAnswer(await ask(JSON.stringify([station, toDetails(told)])))
  }

  #reportIfShort (station: string, duration = Infinity): void {
    if (duration >= SHORT_MS || this.#reported.has(station)) return
    this.#reported.add(station)
    this.#options.onShortDuration(station, duration)
  }

  /** Answers what an instance has passed to `ask`. @throws FST_ICECAST_INVALID_DETAILS, SyntaxError */
  answer (text: string): string {
    const question: unknown = JSON.parse(text)
    const [station, details]: unknown[] = Array.isArray(question) ? question : []
    return this.#tell(String(station), details).reason ?? 'shown'
  }

  #tell (station: string, details: unknown): TellResult {
    // It has been repaired. Doing so again could do harm where the station has a charset.
    const told = readDetails(details, (text) => text)
    if (told === null) return notShown('empty')
    let result: TellResult | undefined
    this.#options.updater.handle((registry, now) => {
      const answer = registry.tell(station, told, now)
      result = answer.result
      return answer.outcome
    })
    return result ?? notShown('no-leader')
  }
}

function readAnswer (answer: string | null): TellResult {
  if (answer === 'shown') return SHOWN
  return notShown(isTellReason(answer) ? answer : 'no-leader')
}
