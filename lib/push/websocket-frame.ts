/** A whole text message as a server sends it: one frame, not masked, not compressed (RFC 6455, section 5.2). */
export function textFrame (payload: Buffer): Buffer {
  const { length } = payload
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.alloc(head + length)
  frame[0] = 0x81
  if (head === 2) {
    frame[1] = length
  } else if (head === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  payload.copy(frame, head)
  return frame
}

/** A ping without a payload: browsers answer it by themselves. */
export const PING_FRAME = Buffer.from([0x89, 0])
