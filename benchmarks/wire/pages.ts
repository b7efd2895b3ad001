import { HEARTBEATS, type Transport } from '../../lib/push/encoded-message.ts'
import type { Selection } from '../../lib/push/selection.ts'
import type { Subscriber, SubscriberState } from '../../lib/push/subscriber.ts'
import type { SubscriberGroup } from '../../lib/push/subscriber-group.ts'
import { HEARTBEAT_MS, STEP, type Broadcast } from './broadcast.ts'

/** A page that counts what it receives. */
export interface Page {
  readonly bytes: number
  /** Called after each step of the broadcast. */
  step (second: number): Promise<void>
}

/** Subscribes, and counts each byte of the messages, their frames and the heartbeats of an hour. */
export class SubscribedPage implements Subscriber, Page {
  readonly transport: Transport
  readonly group: SubscriberGroup
  readonly limitKey = ''
  readonly queuedBytes = 0
  state: SubscriberState = 'open'
  slice = 0
  bytes = 0

  constructor ({ broadcaster }: Broadcast, transport: Transport, selection: Selection) {
    this.transport = transport
    this.group = broadcaster.group(selection)
    broadcaster.add(this)
    this.bytes += HEARTBEATS[transport].length * (3_600_000 / HEARTBEAT_MS)
  }

  write ({ length }: Buffer): void { this.bytes += length }
  beat (): boolean { return true }
  close (): void {}
  reject (): void {}
  terminate (): void {}
  async step (): Promise<void> {}
}

/** Polls each 5 s, or is held for up to 25 s and then pauses for half a second; counts heads and bodies of the answers. */
export class PollingPage implements Page {
  bytes = 0
  readonly #app: Broadcast['app']
  readonly #path: string
  readonly #isHeld: boolean
  #tag = ''
  #since = 0

  constructor ({ app }: Broadcast, path: string, isHeld: boolean) {
    this.#app = app
    this.#path = path
    this.#isHeld = isHeld
  }

  async step (second: number): Promise<void> {
    if (!this.#isHeld) {
      for (let polls = 0; polls < STEP / 5; polls++) await this.#poll()
      return
    }
    const isAnswered = await this.#poll(false)
    if (!isAnswered && second - this.#since < 25) return
    this.#since = second
    if (!isAnswered) await this.#poll()
  }

  /** `countsUnchanged`: whether a 304 is counted. Returns whether there is a new state. */
  async #poll (countsUnchanged = true): Promise<boolean> {
    const { statusCode, statusMessage, headers, rawPayload } = await this.#app.inject({
      url: this.#path, headers: { 'if-none-match': this.#tag, 'accept-encoding': 'gzip, deflate, br' }
    })
    const isChanged = statusCode !== 304
    this.#tag = String(headers.etag)
    if (isChanged || countsUnchanged) {
      const head = Object.entries(headers).reduce((length, [name, value]) => length + name.length + String(value).length + 4, 0)
      this.bytes += `HTTP/1.1 ${statusCode} ${statusMessage}\r\n\r\n`.length + head + rawPayload.length
    }
    return isChanged
  }
}
