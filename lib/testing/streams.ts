import type { Socket } from 'node:net'
import type { Bytes } from './bytes.ts'
import { OggEncoder, type Comment } from './ogg.ts'
import type { Title } from './options.ts'
import type { FakeRequest } from './request.ts'
import type { Server, Source } from './server.ts'
import { SILENT_MP3 } from './silence.ts'
import { typeOf } from './stream-head.ts'
import { commentsOf, hasComments, namedFields } from './titles.ts'

const AUDIO_INTERVAL_MS = 250
const PACKETS_PER_PAGE = 10
/** Bytes; the length of a block is one byte that counts 16 bytes. */
const MAX_BLOCK_BYTES = 255 * 16

/** What a listener asks for: the source, and whether with ICY metadata. */
export interface StreamRequest {
  source: Source
  /** Null in Ogg, and where it was not asked for. */
  interval: number | null
}

/** What is sent of a source: audio that all its listeners share, and what it plays. */
interface Encoder {
  /** Null for all types but Ogg, which get silence in MP3. */
  readonly ogg: OggEncoder | null
  /** The current block of ICY metadata. */
  block: Buffer
  /** What came before: a listener gets the last ones first, as in a burst. */
  readonly past: Buffer[]
}

interface Listener {
  source: Source
  readonly interval: number | null
  /** Bytes until the next block of ICY metadata. */
  untilBlock: number
  /** The block that was sent last. */
  block: Buffer
}

/** The streams of a server and those who listen to them. */
export class Streams {
  readonly #server: Server
  readonly #encoders = new WeakMap<Source, Encoder>()
  readonly #listeners = new Map<Socket, Listener>()
  #timer: NodeJS.Timeout | undefined
  #isHanging = false

  constructor (server: Server) {
    this.#server = server
  }

  /** What a request asks for; null if it is not for a stream. A mount without a source leads to its fallback. */
  find ({ method, pathname, headers }: FakeRequest): StreamRequest | null {
    const { sources } = this.#server
    const mount = decode(pathname)
    const source = sources.get(mount) ?? sources.get(this.#server.fallbackOf(mount) ?? '')
    if (method !== 'GET' || source === undefined) return null
    const wantsIcy = Number(headers['icy-metadata']) > 0 && !hasComments(source.options.contentType)
    return { source, interval: wantsIcy ? this.#server.options.metadataInterval : null }
  }

  /** The first bytes of a stream after its head. */
  first (request: StreamRequest): Buffer {
    return this.#begin(request).bytes
  }

  /** Sends the stream from now on. `head`: the head of the answer. `onLeave`: the connection has ended, at this source. */
  open (socket: Socket, request: StreamRequest, head: Buffer, onLeave: (source: Source) => void): void {
    const { listener, bytes } = this.#begin(request)
    this.#listeners.set(socket, listener)
    socket.write(Buffer.concat([head, bytes]))
    this.#timer ??= setInterval(() => this.#play(), AUDIO_INTERVAL_MS).unref()
    socket.once('close', () => {
      this.#listeners.delete(socket)
      if (this.#listeners.size === 0) this.stop()
      onLeave(listener.source)
    })
  }

  /** How many listen to a source. */
  count (source: Source): number {
    return this.#of(source).length
  }

  /** The encoder sends a title, as in `Source.sent` where it is not Ogg. */
  title (source: Source, title: Title): void {
    const encoder = this.#encoder(source)
    const { ogg, past } = encoder
    if (ogg !== null) {
      const end = ogg.end()
      past.push(Buffer.concat([ogg.head, end]))
      ogg.begin(commentsIn(title))
      for (const [socket] of this.#of(source)) socket.write(Buffer.concat([end, ogg.head]))
    } else {
      past.push(encoder.block)
      encoder.block = icyBlock(source.sent)
      // At once, and not only after the rest of the interval in real time.
      for (const [socket, listener] of this.#of(source)) if (listener.interval !== null) socket.write(this.#untilBlock(listener))
    }
    past.splice(0, past.length - this.#server.options.burst)
  }

  /** The source has gone: its listeners hear another one, or are disconnected. */
  end (source: Source, fallback?: Source): void {
    for (const [socket, listener] of this.#of(source)) {
      if (fallback === undefined) {
        socket.end()
        continue
      }
      listener.source = fallback
      const { ogg } = this.#encoder(fallback)
      if (ogg !== null) socket.write(ogg.head)
      else if (listener.interval !== null) socket.write(this.#untilBlock(listener))
    }
  }

  /** Sends nothing until `resume()`. */
  hang (): void {
    if (this.#isHanging) return
    this.#isHanging = true
    for (const socket of this.sockets) socket.cork()
  }

  resume (): void {
    if (!this.#isHanging) return
    this.#isHanging = false
    for (const socket of this.sockets) socket.uncork()
  }

  get sockets (): Iterable<Socket> {
    return this.#listeners.keys()
  }

  /** Ends the timer. */
  stop (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #of (source: Source): [Socket, Listener][] {
    return [...this.#listeners].filter(([, listener]) => listener.source === source)
  }

  #encoder (source: Source): Encoder {
    const known = this.#encoders.get(source)
    if (known !== undefined) return known
    const { subtype = 'Vorbis' } = source.options
    const isOgg = typeOf(source).includes('ogg')
    const codec = subtype === 'Opus' || subtype === 'FLAC' ? subtype : 'Vorbis'
    const encoder: Encoder = { ogg: isOgg ? new OggEncoder(codec, []) : null, block: Buffer.of(0), past: [] }
    this.#encoders.set(source, encoder)
    return encoder
  }

  #begin ({ source, interval }: StreamRequest): { listener: Listener, bytes: Buffer } {
    const { ogg, past, block } = this.#encoder(source)
    const listener = { source, interval, untilBlock: interval ?? 0, block: Buffer.of(0) }
    if (ogg !== null) return { listener, bytes: Buffer.concat([...past, ogg.head, ogg.audio(PACKETS_PER_PAGE)]) }
    if (interval === null) return { listener, bytes: SILENT_MP3 }
    const blocks = [...past, block].filter(({ length }) => length > 1)
    return { listener, bytes: Buffer.concat([...blocks.map((one) => this.#untilBlock(listener, one)), this.#audio(listener, SILENT_MP3)]) }
  }

  #play (): void {
    const pages = new Map<OggEncoder, Buffer>()
    for (const [socket, listener] of this.#listeners) {
      const { ogg } = this.#encoder(listener.source)
      if (ogg === null) {
        socket.write(this.#audio(listener, SILENT_MP3))
        continue
      }
      const page = pages.get(ogg) ?? ogg.audio(PACKETS_PER_PAGE)
      pages.set(ogg, page)
      socket.write(page)
    }
  }

  /** Audio for a listener, with the block of ICY metadata that is due in it. */
  #audio (listener: Listener, audio: Buffer): Buffer {
    if (listener.interval === null) return audio
    if (audio.length < listener.untilBlock) {
      listener.untilBlock -= audio.length
      return audio
    }
    const at = listener.untilBlock
    listener.untilBlock = listener.interval
    const before = Buffer.concat([audio.subarray(0, at), this.#due(listener, this.#encoder(listener.source).block)])
    return Buffer.concat([before, this.#audio(listener, audio.subarray(at))])
  }

  /** Silence up to the next block, and this block. */
  #untilBlock (listener: Listener, block = this.#encoder(listener.source).block): Buffer {
    const frames = Math.ceil(listener.untilBlock / SILENT_MP3.length)
    const audio = Buffer.concat(new Array<Buffer>(frames).fill(SILENT_MP3)).subarray(0, listener.untilBlock)
    listener.untilBlock = this.#server.options.metadataInterval
    return Buffer.concat([audio, this.#due(listener, block)])
  }

  /** A block is sent once; a single 0 says that it is still the same. */
  #due (listener: Listener, block: Buffer): Buffer {
    if (block.equals(listener.block)) return Buffer.of(0)
    listener.block = block
    return block
  }
}

function decode (pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}

/** The comments that an encoder sends: artist and title, and other tags. */
function commentsIn (title: Title): Comment[] {
  const { artist, title: name } = commentsOf(title)
  const tags = Object.entries(namedFields(title).tags ?? {}).map(([tag, value]): Comment => [tag, Buffer.from(value).toString('latin1')])
  return [...tags, ...artist === null ? [] : [['artist', artist] satisfies Comment], ...name === null ? [] : [['title', name] satisfies Comment]]
}

/** A block with its length before it; without a title a single 0. */
function icyBlock ({ artist, title, url }: Source['sent']): Buffer {
  if (title === null) return Buffer.of(0)
  const joined: Bytes = artist === null ? title : `${artist} - ${title}`
  const text = Buffer.from(`StreamTitle='${joined}';${url === null ? '' : `StreamUrl='${url}';`}`, 'latin1').subarray(0, MAX_BLOCK_BYTES)
  const block = Buffer.alloc(1 + Math.ceil(text.length / 16) * 16)
  block.writeUInt8((block.length - 1) / 16)
  text.copy(block, 1)
  return block
}
