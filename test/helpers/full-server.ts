import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Test } from 'tap'

// Listens, says where, and from then on does nothing at all: nobody is accepted any more.
const PROGRAM = `
  const server = require('node:net').createServer().listen({ host: process.argv[1], port: process.argv[2], backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

/** A server whose queue is full, so that every further connection stays in the making; its address. Linux. */
export async function fullServer (t: Test, host = '127.0.0.1', port = 0): Promise<string> {
  const child = spawn(process.execPath, ['-e', PROGRAM, host, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const at = Number((await once(child.stdout, 'data'))[0])
  // Linux takes one more than it was told.
  for (let i = 0; i < 2; i++) {
    const socket = connect(at, host).on('error', () => {})
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
  }
  return `http://${host}:${at}/`
}
