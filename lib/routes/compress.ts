import type { FastifyReply, FastifyRequest } from 'fastify'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

type Encoding = 'br' | 'gzip'

/** Smaller bodies fit into one packet anyway. */
const MIN_BYTES = 1024
/** Larger bodies would block the process for more than some milliseconds. */
const MAX_BYTES = 512 * 1024
/** Quality 4 takes as long as gzip, and the result is smaller. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT } }

const COMPRESS: Readonly<Record<Encoding, (body: Buffer) => Buffer>> = {
  br: (body) => brotliCompressSync(body, BROTLI),
  gzip: (body) => gzipSync(body)
}

/** Bodies that are sent to many clients, each with what it was compressed to. */
const shared = new WeakMap<Buffer, Map<Encoding, Buffer>>()

/** Marks a body as one that is kept, so that it is compressed once for all clients. Returns it. */
export function compressOnce (body: Buffer): Buffer {
  if (body.length >= MIN_BYTES && body.length <= MAX_BYTES) shared.set(body, new Map())
  return body
}

/**
 * The compressed form of a shared body if the client accepts one, whose `Content-Encoding` it sets. What the app's own hooks have compressed stays. All encodings
 * have the same `ETag`: it stands for the state, and there are no ranges of bodies.
 */
export function compressShared ({ headers }: FastifyRequest, reply: FastifyReply, body: unknown): Buffer | undefined {
  const accepted = headers['accept-encoding']
  if (accepted === undefined || !Buffer.isBuffer(body)) return
  const results = shared.get(body)
  const encoding = results && !isEncoded(reply) ? preferredEncoding(String(accepted)) : null
  if (results === undefined || encoding === null) return
  let compressed = results.get(encoding)
  if (compressed === undefined) results.set(encoding, compressed = COMPRESS[encoding](body))
  reply.header('content-encoding', encoding)
  return compressed
}

function isEncoded (reply: FastifyReply): boolean {
  return reply.hasHeader('content-encoding') || /no-transform/i.test(String(reply.getHeader('cache-control')))
}

/** The encoding that an `Accept-Encoding` header prefers (RFC 9110, section 12.5.3); null: none of these. */
export function preferredEncoding (header: string): Encoding | null {
  let best: Encoding | null = null
  let most = 0
  for (const part of header.split(',')) {
    const [name = '', quality] = part.split(/;\s*q=/i)
    const encoding = name.trim().toLowerCase()
    if (encoding !== 'br' && encoding !== 'gzip') continue
    const value = quality === undefined ? 1 : Number(quality)
    if (value > most || (value === most && encoding === 'br')) [best, most] = value > 0 ? [encoding, value] : [best, most]
  }
  return best
}
