'use strict'

// A backend written in CommonJS: require() gives the plugin itself, also to TypeScript.
const assert = require('node:assert/strict')
const Fastify = require('fastify')
const fastifyIcecast = require('fastify-icecast')

async function main () {
  assert.equal(typeof fastifyIcecast, 'function')
  const app = Fastify()
  app.register(fastifyIcecast, { url: 'http://127.0.0.1:9', stations: { main: { mounts: ['/main.mp3'] } } })
  await app.ready()
  assert.equal(app.nowPlaying.get('main')?.status, 'unknown')
  await app.close()
}

main()
