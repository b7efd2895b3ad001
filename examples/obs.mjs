// Writes the current title of a station to a text file, for a text source of OBS ("Read from file") and similar programs.
// In a clone of the repository run `npm run build` (or `npm start`) once before.
//
//   node examples/obs.mjs http://127.0.0.1:3000/now-playing meridian.mp3 now-playing.txt
//
// Stop it with Ctrl-C; the file is kept.
import { rename, writeFile } from 'node:fs/promises'
import { nowPlaying } from 'fastify-icecast/client'

// Node.js 22 and later have a global WebSocket; on Node.js 20 install ws.
globalThis.WebSocket ??= (await import('ws')).WebSocket

const [, , address, station, file] = process.argv
if (file === undefined) throw new Error('Usage: node examples/obs.mjs http://127.0.0.1:3000/now-playing meridian.mp3 now-playing.txt')
const np = nowPlaying(address, { station })
np.addEventListener('connection', ({ detail: { refusal } }) => { if (refusal) console.error(refusal.message) })

// Yields each state. States that arrive during a write are skipped, except for the last.
let written
for await (const { track } of np) {
  const text = track?.text ?? ''
  if (text === written) continue
  // Renaming is atomic, so that OBS never reads half a title.
  await writeFile(`${file}.new`, `${text}\n`)
  await rename(`${file}.new`, file)
  written = text
}
