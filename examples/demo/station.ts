// A small station backend: Fastify, the plugin and one page. Run it with `npm start`; the code is in backend.ts.
//
//   ICECAST_URL  the Icecast to read, such as http://localhost:8000, with optional user:pass@; default: a fake Icecast
//   PORT, HOST   where to listen; default: the first free port from 3000 to 3009, on 127.0.0.1
//   PACE         ms between two titles of the fake Icecast; default 6000

import { openBackend } from './backend.ts'
import { explain, welcome } from './terminal.ts'

try {
  const { address, close } = await openBackend(process.env)
  console.log(welcome(address, process.env))
  process.once('SIGINT', close).once('SIGTERM', close)
} catch (error) {
  console.error(`\n  The station cannot start. ${explain(error)}\n`)
  process.exitCode = 1
}
