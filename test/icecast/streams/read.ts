import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { createStreamReader, type StreamMetadata } from '../../../lib/icecast/streams/stream-reader.ts'

/** What the reader for these headers reports for these chunks. */
export function read (headers: IncomingHttpHeaders, chunks: Iterable<Buffer>): StreamMetadata[] {
  const reported: StreamMetadata[] = []
  const reader = createStreamReader(headers, { onMetadata: (metadata) => reported.push(metadata) })
  if (reader === null) throw new Error('no reader')
  for (const chunk of chunks) {
    // A chunk of Node's may be reused or spoilt after it was handled.
    const own = Buffer.from(chunk)
    reader.push(own)
    own.fill(0xff)
  }
  return reported
}

export const ogg: IncomingHttpHeaders = { 'content-type': 'application/ogg' }

/** Chunks of these sizes, over and over. */
export function * chop (bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/** A recorded answer to a listener. */
export function recording (name: string): { headers: IncomingHttpHeaders, body: Buffer } {
  const bytes = readFileSync(new URL(`../../fixtures/streams/${name}.http`, import.meta.url))
  const end = bytes.indexOf('\r\n\r\n')
  const [, ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  return { headers: Object.fromEntries(headers), body: bytes.subarray(end + 4) }
}
