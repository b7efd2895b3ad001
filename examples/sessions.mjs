// A backend that shows titles to members only. Requests without a session are rejected, WebSockets before the upgrade.
//
//   node examples/sessions.mjs        ICECAST_URL: the Icecast to read; SESSION_SECRET: 32 characters or more; PORT: 3000
//
// Requires @fastify/cookie and @fastify/session. In a clone run `npm run build` (or `npm start`) once before.
import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify from 'fastify'
import fastifyIcecast from 'fastify-icecast'

const { ICECAST_URL = 'http://localhost:8000', SESSION_SECRET = randomBytes(32).toString('hex'), PORT = '3000' } = process.env

const app = Fastify({ forceCloseConnections: true })
await app.register(cookie)
await app.register(session, { secret: SESSION_SECRET, saveUninitialized: false, cookie: { secure: 'auto', sameSite: 'lax' } })

await app.register(fastifyIcecast, {
  url: ICECAST_URL,
  route: {
    // Keeps the responses out of shared caches.
    cacheControl: 'private, no-cache',
    options: {
      // Browsers send the cookie with WebSockets and event streams too, so one check covers all transports. It runs when
      // a client connects: a connection stays open after its user has logged out.
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

// A real backend asks for a name and a password here.
app.addContentTypeParser('application/x-www-form-urlencoded', (request, body, done) => done(null))
app.post('/login', async (request, reply) => {
  // A new session id prevents session fixation.
  await request.session.regenerate()
  request.session.member = 'you'
  return reply.redirect('/', 303)
})

console.log(`Members only: ${await app.listen({ port: Number(PORT) })}`)
process.once('SIGINT', () => app.close()).once('SIGTERM', () => app.close())
