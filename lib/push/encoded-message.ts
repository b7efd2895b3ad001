import type { Message } from '../schemas.ts'
import { PING_FRAME, textFrame } from './websocket-frame.ts'

export type Transport = 'webSocket' | 'eventStream'

/** A message with the bytes that each transport sends, which are made when they are first needed. */
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
      bytes = transport === 'webSocket' ? textFrame(Buffer.from(json)) : Buffer.from(formatEvent(this.#message, json))
      this.#bytes.set(transport, bytes)
    }
    return bytes
  }
}

/** Neither JSON nor a version contains a line break, so each is a single line (HTML standard, section 9.2.5). */
function formatEvent (message: Message, json: string): string {
  const id = 'version' in message ? `id: ${message.version}\n` : ''
  return `event: ${message.type}\n${id}data: ${json}\n\n`
}

const HEARTBEAT = new EncodedMessage({ type: 'heartbeat' })

/** The heartbeat message with a signal of the transport itself: a ping, which the client has to answer, or a comment. */
export const HEARTBEATS: Readonly<Record<Transport, Buffer>> = {
  webSocket: Buffer.concat([PING_FRAME, HEARTBEAT.for('webSocket')]),
  eventStream: Buffer.concat([Buffer.from(':\n'), HEARTBEAT.for('eventStream')])
}
