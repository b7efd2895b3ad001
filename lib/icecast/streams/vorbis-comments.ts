import type { StreamMetadata } from './stream-reader.ts'
import { cut, isKept, MAX_TAG_NAME_BYTES, MAX_TAG_VALUE_BYTES, MAX_TAGS, toText } from './tags.ts'

/** Bytes of an artist or a title; the rest is left out. Icecast takes 4,080 bytes for both. */
const MAX_TITLE_BYTES = 4096
const MAX_ARTISTS = 16
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
  #title: string | null = null
  readonly #artists = new Set<string>()
  readonly #tags = new Map<string, string>()

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
    const artists = [...this.#artists]
    const last = artists.pop()
    const others = artists.join(', ')
    return {
      artist: last === undefined ? null : others === '' ? last : `${others} & ${last}`,
      title: this.#title,
      tags: this.#tags.size === 0 ? null : Object.fromEntries(this.#tags)
    }
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
    const name = comment.toString('latin1', 0, Math.max(0, equals)).toLowerCase()
    if (!isKept(name)) return
    const isTag = name !== 'title' && name !== 'artist'
    const value = toText(cut(comment.subarray(equals + 1), isTag ? MAX_TAG_VALUE_BYTES : MAX_TITLE_BYTES))
    if (name === 'title') this.#title ??= value
    else if (value.trim() !== '') this.#add(name, value)
  }

  /** A tag that is repeated becomes a list; what would make it too long is left out. */
  #add (name: string, value: string): void {
    const before = this.#tags.get(name)
    if (name === 'artist') {
      if (this.#artists.size < MAX_ARTISTS) this.#artists.add(value)
    } else if (before === undefined) {
      if (this.#tags.size < MAX_TAGS) this.#tags.set(name, value)
    } else if (before !== value && before.length + value.length < MAX_TAG_VALUE_BYTES) {
      this.#tags.set(name, `${before}, ${value}`)
    }
  }
}
