/** The checksum of Ogg (RFC 3533, 6): CRC-32 with the polynomial 0x04c11db7, not reflected, starting from 0. */
const TABLE = new DataView(new ArrayBuffer(4 * 256))
for (let i = 0; i < 256; i++) {
  let rest = i << 24
  for (let bit = 0; bit < 8; bit++) rest = rest < 0 ? (rest << 1) ^ 0x04c11db7 : rest << 1
  TABLE.setInt32(4 * i, rest)
}

/** The checksum of what came before and of the bytes from `from` to `to`, as a signed number. */
export function oggCrc (before: number, bytes: Buffer, from: number, to: number): number {
  let crc = before
  for (let at = from; at < to; at++) crc = (crc << 8) ^ TABLE.getInt32(4 * ((crc >>> 24) ^ bytes.readUInt8(at)))
  return crc
}
