// GET /now-playing, beside a route of Fastify's that returns a constant string.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { fakeIcecast } from '../lib/testing/index.ts'
import { Program } from './harness/program.ts'
import { bench, inTurn, isQuick, median, progress, publish, table } from './harness/results.ts'

const ROUNDS = isQuick ? 1 : 5
const SECONDS = isQuick ? 1 : 4
const CONNECTIONS = 50
const autocannon = createRequire(import.meta.url).resolve('autocannon')

interface Entrant {
  name: string
  program: Program
  port: number
  /** The one to compare with. */
  base: string
  headers: readonly string[]
  expected: '2xx' | '3xx'
  perSecond: number[]
  /** µs of the server's CPU for each request. */
  costs: number[]
  /** How much of its core the server was busy. */
  busy: number[]
}

await bench(async () => {
  const icecast = await fakeIcecast()
  icecast.source('/main.mp3', { name: 'Radio Main', bitrate: 128 })
  const ours = Program.contender('ours', [icecast.url])
  const oursAt = await ours.port()
  // A history as it is after an hour.
  for (let song = 0; song < 11; song++) {
    icecast.title('/main.mp3', `Björk - Hyperballad ${song}`)
    ours.say('publish')
    await icecast.requested()
    await delay(50)
  }
  const response = await fetch(`http://127.0.0.1:${oursAt}/now-playing`)
  const [body, etag] = [await response.text(), response.headers.get('etag') ?? '']
  const constant = Program.contender('constant', [body])
  const constantAt = await constant.port()

  const conditional = [`if-none-match=${etag}`]
  const entrants: Entrant[] = [
    entrant('a constant string', constant, constantAt, 'a constant string'),
    entrant('fastify-icecast', ours, oursAt, 'a constant string'),
    entrant('a constant string, If-None-Match sent', constant, constantAt, 'a constant string, If-None-Match sent', conditional),
    { ...entrant('fastify-icecast, If-None-Match sent: 304', ours, oursAt, 'a constant string, If-None-Match sent', conditional), expected: '3xx' }
  ]
  for (const entrant of entrants) await shoot(entrant, 1)
  for (let round = 0; round < ROUNDS; round++) {
    for (const entrant of inTurn(entrants, round)) {
      progress(`round ${round + 1} of ${ROUNDS}: ${entrant.name}`)
      const before = entrant.program.cpu()
      const requests = await shoot(entrant, SECONDS)
      const cpu = entrant.program.cpu() - before
      entrant.perSecond.push(requests / SECONDS)
      entrant.costs.push(cpu * 1000 / requests)
      entrant.busy.push(cpu / (SECONDS * 1000))
    }
  }
  await Promise.all([ours.end(), constant.end(), icecast.close()])

  publish('rest', 'REST: GET /now-playing', `
Requests a second over ${CONNECTIONS} connections without pipelining, and what one costs the server's CPU. The constant is the same
${Buffer.byteLength(body)} bytes, returned by \`() => body\`. autocannon in a process of its own; medians of ${ROUNDS} rounds of ${SECONDS} s, in turn. Where the
server isn't busy all of its time, the client is what limits the requests a second, and the CPU is what to look at.

${table(['', 'requests/s', '× constant', 'µs of CPU', '× constant', 'busy'], entrants.map(({ name, base, perSecond, costs, busy }) => {
    const other = entrants.find((one) => one.name === base)
    return [name, median(perSecond), median(perSecond) / median(other?.perSecond ?? []), median(costs), median(costs) / median(other?.costs ?? []),
      `${Math.min(100, median(busy) * 100).toFixed(0)} %`]
  }))}
`)
})

function entrant (name: string, program: Program, port: number, base: string, headers: readonly string[] = []): Entrant {
  return { name, program, port, base, headers, expected: '2xx', perSecond: [], costs: [], busy: [] }
}

/** How many requests were answered. */
async function shoot ({ port, headers, expected }: Entrant, seconds: number): Promise<number> {
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
