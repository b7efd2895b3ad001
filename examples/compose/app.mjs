// The backend of compose.yaml: a page with a player, and what it plays.
import Fastify from 'fastify'
import fastifyIcecast from 'fastify-icecast'

const app = Fastify({ logger: true, forceCloseConnections: true })

await app.register(fastifyIcecast, {
  url: process.env.ICECAST_URL ?? 'http://127.0.0.1:8000',
  // With an account the plugin follows the live feed, so that titles arrive sooner.
  auth: { username: 'admin', password: 'admin-secret' },
  publicUrl: process.env.PUBLIC_URL ?? 'http://127.0.0.1:8000',
  stations: { main: { name: 'Radio Main', mounts: ['/main.mp3'] } }
})

app.get('/', (request, reply) => reply.type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Radio Main</title>
<script type="module" src="/now-playing/client.js"></script>
<audio id="player" controls preload="none" src="${app.nowPlaying.get('main').mounts[0].listenUrl ?? ''}"></audio>
<now-playing station="main" history="5" for="player">Radio Main, day and night</now-playing>
</html>`))

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000), host: '0.0.0.0' })
