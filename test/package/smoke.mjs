// The package at work, on whichever Node runs this: an Icecast shows a title, a WebSocket, a GET and the client have it,
// the next title is pushed, and the process ends by itself. Nothing but Node and what a user installs.
import assert from 'node:assert/strict'
import { once, on } from 'node:events'
import Fastify from 'fastify'
import fastifyIcecast from 'fastify-icecast'
import { nowPlaying } from 'fastify-icecast/client'
import { fakeIcecast } from 'fastify-icecast/testing'
import { WebSocket } from 'ws'

const icecast = await fakeIcecast()
icecast.source('/main.mp3')
icecast.title('/main.mp3', 'Björk - Jóga')

const app = Fastify()
await app.register(fastifyIcecast, { url: icecast.url, interval: 50 })
const url = await app.listen({ port: 0, host: '127.0.0.1' })

const socket = new WebSocket(`${url.replace('http', 'ws')}/now-playing`)
const messages = on(socket, 'message', { signal: AbortSignal.timeout(10_000) })
const pushed = async (text) => {
  while (true) {
    const { value: [data] } = await messages.next()
    const message = JSON.parse(String(data))
    const stations = message.stations ?? [message.station]
    if (stations.some((station) => station?.track?.text === text)) return message
  }
}

await pushed('Björk - Jóga')
const { stations } = await (await fetch(`${url}/now-playing`)).json()
assert.equal(stations[0].id, 'main.mp3')
assert.equal(stations[0].status, 'live')
assert.equal(stations[0].track.text, 'Björk - Jóga')

icecast.title('/main.mp3', '1.10')
assert.equal((await pushed('1.10')).type, 'update')

const np = nowPlaying(`${url}/now-playing`, { station: 'main.mp3' })
for await (const { track } of np) {
  if (track.text === '1.10') icecast.title('/main.mp3', 'Björk - Bachelorette')
  if (track.text !== 'Björk - Bachelorette') continue
  // Node has a WebSocket of its own from 22 on.
  assert.equal(np.connection.transport, globalThis.WebSocket === undefined ? 'polling' : 'websocket')
  np.close()
}
const module = await fetch(`${url}/now-playing/client.js`)
assert.match(await module.text(), /now-playing/)

const closed = once(socket, 'close')
await app.close()
assert.equal((await closed)[0], 1012)
await icecast.close()
