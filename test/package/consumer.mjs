// A backend written in ES modules: the default and the named export are the plugin, and every entry of the package loads.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import Fastify from 'fastify'
import fastifyIcecast, { fastifyIcecast as named } from 'fastify-icecast'

const manifest = createRequire(import.meta.url)('fastify-icecast/package.json')
assert.equal(typeof fastifyIcecast, 'function')
assert.equal(named, fastifyIcecast)
for (const entry of Object.keys(manifest.exports)) {
  if (!entry.endsWith('.json')) await import(manifest.name + entry.slice(1))
}

const app = Fastify()
await app.register(fastifyIcecast, { url: 'http://127.0.0.1:9', stations: { main: { mounts: ['/main.mp3'] } } })
await app.ready()
assert.equal(app.nowPlaying.get('main')?.status, 'unknown')
await app.close()
