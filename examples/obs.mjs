// Keeps a text file with what a station is playing, for a text source of OBS (tick "Read from file") and the like.
//
//   node examples/obs.mjs http://127.0.0.1:3000/now-playing meridian.mp3 now-playing.txt
//
// End it with Ctrl-C; the file stays.
import { rename, writeFile } from 'node:fs/promises'
import { nowPlaying } from 'fastify-icecast/client'

// Node 22 has one; for Node 20 install ws.
globalThis.WebSocket ??= (await import('ws')).WebSocket

const [, , address, station, file] = process.argv
if (file === undefined) throw new Error('Where from, what, and where to? node examples/obs.mjs http://127.0.0.1:3000/now-playing meridian.mp3 now-playing.txt')
const np = nowPlaying(address, { station })
np.addEventListener('connection', ({ detail: { refusal } }) => { if (refusal) console.error(refusal.message) })

// Each state; while one is being written, of the next ones the last.
let written
for await (const { track } of np) {
  const text = track?.text ?? ''
  if (text === written) continue
  // A file appears whole or not at all: nobody reads half a title.
  await writeFile(`${file}.new`, `${text}\n`)
  await rename(`${file}.new`, file)
  written = text
}
