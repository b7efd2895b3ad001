import type { Message } from '../schemas.ts'
import { PING_FRAME, textFrame } from './websocket-frame.ts'

export type Transport = 'webSocket' | 'eventStream'

/** One message as the bytes of each transport, made once and only when somebody is there to receive them. */
export class EncodedMessage {
  readonly #message: Message
  readonly #bytes = new Map<Transport, Buffer>()

  constructor (message: Message) {
    this.#message = message
  }

  for (transport: Transport): Buffer {
    let bytes = this.#bytes.get(transport)
    if (bytes === undefined) {
      const json = JSON.stringify(this.#message)
      bytes = transport === 'webSocket' ? textFrame(Buffer.from(json)) : Buffer.from(event(this.#message, json))
      this.#bytes.set(transport, bytes)
    }
    return bytes
  }
}

/** JSON has no line breaks, and a version has none: each fits into a line (HTML, section 9.2.5). */
function event (message: Message, json: string): string {
  const id = 'version' in message ? `id: ${message.version}\n` : ''
  return `event: ${message.type}\n${id}data: ${json}\n\n`
}

const HEARTBEAT = new EncodedMessage({ type: 'heartbeat' })

/** With what keeps the line itself: a ping, which tells whether anyone is there, or a comment. */
export const HEARTBEATS: Readonly<Record<Transport, Buffer>> = {
  webSocket: Buffer.concat([PING_FRAME, HEARTBEAT.for('webSocket')]),
  eventStream: Buffer.concat([Buffer.from(':\n'), HEARTBEAT.for('eventStream')])
}
