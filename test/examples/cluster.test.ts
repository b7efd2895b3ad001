import { readdirSync } from 'node:fs'
import { get, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { build } from 'esbuild'
import { test } from 'tap'
import { redisIsMissing } from '../helpers/redis.ts'
import { run } from './terminal.ts'

interface Answer { headers: IncomingHttpHeaders, body: string }

/** A request over a connection of its own. */
async function request (url: string): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    get(url, { agent: false, signal: AbortSignal.timeout(5000) }, (response) => {
      text(response).then((body) => resolve({ headers: response.headers, body }), reject)
    }).on('error', reject)
  })
}

/** Tries again until it is not null. */
async function eventually<T> (what: string, attempt: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + 15_000
  for (;;) {
    const result = await attempt()
    if (result !== null) return result
    if (performance.now() > end) throw new Error(`${what}: not within 15 s`)
    await delay(50)
  }
}

const titleOf = ({ body }: Answer): string => JSON.parse(body).stations[0]?.track?.text

function isRunning (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The example, compiled once: each of its processes would otherwise take seconds for it. */
async function compile (folder: string): Promise<string> {
  await build({
    entryPoints: ['examples/cluster/start.ts', 'examples/cluster/instance.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm'
  })
  return join(folder, 'start.mjs')
}

test('one command starts three instances that answer the same, go on without the leader, and end with Ctrl+C', { skip: redisIsMissing }, async (t) => {
  const folder = t.testdir({ temporary: {} })
  const temporary = join(folder, 'temporary')
  const { terminal, interrupt, ended } = run(t, [await compile(folder)], { env: { PORT: '0', PACE: '2000', TMPDIR: temporary } })
  const address = await terminal.prints(/Open (http:\S+) /)
  const list = await terminal.prints(/Instances: (.+)/)
  const pids = Array.from(list.matchAll(/(\d+) \(port/g), ([, pid]) => Number(pid))
  t.equal(pids.length, 4, 'three instances and Redis')
  t.teardown(() => { for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL') })
  t.equal(readdirSync(temporary).length, 1)

  const [first] = await eventually('three instances answer the same', async () => {
    const answers = [await request(`${address}/now-playing`), await request(`${address}/now-playing`), await request(`${address}/now-playing`)]
    const isSame = answers.every(({ headers, body }) => body === answers[0]?.body && headers.etag === answers[0].headers.etag)
    return isSame && titleOf(answers[0] as Answer) !== undefined && new Set(answers.map(({ headers }) => headers['x-instance'])).size === 3 ? answers : null
  })
  t.match(first?.headers.etag, /^"/)
  t.match((await request(address)).body, '<now-playing>')

  const leader = Number(await terminal.prints(/Instance (\d+) leads/))
  t.ok(pids.slice(0, 3).includes(leader))
  process.kill(leader, 'SIGKILL')
  await terminal.prints(new RegExp(`Instance ${leader} has ended`))
  const last = titleOf(await request(`${address}/now-playing`))
  await terminal.prints(new RegExp(`Instance (?!${leader} )\\d+ leads`))
  const instances = new Set<unknown>()
  await eventually('the two others show the next title', async () => {
    const answer = await request(`${address}/now-playing`)
    if (titleOf(answer) !== last) instances.add(answer.headers['x-instance'])
    return instances.size === 2 || null
  })
  t.notOk(instances.has(String(leader)))

  interrupt()
  t.equal(await ended, 0)
  t.same(pids.filter(isRunning), [], 'no process is left')
  t.same(readdirSync(temporary), [], 'no file is left')
})

test('Ctrl+C while it starts leaves nothing', { skip: redisIsMissing }, async (t) => {
  const folder = t.testdir({ temporary: {} })
  const temporary = join(folder, 'temporary')
  const { terminal, interrupt, ended } = run(t, [await compile(folder)], { env: { PORT: '0', TMPDIR: temporary } })
  await eventually('it has begun', async () => readdirSync(temporary).length > 0 || null)
  interrupt()
  t.equal(await ended, 0)
  t.equal(terminal.text, '')
  t.same(readdirSync(temporary), [])
})

test('without redis-server it says what to install', async (t) => {
  const folder = t.testdir({ temporary: {} })
  const temporary = join(folder, 'temporary')
  const { terminal, ended } = run(t, [await compile(folder)], { env: { PATH: folder, TMPDIR: temporary } })
  t.equal(await ended, 1)
  t.match(terminal.text, 'redis-server is not installed')
  t.same(readdirSync(temporary), [])
})
