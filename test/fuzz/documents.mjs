// Mutated recordings through each document reader of the build: none may throw anything but its own error, hang, or
// keep memory. `node --expose-gc test/fuzz/documents.mjs [documents per reader, 1000000] [seed]`

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { parseAdminStats } from '../../dist/lib/icecast/documents/admin-stats.js'
import { parsePublicStats } from '../../dist/lib/icecast/documents/publicstats.js'
import { parseStatusJson } from '../../dist/lib/icecast/documents/status-json.js'
import { parseStreams } from '../../dist/lib/icecast/documents/streams.js'
import { megabytes, mutator, usedHeap } from './mutate.mjs'

const MAX_MS = 1000
const MAX_GROWTH = 16e6

const count = Number(process.argv[2] ?? 1e6)
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 32)
assert(globalThis.gc, 'run it with node --expose-gc')

const readers = [
  { name: 'status-json', parse: parseStatusJson, check: checkReport, recordings: read(/^[^.]*(\.\d[^.]*)?\.(status-json.*\.)?http$/) },
  { name: 'publicstats', parse: parsePublicStats, check: checkReport, recordings: read(/\.publicstats\.json\.http$/) },
  { name: 'admin-stats', parse: parseAdminStats, check: checkReport, recordings: read(/\.admin-?stats\.http$/) },
  { name: 'streams', parse: parseStreams, check: checkPaths, recordings: read(/\.streams\.http$/) }
]
const mutate = mutator(seed, [
  '"', '\\', '{', '}', '[', ']', ',', ':', '<', '>', '&', '/', '-', '.', ' ', '\n', '\0', '\xFF', '\xC3', '\\u', '\\ud83c',
  'null', 'true', '1e999', '18446744073709551615', '"__proto__":', '"title":', '"listenurl":"http://x/y",', '<title>',
  '</title>', '<source mount="/x">', '</source>', '&#0;', '&#x1F3B5;', '&amp;', '<!DOCTYPE', '%00', '\r\n', '['.repeat(100)
])
console.log(`seed ${seed}`)
for (const reader of readers) fuzz(reader)

function fuzz ({ name, parse, check, recordings }) {
  const started = performance.now()
  let report = started
  let refused = 0
  let slowest = 0
  let bytes = 0
  let heap
  for (let i = 0; i < count; i++) {
    const body = mutate(recordings)
    const before = performance.now()
    try {
      check(parse(body))
    } catch (error) {
      if (error.code !== 'FST_ICECAST_BAD_DOCUMENT' || error.message.length > 200) {
        console.error(`${name} ${i}: ${JSON.stringify(body.toString('latin1'))}`)
        throw error
      }
      refused++
    }
    const now = performance.now()
    slowest = Math.max(slowest, now - before)
    bytes += body.length
    assert(slowest < MAX_MS, `${name} took ${slowest} ms for ${body.length} bytes: ${body.toString('base64')}`)
    if (i === Math.floor(count / 10)) heap = usedHeap()
    if (now > report + 10_000) {
      report = now
      console.log(`  ${name}: ${i} documents, rss ${megabytes(process.memoryUsage().rss)}`)
    }
  }
  const growth = usedHeap() - heap
  const seconds = (performance.now() - started) / 1000
  console.log(`${name}: ${count} documents (of ${recordings.length} recordings, ${megabytes(bytes)}), ` +
    `${refused} refused, ${seconds.toFixed(0)} s, the slowest ${slowest.toFixed(1)} ms, heap ${megabytes(growth)} more`)
  assert(growth < MAX_GROWTH, `${name} keeps memory`)
}

function checkReport ({ serverId, serverStart, mounts, unreadable = [] }) {
  checkText(serverId, 1024)
  checkText(serverStart, 1024)
  assert(mounts.length <= 1000)
  assert.equal(new Set(mounts.map(({ path }) => path)).size, mounts.length)
  checkPaths(mounts.map(({ path }) => path))
  checkPaths(unreadable)
  for (const mount of mounts) {
    assert(mount.live || mount.streamStart === null)
    if (mount.title !== '') checkText(mount.title, 8192)
    checkText(mount.artist, 8192)
    for (const key of ['liveSince', 'titleSince']) assert(mount[key] === null || /^\d{4}-.{18}Z$/.test(mount[key]))
    for (const key of ['streamStart', 'name', 'description', 'genre', 'contentType', 'codec']) checkText(mount[key], 1024)
    for (const key of ['url', 'listenUrl']) checkText(mount[key], 4096)
    for (const key of ['bitrate', 'listeners', 'listenerPeak']) {
      assert(mount[key] === null || (Number.isSafeInteger(mount[key]) && mount[key] >= 0))
    }
  }
}

function checkText (text, max) {
  assert(text === null || (typeof text === 'string' && text.trim() !== '' && text.length <= max))
}

function checkPaths (paths) {
  for (const path of paths) assert(path.startsWith('/') && path.length <= 4096)
}

function read (name) {
  return ['2.4', '2.5', 'kh'].flatMap((folder) => {
    const url = new URL(`../fixtures/${folder}/`, import.meta.url)
    return readdirSync(url).filter((file) => name.test(file)).map((file) => {
      const response = readFileSync(new URL(file, url))
      return response.subarray(response.indexOf('\r\n\r\n') + 4)
    })
  }).filter((body) => body.length < 20_000)
}
