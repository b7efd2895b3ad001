/** An encoder of Ogg (RFC 3533) and of the headers of its codecs, with silence as audio. */

export interface PageOptions {
  serial: number
  /** Most bytes of packets in a page; by default a page is as long as it can be. */
  pageBytes?: number
  /** Granule position of pages with audio. */
  granule?: number
}

export type Codec = 'opus' | 'vorbis' | 'flac' | 'speex'
export type Comments = readonly (readonly [name: string, value: string | Buffer])[]

/** A link of a chain: its header packets, and packets of audio. */
export function link (codec: Codec, comments: Comments, options: PageOptions & { audio?: Buffer[] }): Buffer {
  const [first, ...others] = headers(codec, comments)
  const { audio = [Buffer.alloc(300, 0x55), Buffer.alloc(40, 0x55)] } = options
  return Buffer.concat(new Pages(options).add([first], { isFirst: true }).add(others).add(audio, { isLast: true }).all)
}

/** Puts packets into pages. */
export class Pages {
  readonly all: Buffer[] = []
  readonly #options: PageOptions
  #sequence = 0

  constructor (options: PageOptions) {
    this.#options = options
  }

  /** Adds packets, which begin on a page of their own. */
  add (packets: readonly Buffer[], { isFirst = false, isLast = false } = {}): this {
    const { pageBytes = 255 * 255 } = this.#options
    let segments: Buffer[] = []
    let isContinued = false
    const end = (goesOn: boolean): void => {
      const flags = (isContinued ? 1 : 0) | (isFirst ? 2 : 0) | (isLast ? 4 : 0)
      this.all.push(page({ flags, serial: this.#options.serial, sequence: this.#sequence++, granule: BigInt(this.#options.granule ?? 0) }, segments))
      segments = []
      isContinued = goesOn
    }
    for (const packet of packets) {
      const sizes = [...new Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255]
      let at = 0
      for (const [i, size] of sizes.entries()) {
        const filled = segments.reduce((sum, segment) => sum + segment.length, 0)
        if (segments.length === 255 || (segments.length > 0 && filled + size > pageBytes)) end(i > 0)
        segments.push(packet.subarray(at, at + size))
        at += size
      }
    }
    if (segments.length > 0) end(false)
    return this
  }
}

export function page (
  { flags, serial, sequence, granule = 0n }: { flags: number, serial: number, sequence: number, granule?: bigint },
  segments: readonly Buffer[]
): Buffer {
  const head = Buffer.alloc(27)
  head.write('OggS')
  head.writeUInt8(flags, 5)
  head.writeBigInt64LE(granule, 6)
  head.writeUInt32LE(serial, 14)
  head.writeUInt32LE(sequence, 18)
  head.writeUInt8(segments.length, 26)
  const whole = Buffer.concat([head, Buffer.from(segments.map(({ length }) => length)), ...segments])
  whole.writeUInt32LE(crc(whole), 22)
  return whole
}

export function headers (codec: Codec, comments: Comments): [first: Buffer, comments: Buffer, ...Buffer[]] {
  const block = commentBlock(comments)
  switch (codec) {
    case 'opus': return [Buffer.from('OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0', 'latin1'), Buffer.concat([Buffer.from('OpusTags'), block])]
    case 'vorbis': return [
      Buffer.concat([Buffer.from('\x01vorbis', 'latin1'), Buffer.alloc(23, 1)]),
      Buffer.concat([Buffer.from('\x03vorbis', 'latin1'), block, Buffer.of(1)]),
      Buffer.concat([Buffer.from('\x05vorbis', 'latin1'), Buffer.alloc(3900, 7)])
    ]
    case 'flac': return [
      Buffer.concat([Buffer.from('\x7fFLAC\x01\0\0\x01fLaC\0\0\0\x22', 'latin1'), Buffer.alloc(34, 1)]),
      flacBlock(4, block, true)
    ]
    case 'speex': return [Buffer.concat([Buffer.from('Speex   1.2.1'), Buffer.alloc(67)]), block]
  }
}

export function flacBlock (type: number, body: Buffer, isLast = false): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt8((isLast ? 0x80 : 0) | type)
  head.writeUIntBE(Math.min(body.length, 0xffffff), 1, 3)
  return Buffer.concat([head, body])
}

export function commentBlock (comments: Comments, { vendor = 'test', count = comments.length } = {}): Buffer {
  const texts = comments.map(([name, value]) => Buffer.concat([Buffer.from(`${name}=`), Buffer.from(value)]))
  return Buffer.concat([sized(Buffer.from(vendor)), uint32(count), ...texts.map(sized)])
}

function sized (bytes: Buffer): Buffer {
  return Buffer.concat([uint32(bytes.length), bytes])
}

function uint32 (value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Bit by bit, as the definition says. */
function crc (bytes: Buffer): number {
  let register = 0
  for (const byte of bytes) {
    register ^= byte << 24
    for (let bit = 0; bit < 8; bit++) register = (register & 0x80000000) !== 0 ? (register << 1) ^ 0x04c11db7 : register << 1
  }
  return register >>> 0
}
