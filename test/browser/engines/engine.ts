import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'

/** A page in one of the engines. */
export interface EnginePage {
  /** The value of an expression in the page, which may be a promise, as JSON. */
  evaluate: (expression: string) => Promise<unknown>
  /** Whether assistive technology is told that the element which an expression returns has this role. */
  hasRole: (expression: string, role: string) => Promise<boolean>
  /** Puts another page before this one, or makes its window small. */
  hide: () => Promise<void>
  show: () => Promise<void>
}

/** A browser that has been started. */
export interface Driver {
  open: (url: string) => Promise<EnginePage>
}

export interface Engine {
  name: string
  /** For tap's `skip`: the reason why it is missing. With `CI` set nothing is skipped, so that a missing one fails. */
  missing: string | false
  /** It ends with the test. */
  start: (t: Test) => Promise<Driver>
}

/** Starts a program in a process group of its own, which ends with the test. */
export function startGroup (t: Test, command: string, args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const exit = once(child, 'exit').catch(() => {})
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }
  process.once('exit', kill)
  t.teardown(async () => {
    kill()
    await exit
  })
  return child
}

/** The first match in what a program prints. Fails with all it printed if it ends before. */
export async function printed (child: ChildProcess, pattern: RegExp): Promise<string> {
  const { stdout, stderr } = child
  return await new Promise((resolve, reject) => {
    const lines: string[] = []
    for (const input of [stdout, stderr]) {
      if (input === null) continue
      createInterface({ input }).on('line', (line) => {
        lines.push(line)
        const [, found] = pattern.exec(line) ?? []
        if (found !== undefined) resolve(found)
      })
    }
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`${child.spawnfile} ended: ${lines.join('\n')}`)))
  })
}

/** Waits until the page is hidden or visible. */
export function visibilityIs (state: 'hidden' | 'visible'): string {
  return `new Promise((resolve) => {
    const look = () => document.visibilityState === '${state}' && resolve(true)
    document.addEventListener('visibilitychange', look)
    look()
  })`
}
