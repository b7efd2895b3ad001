import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { dirname, extname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** What an instance tells. */
export type News = { port: number } | { leads: boolean }

export interface Instance {
  readonly pid: number
  /** Null before it listens, and when it has ended. */
  readonly port: number | null
  stop (): Promise<void>
}

export interface RedisProcess {
  readonly pid: number
  readonly port: number
  stop (): Promise<void>
}

const START_TIMEOUT_MS = 10_000
/** Then a process that was asked to end is killed. */
const STOP_TIMEOUT_MS = 3000

/** Starts redis-server with its files in `folder`. Nothing is saved. */
export async function startRedis (folder: string): Promise<RedisProcess> {
  const port = await freePort()
  // Detached: Ctrl+C would reach it before the instances have closed.
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder], { stdio: 'ignore', detached: true })
  await started(child, 'redis-server')
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!await accepts(port)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop(child)
      throw new Error('redis-server does not start')
    }
    await wait(20)
  }
  return { pid: Number(child.pid), port, stop: () => stop(child) }
}

/** Starts instance.ts. Resolves when it listens. `onNews` is told in a line what happens to it. */
export async function startInstance (url: string, redisPort: number, onNews: (line: string) => void): Promise<Instance> {
  const self = fileURLToPath(import.meta.url)
  // This file may have been compiled.
  const program = join(dirname(self), `instance${extname(self)}`)
  const child = fork(program, [url, String(redisPort)])
  const pid = Number(child.pid)
  let port: number | null = null
  let isStopping = false
  child.on('message', (news: News) => {
    if ('leads' in news) onNews(`Instance ${pid} ${news.leads ? 'leads: it reads Icecast' : 'no longer leads'}`)
    else port = news.port
  })
  child.once('exit', () => {
    port = null
    if (!isStopping) onNews(`Instance ${pid} has ended`)
  })
  await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (port === null) throw new Error('An instance does not start')
  return {
    pid,
    get port () { return port },
    async stop () {
      isStopping = true
      await stop(child)
    }
  }
}

/** Rejects when the program cannot be executed. */
async function started (child: ChildProcess, program: string): Promise<void> {
  try {
    await once(child, 'spawn')
  } catch {
    throw new Error(`${program} is not installed (Debian, Ubuntu: apt-get install ${program})`)
  }
}

/** Ends a process that was started here, by its id. */
async function stop (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => { child.kill('SIGKILL') }, STOP_TIMEOUT_MS)
  await exit
  clearTimeout(timer)
}

/** A port of 127.0.0.1 that nobody had a moment ago. */
async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function accepts (port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
