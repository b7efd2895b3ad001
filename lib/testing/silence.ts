/** A codec in Ogg. */
export type OggCodec = 'Opus' | 'Vorbis' | 'FLAC'

/** Silence in a codec, with the headers that a decoder needs. */
export interface Silence {
  /** The header packets of a track; each that begins a page of its own is an array. */
  headers (comments: Buffer): Buffer[][]
  /** A packet of audio; its number counts from 0 in each track. */
  packet (number: number): Buffer
  /** Samples in a packet, by which Ogg counts the time. */
  readonly samples: number
}

/** One frame of MP3: 64 kbit/s, mono, 48 kHz, 24 ms. */
export const SILENT_MP3 = Buffer.concat([Buffer.from('fffb54c4', 'hex'), Buffer.alloc(188)])

const FLAC_BLOCK_SIZE = 4096
const VORBIS_BLOCK_SIZE_LOG2 = 11

export const SILENCE: Record<OggCodec, Silence> = {
  // RFC 7845: one channel, 48 kHz; frames of 20 ms.
  Opus: {
    headers: (comments) => [
      [Buffer.concat([Buffer.from('OpusHead\x01\x01', 'latin1'), number(312, 2), number(48_000, 4), number(0, 3)])],
      [Buffer.concat([Buffer.from('OpusTags'), comments])]
    ],
    packet: () => Buffer.from('f8fffe', 'hex'),
    samples: 960
  },
  // Vorbis I, 4.2: one channel, 44.1 kHz. Comments and setup share a page, as encoders send them.
  Vorbis: {
    headers: (comments) => [
      [Buffer.concat([
        Buffer.from('\x01vorbis', 'latin1'), number(0, 4), number(1, 1), number(44_100, 4), number(0, 4), number(64_000, 4), number(0, 4),
        number(VORBIS_BLOCK_SIZE_LOG2 << 4 | VORBIS_BLOCK_SIZE_LOG2, 1), number(1, 1)
      ])],
      [Buffer.concat([Buffer.from('\x03vorbis', 'latin1'), comments, number(1, 1)]), vorbisSetup()]
    ],
    packet: () => Buffer.of(0),
    samples: 2 ** (VORBIS_BLOCK_SIZE_LOG2 - 1)
  },
  // RFC 9639, 10.1: one channel, 44.1 kHz, 16 bits.
  FLAC: {
    headers: (comments) => [
      [Buffer.concat([Buffer.from('\x7fFLAC\x01\0\0\x01fLaC\0\0\0\x22', 'latin1'), flacStreamInfo()])],
      [Buffer.concat([Buffer.of(0x84), number(comments.length, 3).reverse(), comments])]
    ],
    packet: flacFrame,
    samples: FLAC_BLOCK_SIZE
  }
}

/** A number in little-endian bytes. */
export function number (value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntLE(value, 0, bytes)
  return buffer
}

/** The smallest setup there is: one codebook with one entry, a floor without partitions, so that a packet `0` is silence. */
function vorbisSetup (): Buffer {
  const bits: number[] = []
  const write = (value: number, count: number): void => { for (let bit = 0; bit < count; bit++) bits.push((value >>> bit) & 1) }
  write(0, 8) // codebooks - 1
  write(0x564342, 24)
  write(1, 16) // dimensions
  write(1, 24) // entries
  write(0, 2) // neither ordered nor sparse
  write(0, 5) // length of the entry - 1
  write(0, 4) // no lookup
  write(0, 6 + 16) // times
  write(0, 6) // floors - 1
  write(1, 16) // floor 1
  write(0, 5) // partitions
  write(0, 2) // multiplier - 1
  write(4, 4) // bits of the range
  write(0, 6 + 16 + 24 + 24 + 24 + 6 + 8 + 3 + 1) // one residue of nothing
  write(0, 6 + 16 + 1 + 1 + 2 + 8 + 8 + 8) // one mapping
  write(0, 6 + 1 + 16 + 16 + 8) // one mode
  write(1, 1) // the end
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [i, bit] of bits.entries()) bytes.writeUInt8(bytes.readUInt8(i >> 3) | bit << (i & 7), i >> 3)
  return Buffer.concat([Buffer.from('\x05vorbis', 'latin1'), bytes])
}

function flacStreamInfo (): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(FLAC_BLOCK_SIZE, 0)
  info.writeUInt16BE(FLAC_BLOCK_SIZE, 2)
  // 20 bits of sample rate, 3 of channels - 1, 5 of bits - 1.
  info.writeUInt32BE((44_100 << 12 | 0 << 9 | 15 << 4) >>> 0, 10)
  return info
}

/** RFC 9639, 9: a block of 4096 samples, all 0. Its number has one or two bytes, as in UTF-8, and begins again at 2048. */
function flacFrame (index: number): Buffer {
  const count = index % 2048
  const coded = Buffer.from(String.fromCodePoint(count))
  const head = Buffer.concat([Buffer.from('fff8c908', 'hex'), coded])
  const frame = Buffer.concat([head, number(crc(head, 8, 0x07), 1), Buffer.from('000000', 'hex')])
  return Buffer.concat([frame, number(crc(frame, 16, 0x8005), 2).reverse()])
}

function crc (bytes: Buffer, width: 8 | 16, polynomial: number): number {
  let register = 0
  for (const byte of bytes) {
    register ^= byte << (width - 8)
    for (let bit = 0; bit < 8; bit++) register = register << 1 ^ (register & 1 << (width - 1) ? polynomial : 0)
  }
  return register & (2 ** width - 1)
}
