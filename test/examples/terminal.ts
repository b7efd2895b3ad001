import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

/** What has been printed, and a way to wait for more. */
export class Terminal {
  text = ''
  readonly #waiting = new Set<() => void>()

  print (line: string): void {
    this.text += `${line}\n`
    for (const look of this.#waiting) look()
  }

  /** The first group of the first match, old or new. */
  async prints (pattern: RegExp): Promise<string> {
    return await new Promise((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.text)
        if (match === null) return
        this.#waiting.delete(look)
        resolve(match[1] ?? match[0])
      }
      this.#waiting.add(look)
      look()
    })
  }
}

export interface Run {
  terminal: Terminal
  /** Ctrl-C. */
  interrupt: () => void
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string | null>
}

/** A program as its own process, as somebody starts it; gone when the test ends. */
export function run (t: Test, args: string[], { env = {}, cwd, program = process.execPath }: { env?: Record<string, string>, cwd?: string, program?: string } = {}): Run {
  const { ICECAST_URL, PORT, HOST, PACE, ...inherited } = process.env
  const child = spawn(program, args, { env: { ...inherited, ...env }, cwd })
  t.teardown(() => { child.kill('SIGKILL') })
  const terminal = new Terminal()
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => terminal.print(line))
  return { terminal, interrupt: () => { child.kill('SIGINT') }, ended: once(child, 'close').then(([code, signal]) => code ?? signal) }
}
