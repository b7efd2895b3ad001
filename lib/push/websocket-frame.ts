/** A whole text message as a server sends it: a single frame, neither masked nor compressed (RFC 6455, section 5.2). */
export function textFrame (payload: Buffer): Buffer {
  const { length } = payload
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.alloc(headLength + length)
  // FIN, and opcode 1 for text.
  frame[0] = 0x81
  if (headLength === 2) {
    frame[1] = length
  } else if (headLength === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  payload.copy(frame, headLength)
  return frame
}

/** A ping without a payload. Browsers answer it by themselves. */
export const PING_FRAME = Buffer.from([0x89, 0])
