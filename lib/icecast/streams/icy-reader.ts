import type { StreamMetadata, StreamReader } from './stream-reader.ts'
import { cut, isKept, MAX_TAG_VALUE_BYTES, MAX_TAGS, toText } from './tags.ts'

/** Blanks and NUL, which fills a block, are not above it. */
const SPACE = 0x20

/**
 * `name='value'`. A value may contain `'`, `;` and also `';`, so it ends only where the block ends or another field begins.
 * The last one may have no end, if it was too long for the block.
 */
const FIELD = /([A-Za-z]\w*)='(.*?)(?:'?;?$|';\s*(?=[A-Za-z]\w*='))/gs

/**
 * Reads ICY metadata: after each `interval` bytes of audio there is a length byte and a block of 16 times that many bytes.
 * The same block again is not reported, since some servers repeat it in each interval.
 */
export function createIcyReader (interval: number, onMetadata: (metadata: StreamMetadata) => void): StreamReader {
  /** Bytes of audio until the next length byte. */
  let audio = interval
  /** Bytes of the block that have not been received. */
  let missing = 0
  let block: Buffer | null = null
  let last = ''

  const end = (text: string): void => {
    if (text === last) return
    last = text
    const metadata = readBlock(text)
    if (metadata !== null) onMetadata(metadata)
  }

  return {
    push (chunk) {
      for (let at = 0; at < chunk.length;) {
        if (block !== null) {
          const copied = chunk.copy(block, block.length - missing, at)
          missing -= copied
          at += copied
          if (missing > 0) return
          const text = block.toString('latin1')
          block = null
          audio = interval
          end(text)
        } else if (audio > 0) {
          const skipped = Math.min(audio, chunk.length - at)
          audio -= skipped
          at += skipped
        } else {
          missing = chunk.readUInt8(at++) * 16
          if (missing === 0) audio = interval
          else block = Buffer.allocUnsafeSlow(missing)
        }
      }
    }
  }
}

/** Null without a `StreamTitle`: the title before it stays. */
function readBlock (text: string): StreamMetadata | null {
  let title: string | null = null
  const tags = new Map<string, string>()
  for (const [, field = '', value = ''] of withoutPadding(text).matchAll(FIELD)) {
    const bytes = Buffer.from(value, 'latin1')
    const name = field.toLowerCase()
    if (name === 'streamtitle') {
      title ??= toText(bytes)
    } else if (value.trim() !== '' && tags.size < MAX_TAGS && isKept(name)) {
      // Some servers send the fields of a query there.
      if (name !== 'streamurl') tags.set(name, toText(cut(bytes, MAX_TAG_VALUE_BYTES)))
      else if (/^https?:\/\//i.test(value)) tags.set('url', toText(cut(bytes, MAX_TAG_VALUE_BYTES)))
    }
  }
  return title === null ? null : { artist: null, title, tags: tags.size === 0 ? null : Object.fromEntries(tags) }
}

/** A regular expression would take quadratic time for blanks before the end. */
function withoutPadding (text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) <= SPACE) end--
  return text.slice(0, end)
}

/** The interval in `icy-metaint`; null when it is not a number of bytes. */
export function readInterval (header: string | string[] | undefined): number | null {
  const [, digits] = /^\s*(\d{1,7})\s*(?:,|$)/.exec(String(header)) ?? []
  return digits === undefined || Number(digits) === 0 ? null : Number(digits)
}
