// A program on Node that follows a station, in strict TypeScript without the types of browsers. Only compiled.
import { nowPlaying } from 'fastify-icecast/client'

const np = nowPlaying('http://localhost:3000/now-playing', { station: 'main' })
np.addEventListener('track', ({ detail: { track } }) => process.stdout.write(`${track.text}\n`))
for await (const { status } of np) if (status === 'offline') np.close()
