// Prints each new title of the stations, one per line. In a clone run `npm run build` (or `npm start`) once before.
//
//   node examples/titles.mjs http://127.0.0.1:3000/now-playing [station]
//
// It reconnects by itself after the server was restarted. Stop it with Ctrl-C.
import { nowPlaying } from 'fastify-icecast/client'

// Node.js 22 and later have a global WebSocket; on Node.js 20 install ws.
globalThis.WebSocket ??= (await import('ws')).WebSocket

const [, , address, station] = process.argv
if (address === undefined) throw new Error('Usage: node examples/titles.mjs http://127.0.0.1:3000/now-playing [station]')
console.error(`Connecting to ${address}`)
const np = nowPlaying(address, { station })

np.addEventListener('track', ({ detail: { track, station } }) => {
  // Encoders choose titles, and a terminal interprets control characters.
  console.log(`${station.name}: ${track.text}`.replace(/\p{Cc}/gu, ''))
})

np.addEventListener('connection', ({ detail: { state, refusal } }) => {
  if (state !== 'open') console.error(refusal?.message ?? 'Connection lost; reconnecting.')
})
