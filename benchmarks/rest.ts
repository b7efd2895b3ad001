// GET /now-playing, compared with a Fastify route that returns a constant string.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { fakeIcecast } from '../lib/testing/index.ts'
import { Program } from './harness/program.ts'
import { bench, inTurn, isQuick, median, medianRatio, progress, publish, table } from './harness/results.ts'

const ROUNDS = isQuick ? 1 : 9
const SECONDS = isQuick ? 1 : 2
/** Duration of the warm-up in s. */
const WARM_UP = isQuick ? 1 : 2
const CONNECTIONS = 50
/** Titles before the measured one, so that the history is as long as after an hour. */
const SONGS = 11
const CONSTANT = 'a constant string'
const DRESSED = 'the same with our headers, beside @fastify/websocket'
const autocannon = createRequire(import.meta.url).resolve('autocannon')

interface Entrant {
  name: string
  /** The contender to compare with. */
  base: string
  start: () => Promise<Program>
  /** Whether each request has `If-None-Match` with the current version. */
  isConditional: boolean
  expected: '2xx' | '3xx'
  perSecond: number[]
  /** The server's CPU time in µs for each request. */
  costs: number[]
  /** The share of one core that the server used. */
  busy: number[]
}

await bench(async () => {
  const icecast = await fakeIcecast()
  icecast.source('/main.mp3', { name: 'Radio Main', bitrate: 128 })
  let songs = 0
  const ours = async () => {
    const program = Program.contender('ours', [icecast.url])
    await program.port()
    for (let song = 0; song < SONGS; song++) {
      icecast.title('/main.mp3', `Björk - Hyperballad ${songs++}`)
      program.say('publish')
      await icecast.requested()
      await delay(50)
    }
    return program
  }
  const sample = await ours()
  const response = await get(await sample.port())
  const body = await response.text()
  const headers = Object.fromEntries(['content-type', 'etag', 'cache-control', 'vary'].map((name) => [name, response.headers.get(name)]))
  await sample.end()

  const constant = async () => Program.contender('constant', [body])
  const dressed = async () => Program.contender('constant', [body, JSON.stringify(headers)])
  const entrants: Entrant[] = [
    entrant(CONSTANT, constant),
    entrant(DRESSED, dressed),
    entrant('fastify-icecast', ours),
    entrant(`${CONSTANT}, If-None-Match sent`, constant, { base: `${CONSTANT}, If-None-Match sent`, isConditional: true }),
    entrant('fastify-icecast, If-None-Match sent: 304', ours, { base: `${CONSTANT}, If-None-Match sent`, isConditional: true, expected: '3xx' })
  ]
  for (let round = 0; round < ROUNDS; round++) {
    for (const entrant of inTurn(entrants, round)) {
      progress(`round ${round + 1} of ${ROUNDS}: ${entrant.name}`)
      await measure(entrant)
    }
  }
  await icecast.close()

  publish('rest', 'REST: GET /now-playing', `
Requests per second over ${CONNECTIONS} connections without pipelining, and the server's CPU time for one request. The constant has the same
${Buffer.byteLength(body)} bytes, returned by \`() => body\`. autocannon runs in a separate process; medians of ${ROUNDS} rounds of ${SECONDS} s, in turn, each
in a new process, since two processes of the same program may differ by a quarter (see the notes); ratios are the medians of
the ratios of each round, to the first row and to the second. If the server is not busy all the time, the client
limits the requests per second: compare the CPU time then.

${table(['', 'requests/s', '× constant', '× with headers', 'µs of CPU', '× constant', '× with headers', 'busy'], entrants.map(({ name, base, perSecond, costs, busy }) => {
    const [plain, withHeaders] = [base, base === CONSTANT ? DRESSED : ''].map((other) => entrants.find((one) => one.name === other))
    return [name, median(perSecond), medianRatio(perSecond, plain?.perSecond), medianRatio(perSecond, withHeaders?.perSecond),
      median(costs), medianRatio(costs, plain?.costs), medianRatio(costs, withHeaders?.costs),
      `${Math.min(100, median(busy) * 100).toFixed(0)} %`]
  }))}
`)
})

function entrant (name: string, start: () => Promise<Program>, more: Partial<Entrant> = {}): Entrant {
  return { name, base: CONSTANT, start, isConditional: false, expected: '2xx', perSecond: [], costs: [], busy: [], ...more }
}

async function measure ({ start, isConditional, expected, perSecond, costs, busy }: Entrant): Promise<void> {
  const program = await start()
  try {
    const port = await program.port()
    const etag = (await get(port)).headers.get('etag') ?? '"somebody-1"'
    const headers = isConditional ? [`if-none-match=${etag}`] : []
    await shoot(port, headers, expected, WARM_UP)
    const before = program.cpu()
    const requests = await shoot(port, headers, expected, SECONDS)
    const cpu = program.cpu() - before
    perSecond.push(requests / SECONDS)
    costs.push(cpu * 1000 / requests)
    busy.push(cpu / (SECONDS * 1000))
  } finally {
    await program.end()
  }
}

async function get (port: number): Promise<Response> {
  return await fetch(`http://127.0.0.1:${port}/now-playing`)
}

/** The number of responses. */
async function shoot (port: number, headers: readonly string[], expected: '2xx' | '3xx', seconds: number): Promise<number> {
  const child = spawn(process.execPath, [
    autocannon, '--json', '--connections', String(CONNECTIONS), '--duration', String(seconds),
    ...headers.flatMap((header) => ['--headers', header]), `http://127.0.0.1:${port}/now-playing`
  ], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [output] = await Promise.all([child.stdout.setEncoding('utf8').reduce((all, part) => `${all}${part}`, ''), once(child, 'exit')])
  const result: Record<string, unknown> = JSON.parse(output)
  const answered = result[expected]
  if (typeof answered !== 'number' || answered === 0 || result['errors'] !== 0) throw new Error(`not what was expected: ${output}`)
  return answered
}
