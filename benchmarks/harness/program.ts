import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** What a benchmark needs isn't there; the message says how to get it. */
export class Missing extends Error {}

/** ms: collecting the garbage of thousands of connections, or making them, takes its time. */
const ANSWERS_WITHIN = 120_000

const running = new Set<Program>()
let folder: string | undefined

process.on('exit', () => {
  for (const program of running) program.kill()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

/** A folder of this run's own, gone at its end. */
export function temporary (): string {
  folder ??= mkdtempSync(join(tmpdir(), 'benchmarks-'))
  return folder
}

/** A file of `benchmarks/`, wherever this was compiled to. */
export function source (path: string): string {
  return fileURLToPath(new URL(`../../../benchmarks/${path}`, import.meta.url))
}

/** Compiles a program in C. @throws Missing */
export function compile (name: string): string {
  const to = join(temporary(), name)
  const { error, status, stderr } = spawnSync('cc', ['-O2', '-o', to, source(`c/${name}.c`)], { encoding: 'utf8' })
  if (error) throw new Missing('a C compiler (apt-get install gcc libc6-dev)')
  if (status !== 0) throw new Error(stderr)
  return to
}

export interface ProgramOptions {
  /** Who it runs as. Default: who runs this. */
  uid?: number
  /** Its stderr goes to nobody. */
  isQuiet?: boolean
}

/** A process that is told what to do by lines, and answers by lines. It ends with this one. */
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

  /** One of `contenders/`. */
  static contender (name: string, args: readonly string[] = []): Program {
    return new Program(process.execPath, ['--expose-gc', source(`contenders/${name}.mjs`), ...args])
  }

  say (line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }

  /** The words after `word` of the next line that begins with it. */
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

  /** Says a command, and answers with the words after it in the line that comes back. */
  async ask (line: string): Promise<number[]> {
    this.say(line)
    return await this.hear(line.split(' ')[0] ?? '', ANSWERS_WITHIN)
  }

  /** How it ended by itself within `ms`: its exit code, or a signal; null: it is still there. */
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

  /** ms of CPU so far, user and system, all of its threads. */
  cpu (): number {
    return cpuOf(this.#child.pid)
  }

  /** Bytes when the garbage is gone. */
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

/** ms of CPU so far of a process, by its number. Linux counts in hundredths of a second. */
export function cpuOf (pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is its name, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
