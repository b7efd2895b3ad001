/** How a codec is recognized, and where its comments are. */
export interface OggCodec {
  /** The bytes with which its first packet begins. */
  readonly magic: Buffer
  /** Bytes before the comments in their packet. */
  readonly headLength: number
  /** What a packet with this head is: the comments, a header before them, or a sign that there are no comments. */
  packet (head: Buffer): 'comments' | 'header' | 'other'
}

const FLAC_COMMENTS = 4
const FLAC_INVALID = 127
const FLAC_LAST = 0x80

const CODECS: readonly OggCodec[] = [
  // RFC 7845, 5.2
  startsWith('OpusHead', 'OpusTags'),
  // Vorbis I, 4.2.1
  startsWith('\x01vorbis', '\x03vorbis'),
  // RFC 9639, 10.1: a packet for each metadata block
  {
    magic: Buffer.from('\x7fFLAC', 'latin1'),
    headLength: 4,
    packet (head) {
      const first = head.readUInt8(0)
      const type = first & ~FLAC_LAST
      if (type === FLAC_COMMENTS) return 'comments'
      return type === FLAC_INVALID || (first & FLAC_LAST) !== 0 ? 'other' : 'header'
    }
  },
  // The Speex Codec Manual, 7.3: comments without a head
  startsWith('Speex   ', '')
]

/** Bytes of a first packet by which `codecOf` recognizes the codec. */
export const MAX_MAGIC_LENGTH = Math.max(...CODECS.map(({ magic }) => magic.length))

/** The codec of a stream with this first packet; undefined if it has no title, such as a video, or is not known. */
export function codecOf (packet: Buffer): OggCodec | undefined {
  return CODECS.find(({ magic }) => packet.subarray(0, magic.length).equals(magic))
}

function startsWith (magic: string, head: string): OggCodec {
  const expected = Buffer.from(head, 'latin1')
  return {
    magic: Buffer.from(magic, 'latin1'),
    headLength: expected.length,
    packet: (head) => head.equals(expected) ? 'comments' : 'other'
  }
}
