// A station's backend that tells members alone what is playing: who has no session is refused, before any upgrade.
//
//   node examples/sessions.mjs        ICECAST_URL: the Icecast to read; SESSION_SECRET: 32 characters or more; PORT: 3000
//
// Needs @fastify/cookie and @fastify/session beside fastify and fastify-icecast.
import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify from 'fastify'
import fastifyIcecast from 'fastify-icecast'

const { ICECAST_URL = 'http://localhost:8000', SESSION_SECRET = randomBytes(32).toString('hex'), PORT = '3000' } = process.env

const app = Fastify()
await app.register(cookie)
await app.register(session, { secret: SESSION_SECRET, saveUninitialized: false, cookie: { secure: 'auto', sameSite: 'lax' } })

await app.register(fastifyIcecast, {
  url: ICECAST_URL,
  route: {
    // What members see stays out of shared caches.
    cacheControl: 'private, no-cache',
    options: {
      // Browsers send the cookie with a WebSocket and an event stream too, so this is one check for all of them. It is
      // made when they connect: who logs out later keeps what is open.
      preValidation: async (request, reply) => {
        if (request.session.member === undefined) return reply.code(401).send({ error: 'members only' })
      }
    }
  }
})

app.get('/', async (request, reply) => {
  reply.type('text/html')
  return request.session.member === undefined
    ? '<!doctype html><title>Members only</title><form method="post" action="/login"><button>Log in</button></form>'
    : '<!doctype html><title>Members</title><script type="module" src="/now-playing/client.js"></script><now-playing src="/now-playing">…</now-playing>'
})

// Instead of this ask for a name and a password.
app.addContentTypeParser('application/x-www-form-urlencoded', (request, body, done) => done(null))
app.post('/login', async (request, reply) => {
  // A new id, so that nobody can have planted the old one.
  await request.session.regenerate()
  request.session.member = 'you'
  return reply.redirect('/', 303)
})

console.log(`Members only: ${await app.listen({ port: Number(PORT) })}`)
process.once('SIGINT', () => app.close()).once('SIGTERM', () => app.close())
