// A small station backend: Fastify, the plugin and one page. Run it with `npm start`; backend.ts is where to read on.
//
//   ICECAST_URL  the Icecast to read, such as http://localhost:8000, user:pass@ allowed; else a stand-in plays
//   PORT, HOST   where to listen; else the first free port from 3000 to 3009, on 127.0.0.1
//   PACE         ms between two titles of the stand-in; else 6000

import { openBackend } from './backend.ts'
import { explain, welcome } from './terminal.ts'

try {
  const { address, close } = await openBackend(process.env)
  console.log(welcome(address, process.env))
  process.once('SIGINT', close).once('SIGTERM', close)
} catch (error) {
  console.error(`\n  The station can not start. ${explain(error)}\n`)
  process.exitCode = 1
}
