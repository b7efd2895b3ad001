// A server that sends 128 kbit/s to each listener: MP3 with ICY metadata on /mp3, Ogg Opus on /opus.
import { createServer } from 'node:http'
import { OggEncoder } from '../../dist/lib/testing/ogg.js'
import { obey } from './commands.mjs'

const BYTES_PER_SECOND = 16_000
const INTERVAL_MS = 100
const ICY_INTERVAL = 16_000

const ogg = new OggEncoder('Opus', [['title', 'Title'], ['artist', 'Artist']])
const server = createServer((request, response) => {
  const isOgg = request.url === '/opus'
  response.writeHead(200, isOgg ? { 'content-type': 'audio/ogg' } : { 'content-type': 'audio/mpeg', 'icy-metaint': ICY_INTERVAL })
  if (isOgg) response.write(ogg.head)
  let sent = 0
  const timer = setInterval(() => {
    const bytes = BYTES_PER_SECOND * INTERVAL_MS / 1000
    sent += bytes
    // The interval is a multiple of what is sent at once.
    const isDue = sent % ICY_INTERVAL === 0
    response.write(isOgg ? page(bytes) : Buffer.concat([Buffer.alloc(bytes), Buffer.alloc(isDue ? 1 : 0)]))
  }, INTERVAL_MS)
  response.once('close', () => clearInterval(timer))
})

/** A page of audio, as long as the packets of 100 ms are. Its checksum is not looked at. */
function page (bytes) {
  const packet = Math.floor((bytes - 27) / 5) - 2
  const sizes = [Math.floor(packet / 255), packet % 255].flatMap((size, i) => i === 0 ? new Array(size).fill(255) : [size])
  const segments = Array.from({ length: 5 }, () => sizes).flat()
  const head = Buffer.alloc(27)
  head.write('OggS')
  head.writeUInt8(segments.length, 26)
  return Buffer.concat([head, Buffer.from(segments), Buffer.alloc(5 * packet)])
}

server.listen(0, '127.0.0.1', () => obey(server.address().port))
