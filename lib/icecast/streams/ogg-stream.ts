import { codecOf, MAX_MAGIC_LENGTH, type OggCodec } from './ogg-codecs.ts'
import { VorbisComments } from './vorbis-comments.ts'

/** Packets after the first one in which comments are looked for. They have to be the second one. */
const MAX_HEADER_PACKETS = 8

/** One logical stream of an Ogg stream, until its comments have been read. */
export class OggStream {
  readonly serial: number
  #nextPage: number | null = null
  #packets = 0
  /** The last page ended within a packet. */
  #isContinued = false
  #codec: OggCodec | null = null
  readonly #head = Buffer.allocUnsafeSlow(MAX_MAGIC_LENGTH)
  #headLength = 0
  #comments: VorbisComments | null = null
  #state: 'reading' | 'complete' | 'none' = 'reading'

  constructor (serial: number) {
    this.serial = serial
  }

  /** `none`: there are no comments, or they cannot be read. */
  get state (): 'reading' | 'complete' | 'none' {
    return this.#state
  }

  /** What the comments say; null until they begin. */
  get comments (): VorbisComments | null {
    return this.#comments
  }

  /** Begins a page. If a page is missing, the comments are lost. */
  beginPage (sequence: number, isContinued: boolean): void {
    const isNext = sequence === this.#nextPage && isContinued === this.#isContinued
    if (this.#nextPage !== null && !isNext) this.#state = 'none'
    this.#nextPage = (sequence + 1) >>> 0
  }

  /** Takes a part of a packet. */
  push (chunk: Buffer, from: number, to: number): void {
    this.#isContinued = true
    if (this.#state !== 'reading') return
    let at = from
    if (this.#comments === null) {
      const wanted = this.#codec?.headLength ?? MAX_MAGIC_LENGTH
      const copied = chunk.copy(this.#head, this.#headLength, from, Math.min(to, from + wanted - this.#headLength))
      this.#headLength += copied
      at += copied
      if (this.#codec === null || this.#headLength < wanted || !this.#isCommentPacket(this.#codec)) return
      this.#comments = new VorbisComments()
    }
    this.#comments.push(chunk, at, to)
    if (this.#comments.isComplete) this.#state = 'complete'
  }

  endPacket (): void {
    this.#isContinued = false
    if (this.#state !== 'reading') return
    this.#packets++
    if (this.#comments !== null) {
      // Shorter than it says: what was read of it counts.
      this.#state = 'complete'
    } else if (this.#codec === null) {
      const codec = codecOf(this.#head.subarray(0, this.#headLength))
      if (codec === undefined) this.#state = 'none'
      else this.#codec = codec
    } else if (this.#packets > MAX_HEADER_PACKETS) {
      this.#state = 'none'
    }
    this.#headLength = 0
  }

  #isCommentPacket (codec: OggCodec): boolean {
    const kind = codec.packet(this.#head.subarray(0, codec.headLength))
    if (kind === 'other') this.#state = 'none'
    return kind === 'comments'
  }
}
