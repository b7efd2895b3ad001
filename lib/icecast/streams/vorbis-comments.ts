import type { StreamMetadata } from './stream-reader.ts'
import { MAX_TAG_NAME_BYTES } from './tags.ts'
import { MAX_TITLE_BYTES, TrackTags } from './track-tags.ts'

/** `name=value`; of a longer comment, such as a picture, the rest is skipped. */
const MAX_COMMENT_BYTES = MAX_TAG_NAME_BYTES + 1 + MAX_TITLE_BYTES
const EQUALS = '='.charCodeAt(0)

/** What comes next: `nothing` after the last comment. */
type Item = 'vendor length' | 'vendor' | 'count' | 'length' | 'comment' | 'nothing'

/**
 * Reads Vorbis comments (https://xiph.org/vorbis/doc/v-comment.html) in pieces: a vendor text, the number of comments, and
 * each comment, all with lengths of 32 bits. It keeps the comments that are published, and nothing else.
 */
export class VorbisComments {
  readonly #item = Buffer.allocUnsafeSlow(MAX_COMMENT_BYTES)
  #what: Item = 'vendor length'
  /** Bytes of the current item that are kept. */
  #kept = 0
  /** Bytes of the current item that have not been read. */
  #left = 4
  #comments = 0
  readonly #tags = new TrackTags()

  /** Whether all comments have been read. */
  get isComplete (): boolean {
    return this.#what === 'nothing'
  }

  push (chunk: Buffer, from: number, to: number): void {
    for (let at = from; at < to && !this.isComplete;) {
      const end = Math.min(to, at + this.#left)
      this.#kept += chunk.copy(this.#item, this.#kept, at, end)
      this.#left -= end - at
      at = end
      while (this.#left === 0 && !this.isComplete) this.#next()
    }
  }

  /** What has been read so far. */
  get metadata (): StreamMetadata {
    return this.#tags.metadata
  }

  #next (): void {
    const what = this.#what
    if (what === 'vendor length') {
      this.#begin('vendor', this.#number())
    } else if (what === 'vendor') {
      this.#begin('count', 4)
    } else if (what === 'length') {
      this.#begin('comment', this.#number())
    } else {
      if (what === 'count') {
        this.#comments = this.#number()
      } else {
        this.#comments--
        this.#keep(this.#item.subarray(0, this.#kept))
      }
      if (this.#comments === 0) this.#begin('nothing', 0)
      else this.#begin('length', 4)
    }
  }

  #begin (what: Item, length: number): void {
    this.#what = what
    this.#left = length
    this.#kept = 0
  }

  #number (): number {
    return this.#item.readUInt32LE(0)
  }

  #keep (comment: Buffer): void {
    const equals = comment.indexOf(EQUALS)
    if (equals !== -1) this.#tags.add(comment.toString('latin1', 0, equals), comment.subarray(equals + 1))
  }
}
