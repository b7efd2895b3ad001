import { oggCrc } from '../icecast/streams/ogg-crc.ts'
import type { Bytes } from './bytes.ts'
import { number, SILENCE, type OggCodec, type Silence } from './silence.ts'

const VENDOR = 'fastify-icecast'
const FIRST = 2
const LAST = 4
const FULL_SEGMENT = 255
const MAX_PAGE_SEGMENTS = 255

/** A stream of Ogg: a chain with a link for each track. */
export class OggEncoder {
  readonly #silence: Silence
  #serial: number
  #sequence = 0
  #packets = 0
  #head: Buffer = Buffer.alloc(0)

  constructor (codec: OggCodec, comments: Comment[]) {
    this.#silence = SILENCE[codec]
    this.#serial = Math.floor(Math.random() * 2 ** 31)
    this.begin(comments)
  }

  /** The pages with which the current link begins. */
  get head (): Buffer {
    return this.#head
  }

  /** Begins a link with these comments. */
  begin (comments: Comment[]): void {
    this.#serial++
    this.#sequence = this.#packets = 0
    const groups = this.#silence.headers(commentBlock(comments))
    this.#head = Buffer.concat(groups.map((packets, i) => this.#pages(packets, i === 0 ? FIRST : 0)))
  }

  /** A page with this many packets of silence. */
  audio (packets: number): Buffer {
    return this.#pages(Array.from({ length: packets }, () => this.#silence.packet(this.#packets++)), 0)
  }

  /** The page with which the link ends. */
  end (): Buffer {
    return this.#pages([this.#silence.packet(this.#packets++)], LAST)
  }

  /** Packets in as few pages as possible. */
  #pages (packets: Buffer[], flags: number): Buffer {
    const sizes = packets.flatMap(({ length }) => [...new Array<number>(Math.floor(length / FULL_SEGMENT)).fill(FULL_SEGMENT), length % FULL_SEGMENT])
    const body = Buffer.concat(packets)
    const pages: Buffer[] = []
    let at = 0
    for (let from = 0; from < sizes.length; from += MAX_PAGE_SEGMENTS) {
      const segments = sizes.slice(from, from + MAX_PAGE_SEGMENTS)
      const length = segments.reduce((sum, size) => sum + size, 0)
      const isContinued = from > 0 && sizes[from - 1] === FULL_SEGMENT
      pages.push(this.#page(flags | (isContinued ? 1 : 0), segments, body.subarray(at, at + length)))
      at += length
    }
    return Buffer.concat(pages)
  }

  #page (flags: number, segments: number[], body: Buffer): Buffer {
    const granule = this.#packets * this.#silence.samples
    const page = Buffer.concat([
      Buffer.from('OggS\0'), number(flags, 1), number(granule, 6), number(0, 2), number(this.#serial, 4), number(this.#sequence++, 4),
      number(0, 4), number(segments.length, 1), Buffer.from(segments), body
    ])
    page.writeInt32LE(oggCrc(0, page, 0, page.length), 22)
    return page
  }
}

export type Comment = [name: string, value: Bytes]

/** Vorbis comments, without what a codec puts around them. */
function commentBlock (comments: Comment[]): Buffer {
  const texts = comments.map(([name, value]) => Buffer.from(`${name}=${value}`, 'latin1'))
  return Buffer.concat([sized(Buffer.from(VENDOR)), number(texts.length, 4), ...texts.map(sized)])
}

function sized (bytes: Buffer): Buffer {
  return Buffer.concat([number(bytes.length, 4), bytes])
}
