import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { test, type Test } from 'tap'
import { fakeIcecast, type Version } from '../../../lib/testing/index.ts'

const SCRIPT = fileURLToPath(new URL('./poller-process.ts', import.meta.url))

/** What a process of its own says until it ends, and its exit code. */
async function run (t: Test, ...args: string[]): Promise<[output: string, code: number | null]> {
  const child = spawn(process.execPath, [...process.execArgv.filter((arg) => !arg.startsWith('--test')), SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (data) => { output += data })
  const [code] = await once(child, 'close')
  return [output, code]
}

for (const version of ['2.4', '2.5', 'kh'] satisfies Version[]) {
  test(`${version}: a process that does nothing but follow a live feed ends by itself`, async (t) => {
    await using icecast = await fakeIcecast({ version })
    icecast.source('/main.mp3')
    t.same(await run(t, `${icecast.url}/`), ['up\n', 0])
  })
}

test('an answer that arrives while the event loop is blocked for longer than `timeout` is processed', async (t) => {
  const body = '{"icestats":{"server_id":"Icecast 2.4.4"}}'
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (data) => {
      const isStatus = data.includes('status-json.xsl')
      // The answer comes 300 ms after the request: when the process has been blocked for 150 ms or more.
      if (isStatus) setTimeout(() => socket.end(`HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n${body}`), 300)
      else socket.end('HTTP/1.0 400 Bad Request\r\n\r\n')
    })
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  t.same(await run(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'blocked'), ['report\n', 0])
})
