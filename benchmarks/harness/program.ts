import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** A program that a benchmark requires is not installed; the message says how to install it. */
export class Missing extends Error {}

/** Time limit in ms for one answer: garbage collection with thousands of connections, or opening them, takes long. */
const ANSWERS_WITHIN = 120_000

const running = new Set<Program>()
let folder: string | undefined

process.on('exit', () => {
  for (const program of running) program.kill()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

/** A temporary folder that is removed at the end of the run. */
export function temporary (): string {
  folder ??= mkdtempSync(join(tmpdir(), 'benchmarks-'))
  return folder
}

/** The path of a file in `benchmarks/`, also when this code runs from `dist/`. */
export function source (path: string): string {
  return fileURLToPath(new URL(`../../../benchmarks/${path}`, import.meta.url))
}

/** Compiles a C program. @throws Missing */
export function compile (name: string): string {
  const to = join(temporary(), name)
  const { error, status, stderr } = spawnSync('cc', ['-O2', '-o', to, source(`c/${name}.c`)], { encoding: 'utf8' })
  if (error) throw new Missing('a C compiler (apt-get install gcc libc6-dev)')
  if (status !== 0) throw new Error(stderr)
  return to
}

export interface ProgramOptions {
  /** The uid of the process. Default: that of this process. */
  uid?: number
  /** Whether to discard its stderr. */
  isQuiet?: boolean
}

/** A child process that reads commands and writes answers, one per line. It ends with this process. */
export class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #heard: string[] = []
  readonly #name: string
  #wake: (() => void) | null = null
  #over = ''
  #port: Promise<number[]> | undefined

  constructor (command: string, args: readonly string[], { uid, isQuiet = false }: ProgramOptions = {}) {
    this.#name = [command, ...args].join(' ').slice(0, 100)
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', isQuiet ? 'ignore' : 'inherit'],
      ...(uid !== undefined && { uid, gid: uid })
    })
    running.add(this)
    this.#child.stdin.on('error', () => {})
    this.#child.once('error', (error) => this.#end(error.message))
    this.#child.once('exit', (code, signal) => this.#end(`it ended (${signal ?? code})`))
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#heard.push(line)
      this.#wake?.()
    })
  }

  /** Starts a program of `contenders/`. */
  static contender (name: string, args: readonly string[] = []): Program {
    return new Program(process.execPath, ['--expose-gc', source(`contenders/${name}.mjs`), ...args])
  }

  say (line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  /** Resolves to the words after `word` in the next line that begins with `word`. */
  async hear (word: string, ms = 30_000): Promise<number[]> {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      this.#wake?.()
    }, ms)
    try {
      for (;;) {
        const at = this.#heard.findIndex((line) => line.startsWith(`${word} `))
        const [line] = at === -1 ? [] : this.#heard.splice(at, 1)
        if (line !== undefined) return line.split(' ').slice(1).map(Number)
        if (this.#over !== '') throw new Error(`${this.#name}: ${this.#over}`)
        if (isLate) throw new Error(`${this.#name}: no '${word}' within ${ms} ms`)
        await new Promise<void>((resolve) => { this.#wake = resolve })
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Sends a command, and resolves to the words after it in the answer. */
  async ask (line: string): Promise<number[]> {
    this.say(line)
    return await this.hear(line.split(' ')[0] ?? '', ANSWERS_WITHIN)
  }

  /** The exit code or signal with which the process ended within `ms`; null: it still runs. */
  async ended (ms: number): Promise<string | null> {
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) {
      const [code, signal] = await once(this.#child, 'exit', { signal: AbortSignal.timeout(ms) }).catch(() => [null, null])
      return code === null && signal === null ? null : String(signal ?? code)
    }
    return String(signalCode ?? exitCode)
  }

  async port (): Promise<number> {
    const [port = NaN] = await (this.#port ??= this.hear('port'))
    return port
  }

  /** CPU time in ms so far, user and system, of all threads. */
  cpu (): number {
    return cpuOf(this.#child.pid)
  }

  /** Memory in bytes after garbage collection. */
  async memory (): Promise<{ rss: number, heap: number }> {
    this.say('memory')
    const [rss = NaN, heapUsed = NaN, external = NaN] = await this.hear('memory')
    return { rss, heap: heapUsed + external }
  }

  kill (): void {
    this.#child.kill('SIGKILL')
  }

  async end (): Promise<void> {
    if (this.#over !== '') return
    const ended = once(this.#child, 'exit')
    this.kill()
    await ended
  }

  #end (why: string): void {
    running.delete(this)
    this.#over = why
    this.#wake?.()
  }
}

/** CPU time in ms so far of a process. Linux counts in hundredths of a second. */
export function cpuOf (pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is the name of the process, which may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
