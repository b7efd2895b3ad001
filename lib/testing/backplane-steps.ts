import { ok } from 'node:assert/strict'
import { once, EventEmitter } from 'node:events'
import type { Backplane } from '../backplane/backplane.ts'

// What the tests of a backplane do with one instance.

/** `open` returns another instance, of this test's name or of one that also has `other`. */
export type Open = (other?: string) => Promise<Backplane>
export type Contract = Record<string, (open: Open) => Promise<void>>

/** ms that a lease lasts, where the test does not wait for its end. */
export const LEASE_MS = 5000
/** ms within which everything that is expected has to happen. */
const MAX_WAIT_MS = 10_000
/** ms within which it has to be closed: a second, and some for a busy machine. */
const MAX_CLOSE_MS = 1500

/** What an instance hears. */
export interface Heard {
  readonly all: string[]
  /** The next hint that was not asked for yet. */
  next (): Promise<string | undefined>
  /** Resolves when this hint comes. */
  until (text: string): Promise<void>
  /** Resolves when hints may have been missed from now on. */
  lost (): Promise<unknown>
}

export async function listenTo (backplane: Backplane): Promise<Heard> {
  const all: string[] = []
  const events = new EventEmitter()
  let asked = 0
  await backplane.listen({
    onHint (text) {
      all.push(text)
      events.emit('hint')
    },
    onLost () { events.emit('lost') }
  })
  async function next (): Promise<string | undefined> {
    if (asked === all.length) await within('a hint', once(events, 'hint'))
    return all[asked++]
  }
  return {
    all,
    next,
    async until (text) {
      for (;;) {
        if (await next() === text) return
      }
    },
    lost: () => once(events, 'lost')
  }
}

/** The term of an instance that has to lead now. */
export async function leads (backplane: Backplane, ms = LEASE_MS): Promise<number> {
  const term = await backplane.lead(ms)
  ok(term !== null, 'it does not lead although nobody else does')
  return term
}

export async function closes (backplane: Backplane): Promise<void> {
  await within('close', backplane.close(), MAX_CLOSE_MS)
}

/** Resolves with what is not null. */
export async function eventually<T> (what: string, attempt: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + MAX_WAIT_MS
  for (;;) {
    const result = await attempt()
    if (result !== null) return result
    ok(performance.now() < end, `${what}: not within ${MAX_WAIT_MS} ms`)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
}

export async function within<T> (what: string, promise: Promise<T>, ms = MAX_WAIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
