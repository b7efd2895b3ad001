// The cost of following streams: the readers alone, and with their connections.
import { setTimeout as delay } from 'node:timers/promises'
import { createStreamReader, type StreamReader } from '../lib/icecast/streams/stream-reader.ts'
import { StreamFollower } from '../lib/icecast/streams/stream-follower.ts'
import { OggEncoder } from '../lib/testing/ogg.ts'
import { Program } from './harness/program.ts'
import { bench, isQuick, progress, publish, table, type Row } from './harness/results.ts'

const STREAMS = 50
const BYTES_PER_SECOND = 16_000
/** What a packet of the network has of a stream. */
const CHUNK_BYTES = 1400
const READERS = 10_000
const SECONDS = isQuick ? 3 : 20
/** Seconds of audio that a reader gets in one measurement. */
const AUDIO_SECONDS = isQuick ? 10_000 : 100_000

const formats = {
  'Ogg, a page a second': { headers: { 'content-type': 'audio/ogg' }, body: oggBody(1000) },
  'Ogg, a page each 100 ms': { headers: { 'content-type': 'audio/ogg' }, body: oggBody(100) },
  'MP3 with ICY metadata': { headers: { 'icy-metaint': '16000' }, body: Buffer.concat(Array.from({ length: 20 }, () => Buffer.alloc(16_001))) }
}

await bench(async () => {
  const alone = Object.entries(formats).map(([name, { headers, body }]): Row => {
    progress(name)
    const ns = readingTime(headers, body)
    return [name, ns, ns * STREAMS / 1e7, memoryOf(headers, body)]
  })
  const connected: Row[] = []
  for (const [name, path] of [['Ogg Opus', '/opus'], ['MP3 with ICY metadata', '/mp3']] as const) {
    progress(`${STREAMS} connections: ${name}`)
    connected.push([name, ...await follow(path)])
  }
  publish('streams', 'Following streams', `
The readers of streams of 128 kbit/s, in chunks of ${CHUNK_BYTES.toLocaleString('en')} bytes. Memory is of a reader in the middle of a stream.

${table(['reader', 'ns per second of audio', `% of a core for ${STREAMS}`, 'bytes'], alone)}

${STREAMS} followed streams with their connections, over ${SECONDS} s, from a separate process that sends each of them 10 times a second. Memory is
what each one adds to the heap and to the buffers outside of it.

${table(['followed', `% of a core for ${STREAMS}`, 'kB per stream'], connected)}
`)
})

function readingTime (headers: Record<string, string>, body: Buffer): number {
  const chunks = chop(body)
  const reader = open(headers)
  const rounds = Math.ceil(AUDIO_SECONDS * BYTES_PER_SECOND / body.length)
  const play = (times: number): void => {
    for (let i = 0; i < times; i++) for (const chunk of chunks) reader.push(chunk)
  }
  play(Math.ceil(rounds / 10))
  const before = process.cpuUsage()
  play(rounds)
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1000 / (rounds * body.length / BYTES_PER_SECOND)
}

function memoryOf (headers: Record<string, string>, body: Buffer): number {
  const chunks = chop(body).slice(0, 30)
  const before = used()
  const readers = Array.from({ length: READERS }, () => {
    const reader = open(headers)
    for (const chunk of chunks) reader.push(chunk)
    return reader
  })
  const bytes = (used() - before) / readers.length
  return Math.round(bytes)
}

/** Follows the streams, and returns the CPU in % of a core and the memory in kB of each. */
async function follow (path: string): Promise<[cpu: number, memory: number]> {
  const program = Program.contender('streams')
  const url = new URL(`http://127.0.0.1:${await program.port()}/`)
  const before = used()
  const followers = Array.from({ length: STREAMS }, () => new StreamFollower({
    url,
    path,
    timeout: 5000,
    onChange () {},
    onDown (error) { throw error },
    onUp () {},
    onCallbackError (error) { throw error }
  }))
  try {
    for (const follower of followers) follower.start()
    await delay(3000)
    const start = process.cpuUsage()
    const began = performance.now()
    await delay(SECONDS * 1000)
    const { user, system } = process.cpuUsage(start)
    const cpu = (user + system) / 1000 / (performance.now() - began) * 100
    return [cpu, (used() - before) / STREAMS / 1000]
  } finally {
    await Promise.all(followers.map(async (follower) => await follower.stop()))
    await program.end()
  }
}

function open (headers: Record<string, string>): StreamReader {
  const reader = createStreamReader(headers, { onMetadata () {} })
  if (reader === null) throw new Error('no reader')
  return reader
}

/** 10 s of Ogg; only its headers are real. */
function oggBody (pageMs: number): Buffer {
  const bytes = BYTES_PER_SECOND * pageMs / 1000
  // Packets of 20 ms.
  const packets = pageMs / 20
  const packet = Math.floor((bytes - 27) / packets) - 2
  const sizes = [...new Array<number>(Math.floor(packet / 255)).fill(255), packet % 255]
  const segments = Array.from({ length: packets }, () => sizes).flat()
  const head = Buffer.alloc(27)
  head.write('OggS')
  head.writeUInt8(segments.length, 26)
  const page = Buffer.concat([head, Buffer.from(segments), Buffer.alloc(packets * packet)])
  const encoder = new OggEncoder('Opus', [['title', 'Title'], ['artist', 'Artist']])
  return Buffer.concat([encoder.head, ...new Array<Buffer>(10_000 / pageMs).fill(page)])
}

function chop (body: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(body.length / CHUNK_BYTES) }, (_, i) => Buffer.from(body.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)))
}

function used (): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
