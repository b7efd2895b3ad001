// Mutated pages and blocks of recorded streams, in chunks, through each stream reader of the build: none may throw, hang, or
// keep memory. `node --expose-gc test/fuzz/streams.mjs [pieces per reader, 1000000] [seed]`

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { oggCrc } from '../../dist/lib/icecast/streams/ogg-crc.js'
import { createStreamReader } from '../../dist/lib/icecast/streams/stream-reader.js'
import { megabytes, mutator, usedHeap } from './mutate.mjs'

const MAX_MS = 1000
const MAX_GROWTH = 16e6
const MAX_TITLE_LENGTH = 4096
const MAX_TAGS = 32

const count = Number(process.argv[2] ?? 1e6)
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 32)
assert(globalThis.gc, 'run it with node --expose-gc')

const folder = new URL('../fixtures/streams/', import.meta.url)
const bodies = readdirSync(folder).map((name) => {
  const bytes = readFileSync(new URL(name, folder))
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
})
const isWebm = (body) => body.readUInt32BE(0) === 0x1a45dfa3
const isOgg = (body) => body.toString('latin1', 0, 4) === 'OggS'

console.log(`seed ${seed}`)
fuzz('ogg', { 'content-type': 'audio/ogg' }, bodies.filter(isOgg).flatMap(pages), [
  'OggS', 'OggS\0', 'OggS\0\x02', 'Ogg', 'OpusHead', 'OpusTags', '\x01vorbis', '\x03vorbis', '\x7fFLAC', 'Speex   ', '\0\0\0\0',
  '\xFF\xFF\xFF\xFF', '\xFF'.repeat(255), '\x06\0\0\0TITLE=', '\x07\0\0\0ARTIST=', 'METADATA_BLOCK_PICTURE=', '\xFF', '\xC3'
], fixChecksum)
fuzz('icy', { 'icy-metaint': '100' }, [...bodies.filter((body) => !isOgg(body) && !isWebm(body)).flatMap(cut), ...blocks()], [
  "StreamTitle='", "StreamUrl='", "';", "'", ';', '\0', '\xFF', '\xC3', '\x10', '\0'.repeat(101), "';".repeat(500), "'a='".repeat(500), ' '
], (piece) => piece)
fuzz('webm', { 'content-type': 'audio/webm' }, bodies.filter(isWebm), [
  '\x1f\x43\xb6\x75', '\x12\x54\xc3\x67', '\x67\xc8', '\x45\xa3', '\x44\x87', '\x7b\xa9\x81', '\xec\x80', '\xec\x01' + '\xff'.repeat(7), '\0', '\xff',
  '\x80'.repeat(200), 'ARTIST'
], (piece) => piece, true)

/** `isOneEach`: each piece is a stream of its own. */
function fuzz (name, headers, pieces, tokens, finish, isOneEach = false) {
  const mutate = mutator(seed, tokens)
  const started = performance.now()
  let [report, reported, titled, slowest, bytes, memory] = [started, 0, 0, 0, 0, 0]
  const open = () => createStreamReader(headers, {
    onMetadata ({ artist, title, tags }) {
      reported++
      if (title) titled++
      assert(artist === null || typeof artist === 'string')
      assert(title === null || (typeof title === 'string' && title.length <= MAX_TITLE_LENGTH), title)
      if (tags === null) return
      assert(Object.keys(tags).length <= MAX_TAGS)
      for (const [key, value] of Object.entries(tags)) {
        assert(key === key.toLowerCase() && key !== '__proto__', key)
        assert(typeof value === 'string' && value.length <= 2 * 2048, value)
      }
    }
  })
  let reader = open()
  for (let i = 0; i < count; i++) {
    if (isOneEach) reader = open()
    // Every other piece is whole, or nothing would follow another.
    const piece = i % 2 === 0 ? pieces[(i * 7919 + seed) % pieces.length] : finish(mutate(pieces), i)
    const at = (i * 31) % (piece.length + 1)
    const before = performance.now()
    reader.push(piece.subarray(0, at))
    reader.push(piece.subarray(at))
    const now = performance.now()
    slowest = Math.max(slowest, now - before)
    bytes += piece.length
    assert(slowest < MAX_MS, `${name} took ${slowest} ms for ${piece.length} bytes: ${piece.toString('base64')}`)
    if (i === Math.floor(count / 10)) memory = used()
    if (now > report + 10_000) {
      report = now
      console.log(`  ${name}: ${i} pieces, rss ${megabytes(process.memoryUsage().rss)}`)
    }
  }
  const growth = used() - memory
  const seconds = (performance.now() - started) / 1000
  console.log(`${name}: ${count} pieces (${megabytes(bytes)}), ${reported} metadata, ${titled} with a title, ${seconds.toFixed(0)} s, ` +
    `the slowest ${slowest.toFixed(1)} ms, memory ${megabytes(growth)} more`)
  assert(growth < MAX_GROWTH, `${name} keeps memory`)
  assert(titled > 0, `${name} has never read a title`)
}

function used () {
  return usedHeap() + process.memoryUsage().arrayBuffers
}

/** Each page, and each link up to its first audio, so that comments are read and not only found broken. */
function pages (body) {
  const starts = []
  for (let at = 0; at < body.length;) {
    starts.push(at)
    const segments = body.subarray(at + 27, at + 27 + (body[at + 26] ?? 0))
    at += 27 + segments.length + segments.reduce((sum, size) => sum + size, 0)
  }
  return starts.flatMap((at, i) => {
    const page = body.subarray(at, starts[i + 1])
    const isFirst = page[5] === 2
    const head = body.subarray(at, starts[i + 2])
    return isFirst ? [page, head, head, head] : i < 12 ? [page] : []
  })
}

/** Every other time each page gets the right checksum for what it has become, or few mutations would be read. */
function fixChecksum (piece, i) {
  if (i % 4 !== 1) return piece
  for (let at = piece.indexOf('OggS'); at !== -1 && at + 27 < piece.length;) {
    const segments = piece.subarray(at + 27, at + 27 + piece[at + 26])
    const end = at + 27 + segments.length + segments.reduce((sum, size) => sum + size, 0)
    if (end > piece.length) break
    piece.writeInt32LE(0, at + 22)
    piece.writeInt32LE(oggCrc(0, piece, at, end), at + 22)
    at = piece.indexOf('OggS', end)
  }
  return piece
}

function cut (body) {
  return Array.from({ length: Math.ceil(body.length / 500) }, (_, i) => body.subarray(i * 500, i * 500 + 500))
}

/** 100 bytes of audio, and a block. */
function blocks () {
  return ["StreamTitle='Artist - Title';", "StreamTitle='It's; a';';StreamUrl='http://x';", "StreamTitle='", ''].map((text) => {
    const bytes = Buffer.alloc(101 + Math.ceil(text.length / 16) * 16)
    bytes.writeUInt8(Math.ceil(text.length / 16), 100)
    bytes.write(text, 101)
    return bytes
  })
}
