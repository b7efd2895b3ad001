import type { StreamMetadata } from './stream-reader.ts'
import { cut, isKept, MAX_TAG_VALUE_BYTES, MAX_TAGS, toText } from './tags.ts'

/** Bytes of an artist or a title; the rest is left out. Icecast takes 4,080 bytes for both. */
export const MAX_TITLE_BYTES = 4096
const MAX_ARTISTS = 16

/** Collects the tags of a track that are published. A name may come several times. */
export class TrackTags {
  #title: string | null = null
  readonly #artists = new Set<string>()
  readonly #tags = new Map<string, string>()

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

  /** Of several titles the first one is kept. */
  add (anyCaseName: string, bytes: Buffer): void {
    const name = anyCaseName.toLowerCase()
    if (!isKept(name)) return
    const isTag = name !== 'title' && name !== 'artist'
    const value = toText(cut(bytes, isTag ? MAX_TAG_VALUE_BYTES : MAX_TITLE_BYTES))
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
