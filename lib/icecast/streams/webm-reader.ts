import type { StreamMetadata, StreamReader } from './stream-reader.ts'
import { MAX_TAG_NAME_BYTES } from './tags.ts'
import { MAX_TITLE_BYTES, TrackTags } from './track-tags.ts'

// RFC 8794 and RFC 9559: an element is an id, a length and its content, which may be other elements.
const SEGMENT = 0x18538067
const INFO = 0x1549a966
const TITLE = 0x7ba9
const TAGS = 0x1254c367
const TAG = 0x7373
const SIMPLE_TAG = 0x67c8
const TAG_NAME = 0x45a3
const TAG_STRING = 0x4487
const CLUSTER = 0x1f43b675
/** Elements whose content is read as elements. Where they end is of no interest. */
const ENTERED = new Set([SEGMENT, INFO, TAGS, TAG, SIMPLE_TAG])
const MAX_BYTES = new Map([[TITLE, MAX_TITLE_BYTES], [TAG_NAME, MAX_TAG_NAME_BYTES + 1], [TAG_STRING, MAX_TITLE_BYTES]])
/** An id of 4 bytes and a length of 8. */
const MAX_HEADER_BYTES = 12
const MAX_ID_BYTES = 4
/** Elements before the audio; a head has some dozens. */
const MAX_ELEMENTS = 10_000
/** Tags that are about the file, and do not change while it is a stream. */
const LEFT_OUT = /^duration$/i

/**
 * Reads the tags of WebM and Matroska, which come before the audio, and once in a stream: Icecast sends them to each listener.
 * After them nothing is read.
 */
export function createWebmReader (onMetadata: (metadata: StreamMetadata) => void): StreamReader {
  return new WebmReader(onMetadata)
}

class WebmReader implements StreamReader {
  readonly #onMetadata: (metadata: StreamMetadata) => void
  readonly #tags = new TrackTags()
  /** Null when the tags have been read. */
  #item: Buffer | null = Buffer.allocUnsafeSlow(MAX_TITLE_BYTES)
  #length = 0
  /** The element whose content is being read; null while its id and length are. */
  #id: number | null = null
  /** Bytes of the content that have not been received. */
  #left = 0
  /** How many bytes of the content are kept. */
  #max = 0
  #elements = 0
  #name = ''

  constructor (onMetadata: (metadata: StreamMetadata) => void) {
    this.#onMetadata = onMetadata
  }

  push (chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.#item !== null;) {
      at = this.#id === null ? this.#readHeader(chunk, at, this.#item) : this.#readContent(chunk, at, this.#item, this.#id)
    }
  }

  /** Reads the next byte of an id and a length. Returns where it ends. */
  #readHeader (chunk: Buffer, at: number, item: Buffer): number {
    item.writeUInt8(chunk.readUInt8(at), this.#length++)
    const idLength = vintLength(item, 0)
    if (idLength > MAX_ID_BYTES) {
      this.#end()
    } else if (this.#length > idLength) {
      const sizeLength = vintLength(item, idLength)
      if (sizeLength > MAX_HEADER_BYTES - MAX_ID_BYTES) this.#end()
      else if (this.#length === idLength + sizeLength) this.#begin(item.readUIntBE(0, idLength), sizeOf(item, idLength, sizeLength))
    }
    return at + 1
  }

  #begin (id: number, size: number): void {
    this.#length = 0
    if (id === CLUSTER) {
      this.#end()
      this.#onMetadata(this.#tags.metadata)
    } else if (++this.#elements > MAX_ELEMENTS) {
      this.#end()
    } else if (!ENTERED.has(id)) {
      this.#id = id
      this.#left = size
      this.#max = MAX_BYTES.get(id) ?? 0
      if (size === 0) this.#endElement(id, Buffer.alloc(0))
    }
  }

  #readContent (chunk: Buffer, from: number, item: Buffer, id: number): number {
    const to = Math.min(chunk.length, from + this.#left)
    this.#length += chunk.copy(item, this.#length, from, Math.min(to, from + this.#max - this.#length))
    this.#left -= to - from
    if (this.#left === 0) this.#endElement(id, item.subarray(0, this.#length))
    return to
  }

  #endElement (id: number, content: Buffer): void {
    const text = withoutPadding(content)
    if (id === TITLE) this.#tags.add('title', text)
    else if (id === TAG_NAME) this.#name = text.toString('latin1')
    else if (id === TAG_STRING && !LEFT_OUT.test(this.#name)) this.#tags.add(this.#name, text)
    this.#id = null
    this.#length = 0
  }

  #end (): void {
    this.#item = null
  }
}

/** The length of a number of variable length, by its first byte: one more than it has leading zeros. */
function vintLength (bytes: Buffer, at: number): number {
  return Math.clz32(bytes.readUInt8(at)) - 24 + 1
}

/** All ones mean that the length is not known, which no element has whose content is read here: it is then without an end. */
function sizeOf (bytes: Buffer, at: number, length: number): number {
  let size = bytes.readUInt8(at) & (2 ** (8 - length) - 1)
  let isUnknown = size === 2 ** (8 - length) - 1
  for (let i = at + 1; i < at + length; i++) {
    const byte = bytes.readUInt8(i)
    isUnknown &&= byte === 0xff
    size = size * 256 + byte
  }
  return isUnknown ? Infinity : size
}

/** A string may end with zeros. */
function withoutPadding (text: Buffer): Buffer {
  const end = text.indexOf(0)
  return end === -1 ? text : text.subarray(0, end)
}
