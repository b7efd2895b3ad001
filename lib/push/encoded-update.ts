import type { Station } from '../schemas.ts'
import { EncodedMessage } from './encoded-message.ts'
import { limitHistory } from './limit-history.ts'

/** An `update` of one station, encoded once for each length of history that subscribers have asked for. */
export class EncodedUpdate {
  readonly #version: string
  readonly #station: Station
  /** By the number of earlier tracks. */
  readonly #messages = new Map<number, EncodedMessage>()

  constructor (version: string, station: Station) {
    this.#version = version
    this.#station = station
  }

  /** `length`: the most earlier tracks. */
  withHistory (length: number): EncodedMessage {
    const tracks = Math.min(length, this.#station.history.length)
    let message = this.#messages.get(tracks)
    if (message === undefined) {
      message = new EncodedMessage({ type: 'update', version: this.#version, station: limitHistory(this.#station, tracks) })
      this.#messages.set(tracks, message)
    }
    return message
  }
}
