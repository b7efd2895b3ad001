import { oggCrc } from './ogg-crc.ts'
import { OggStream } from './ogg-stream.ts'
import type { StreamMetadata, StreamReader } from './stream-reader.ts'

// RFC 3533, 6: a page is a header of 27 bytes, a table with the lengths of its segments, and the segments.
const CAPTURE = Buffer.from('OggS')
const FIXED_HEADER_BYTES = 27
const MAX_HEADER_BYTES = FIXED_HEADER_BYTES + 255
const VERSION_AT = 4
const FLAGS_AT = 5
const SERIAL_AT = 14
const SEQUENCE_AT = 18
const CRC_AT = 22
const SEGMENTS_AT = 26
const CONTINUED = 1
const FIRST = 2
const KNOWN_FLAGS = 7
const FULL_SEGMENT = 255

/** Logical streams of one link whose comments are looked for. A link has one of audio, and seldom others. */
const MAX_STREAMS = 8

/**
 * Reads the comments of an Ogg stream, page by page. Pages of audio are skipped by their length: they are neither copied
 * nor looked at. The checksum counts only for pages with comments: a page that is broken, or missing, loses these comments.
 * Where no page begins the next one is searched for.
 *
 * A stream is a chain of links, one for each track. If a link has several logical streams, its title is that of the first
 * one that has a title.
 */
export function createOggReader (onMetadata: (metadata: StreamMetadata) => void): StreamReader {
  return new OggReader(onMetadata)
}

class OggReader implements StreamReader {
  readonly #onMetadata: (metadata: StreamMetadata) => void
  /** The header of a page that the last chunk has only a part of, or of the page whose comments are being read. */
  readonly #header = Buffer.allocUnsafeSlow(MAX_HEADER_BYTES)
  #headerLength = 0
  /** Bytes to skip. */
  #skip = 0
  /** The logical streams of this link whose comments have not been read. */
  #streams: OggStream[] = []
  /** The link has had a page that is not the first one of a stream. The next first page begins another link. */
  #isLinkOpen = false
  /** What this link has reported. */
  #reported: 'nothing' | 'no title' | 'title' = 'nothing'
  /** The stream whose page is being read. */
  #reading: OggStream | null = null
  #crc = 0
  #segment = 0
  /** Bytes of the current segment that have not been received. */
  #segmentLeft = 0

  constructor (onMetadata: (metadata: StreamMetadata) => void) {
    this.#onMetadata = onMetadata
  }

  push (chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at)
        this.#skip -= skipped
        at += skipped
      } else if (this.#reading !== null) {
        at = this.#readBody(chunk, at, this.#reading)
      } else if (this.#headerLength > 0) {
        at = this.#completeHeader(chunk, at)
      } else {
        at = this.#findHeader(chunk, at)
      }
    }
  }

  /** Reads the next header in the chunk, or keeps the part of it that the chunk has. Returns where it ends. */
  #findHeader (chunk: Buffer, from: number): number {
    const found = chunk.indexOf(CAPTURE, from)
    // The capture pattern may be cut by the end of the chunk.
    const at = found === -1 ? Math.max(from, chunk.length - CAPTURE.length + 1) : found
    const length = headerLength(chunk, at)
    if (length !== null && !isHeader(chunk, at)) return at + 1
    if (length === null || at + length > chunk.length) {
      this.#headerLength = chunk.copy(this.#header, 0, at)
      return chunk.length
    }
    this.#beginPage(chunk, at, length)
    return at + length
  }

  /** Adds the next bytes to the part of a header from chunks before. Returns where it ends. */
  #completeHeader (chunk: Buffer, from: number): number {
    const header = this.#header
    const wanted = headerLength(header.subarray(0, this.#headerLength), 0) ?? FIXED_HEADER_BYTES
    const copied = chunk.copy(header, this.#headerLength, from, from + wanted - this.#headerLength)
    this.#headerLength += copied
    const length = headerLength(header.subarray(0, this.#headerLength), 0)
    if (length === null) return from + copied
    if (!isHeader(header, 0)) {
      this.#dropUntilCapture()
    } else if (this.#headerLength === length) {
      this.#headerLength = 0
      this.#beginPage(header, 0, length)
    }
    return from + copied
  }

  /** There is no page at the start of the kept bytes: keeps only those from where one may begin. */
  #dropUntilCapture (): void {
    const kept = this.#header.subarray(0, this.#headerLength)
    let at = 1
    while (at < kept.length && !CAPTURE.subarray(0, kept.length - at).equals(kept.subarray(at, at + CAPTURE.length))) at++
    kept.copyWithin(0, at)
    this.#headerLength -= at
  }

  #beginPage (bytes: Buffer, at: number, length: number): void {
    const flags = bytes.readUInt8(at + FLAGS_AT)
    const serial = bytes.readUInt32LE(at + SERIAL_AT)
    if ((flags & FIRST) !== 0) {
      if (this.#isLinkOpen) this.#beginLink()
      this.#forget(serial)
      if (this.#streams.length < MAX_STREAMS) this.#streams.push(new OggStream(serial))
    } else {
      this.#isLinkOpen = true
    }
    const stream = this.#streams.find((one) => one.serial === serial)
    if (stream === undefined) {
      this.#skip = bodyLength(bytes, at, length)
      return
    }
    stream.beginPage(bytes.readUInt32LE(at + SEQUENCE_AT), (flags & CONTINUED) !== 0)
    bytes.copy(this.#header, 0, at, at + length)
    // The checksum is computed with zeros in its place.
    const crc = oggCrc(0, this.#header, 0, CRC_AT)
    this.#crc = oggCrc(oggCrc(crc, ZEROS, 0, 4), this.#header, CRC_AT + 4, length)
    this.#reading = stream
    this.#segment = -1
    this.#nextSegment(stream)
  }

  #beginLink (): void {
    this.#streams = []
    this.#isLinkOpen = false
    this.#reported = 'nothing'
  }

  #readBody (chunk: Buffer, from: number, stream: OggStream): number {
    const to = Math.min(chunk.length, from + this.#segmentLeft)
    this.#crc = oggCrc(this.#crc, chunk, from, to)
    stream.push(chunk, from, to)
    this.#segmentLeft -= to - from
    if (this.#segmentLeft === 0) {
      if (this.#header.readUInt8(FIXED_HEADER_BYTES + this.#segment) < FULL_SEGMENT) stream.endPacket()
      this.#nextSegment(stream)
    }
    return to
  }

  /** Goes on to the next segment that is not empty, or ends the page. */
  #nextSegment (stream: OggStream): void {
    const segments = this.#header.readUInt8(SEGMENTS_AT)
    while (++this.#segment < segments) {
      this.#segmentLeft = this.#header.readUInt8(FIXED_HEADER_BYTES + this.#segment)
      if (this.#segmentLeft > 0) return
      stream.endPacket()
    }
    this.#reading = null
    this.#endPage(stream)
  }

  #endPage (stream: OggStream): void {
    const isBroken = this.#crc !== this.#header.readInt32LE(CRC_AT)
    if (isBroken || stream.state === 'none') return this.#forget(stream.serial)
    if (stream.state === 'reading' || stream.comments === null) return
    this.#forget(stream.serial)
    const { metadata } = stream.comments
    const hasTitle = metadata.title !== null
    if (this.#reported === 'title' || (this.#reported === 'no title' && !hasTitle)) return
    this.#reported = hasTitle ? 'title' : 'no title'
    this.#onMetadata(metadata)
  }

  #forget (serial: number): void {
    this.#streams = this.#streams.filter((one) => one.serial !== serial)
  }
}

const ZEROS = Buffer.alloc(4)

/** The length of the header at `at`; null if the bytes end before it can be known. */
function headerLength (bytes: Buffer, at: number): number | null {
  return at + FIXED_HEADER_BYTES > bytes.length ? null : FIXED_HEADER_BYTES + bytes.readUInt8(at + SEGMENTS_AT)
}

function isHeader (bytes: Buffer, at: number): boolean {
  return CAPTURE.equals(bytes.subarray(at, at + CAPTURE.length)) && bytes.readUInt8(at + VERSION_AT) === 0 &&
    bytes.readUInt8(at + FLAGS_AT) <= KNOWN_FLAGS
}

function bodyLength (bytes: Buffer, at: number, headerLength: number): number {
  let length = 0
  for (let i = FIXED_HEADER_BYTES; i < headerLength; i++) length += bytes.readUInt8(at + i)
  return length
}
