// Mutated transcripts, in pieces, through each live feed of the build: none may throw, hang, or keep memory.
// `node --expose-gc test/fuzz/feeds.mjs [pieces per feed, 1000000] [seed]`

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { eventFeed } from '../../dist/lib/icecast/feeds/eventfeed.js'
import { lineSplitter } from '../../dist/lib/icecast/feeds/line-splitter.js'
import { khStatsFeed, statsFeed } from '../../dist/lib/icecast/feeds/stats.js'
import { megabytes, mutator, usedHeap } from './mutate.mjs'

const MAX_MS = 1000
const MAX_GROWTH = 16e6

const count = Number(process.argv[2] ?? 1e6)
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 32)
assert(globalThis.gc, 'run it with node --expose-gc')

const mutate = mutator(seed, [
  '\n', '\r\n', '\r\n\r\n', '\0', '\xFF', '\xC3', ' ', '/', '%', '%00', 'EVENT ', 'EVENTEVENT', 'NEW ', 'DELETE ', 'global ',
  'null', ' title ', 'data: ', 'id: ', '{', '}', '"', '"uri":"/x"', '"__proto__":', '['.repeat(200), 'x'.repeat(20_000)
])
console.log(`seed ${seed}`)
fuzz('eventfeed', eventFeed(), ['2.5/transcripts/eventfeed-all.raw'])
fuzz('stats', statsFeed(), ['2.4/transcripts/stats-stream-raw.bin', '2.5/transcripts/stats.raw'])
fuzz('stats-kh', khStatsFeed(), ['kh/transcripts/stats.raw', 'kh/transcripts/stats-relaypw-streams.raw'])

function fuzz (name, feed, files) {
  const pieces = files.flatMap((file) => cut(readFileSync(new URL(`../fixtures/${file}`, import.meta.url))))
  const started = performance.now()
  let [report, hints, slowest, bytes, heap] = [started, 0, 0, 0, 0]
  feed.begin()
  const split = lineSplitter(16 * 1024, (line) => {
    const hint = feed.read(line)
    if (hint === undefined) return
    hints++
    assert(hint.mount === null || hint.mount.startsWith('/'), hint.mount)
    assert(['metadata', 'listeners', 'requests'].includes(hint.kind))
  })
  for (let i = 0; i < count; i++) {
    const piece = mutate(pieces)
    const before = performance.now()
    split(piece)
    const now = performance.now()
    slowest = Math.max(slowest, now - before)
    bytes += piece.length
    assert(slowest < MAX_MS, `${name} took ${slowest} ms for ${piece.length} bytes: ${piece.toString('base64')}`)
    if (i === Math.floor(count / 10)) heap = usedHeap()
    if (now > report + 10_000) {
      report = now
      console.log(`  ${name}: ${i} pieces, rss ${megabytes(process.memoryUsage().rss)}`)
    }
  }
  const growth = usedHeap() - heap
  const seconds = (performance.now() - started) / 1000
  console.log(`${name}: ${count} pieces (${megabytes(bytes)}), ${hints} hints, ${seconds.toFixed(0)} s, ` +
    `the slowest ${slowest.toFixed(1)} ms, heap ${megabytes(growth)} more`)
  assert(growth < MAX_GROWTH, `${name} keeps memory`)
}

function cut (bytes) {
  return Array.from({ length: Math.ceil(bytes.length / 500) }, (_, i) => bytes.subarray(i * 500, i * 500 + 500))
}
