// Prints what stations play, a line for each title.
//
//   node examples/titles.mjs http://127.0.0.1:3000/now-playing [station]
//
// It comes back by itself when the server has been away. End it with Ctrl-C.
import { nowPlaying } from 'fastify-icecast/client'

// Node 22 has one; for Node 20 install ws.
globalThis.WebSocket ??= (await import('ws')).WebSocket

const [, , address, station] = process.argv
if (address === undefined) throw new Error('Which address? node examples/titles.mjs http://127.0.0.1:3000/now-playing [station]')
console.error(`Connecting to ${address}`)
const np = nowPlaying(address, { station })

np.addEventListener('track', ({ detail: { track, station } }) => {
  // Encoders choose titles, and a terminal obeys control characters.
  console.log(`${station.name}: ${track.text}`.replace(/\p{Cc}/gu, ''))
})

np.addEventListener('connection', ({ detail: { state, refusal } }) => {
  if (state !== 'open') console.error(refusal?.message ?? 'The line is down; trying again.')
})
