import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './ports.ts'

export interface RedisServer {
  readonly port: number
  /** `redis://127.0.0.1:<port>` */
  readonly url: string
  readonly pid: number
  /** Runs one command over a connection of its own, and resolves with the first line of the answer. */
  command (...args: string[]): Promise<string>
  /** Ends the process at once. */
  stop (): Promise<void>
  /** Starts it again on the same port, with what was saved (`SAVE`) last. */
  start (): Promise<void>
  /** Ends the process and deletes its files. */
  close (): Promise<void>
}

/** Starts a redis-server on a free port of 127.0.0.1. It saves nothing unless it is told to. */
export async function startRedis (...options: string[]): Promise<RedisServer> {
  return await startServer(() => ['--save', '', '--appendonly', 'no', ...options])
}

/** Starts a Redis Sentinel on a free port of 127.0.0.1, with this configuration. It writes what it learns into its file. */
export async function startSentinel (configuration: string): Promise<RedisServer> {
  return await startServer(async (folder) => {
    const file = join(folder, 'sentinel.conf')
    await writeFile(file, configuration)
    return [file, '--sentinel']
  })
}

async function startServer (argumentsIn: (folder: string) => string[] | Promise<string[]>): Promise<RedisServer> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  const options = await argumentsIn(folder)
  let child: ChildProcess | null = null

  async function start (): Promise<void> {
    // setpriv: the kernel ends it with this process, however that ends.
    const started = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', ...options, '--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      { stdio: ['ignore', 'pipe', 'inherit'] })
    child = started
    let log = ''
    started.stdout.on('data', (chunk: Buffer) => { log = (log + chunk.toString()).slice(-2000) })
    const exit = once(started, 'exit').then(() => { throw new Error(`redis-server ended: ${log}`) })
    exit.catch(() => {})
    await Promise.race([exit, answers(port)])
  }

  async function stop (): Promise<void> {
    const running = child
    child = null
    if (running === null || running.exitCode !== null || running.signalCode !== null) return
    const exit = once(running, 'exit')
    running.kill('SIGKILL')
    await exit
  }

  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid () { return child?.pid ?? 0 },
    command: (...args) => command(port, args),
    stop,
    start,
    async close () {
      await stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function answers (port: number): Promise<void> {
  for (;;) {
    try {
      if (await command(port, ['PING']) === '+PONG') return
    } catch {}
    await delay(10)
  }
}

async function command (port: number, args: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(`*${args.length}\r\n` + args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join(''))
    let answer = ''
    for await (const chunk of socket.setEncoding('utf8')) {
      answer += chunk
      if (isWhole(answer)) return answer.startsWith('$') ? answer.slice(answer.indexOf('\r\n') + 2, -2) : answer.trimEnd()
    }
    throw new Error('redis-server closed the connection')
  } finally {
    socket.destroy()
  }
}

function isWhole (answer: string): boolean {
  const end = answer.indexOf('\r\n')
  if (end < 0) return false
  const length = answer.startsWith('$') ? Number(answer.slice(1, end)) : -1
  return length < 0 || Buffer.byteLength(answer) >= end + 2 + length + 2
}
