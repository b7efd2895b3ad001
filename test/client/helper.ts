import type { Test } from 'tap'
import type { Station, Track } from '../../lib/schemas.ts'

/** A track that begins at `at` ms of the server's clock. */
export function track (text: string, at = 0, id = `${text} ${at}`): Track {
  const [artist = null, title = null] = text.split(' - ')
  const time = new Date(at).toISOString()
  return { id, text, artist, title, raw: text, kind: 'song', startedAt: time, audibleAt: time, duration: null, endsAt: null, tags: null, mount: '/main.mp3' }
}

/** A station with this track; without one if `text` is null. */
export function station (text: string | null, also: Partial<Station> = {}): Station {
  return {
    id: 'main',
    name: 'Radio Main',
    description: null,
    genre: null,
    url: null,
    status: 'live',
    statusSince: new Date(0).toISOString(),
    fallback: false,
    track: text === null ? null : track(text),
    listeners: { current: null, peak: null },
    mounts: [],
    next: null,
    history: [],
    ...also
  }
}

/** A timer that the client has set. */
export interface Timer {
  ms: number
  /** When it is due, by `performance.now()`. */
  at: number
  fire: () => void
}

/** Replaces the client's timers by timers that the test fires; those of other code run as usual. */
export function timers (t: Test): Timer[] {
  const all: Timer[] = []
  const { setTimeout: set, clearTimeout: clear } = globalThis
  const fake = Object.assign((callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timer | NodeJS.Timeout => {
    if (!isClient(new Error())) return set(callback, ms, ...args)
    const timer = {
      ms,
      at: performance.now() + ms,
      fire () {
        drop(timer)
        callback(...args)
      }
    }
    all.push(timer)
    return timer
  }, set)
  const drop = (timer: unknown): boolean => {
    const index = all.findIndex((one) => one === timer)
    if (index >= 0) all.splice(index, 1)
    return index >= 0
  }
  Reflect.set(globalThis, 'setTimeout', fake)
  Reflect.set(globalThis, 'clearTimeout', (timer: NodeJS.Timeout | undefined) => { if (!drop(timer)) clear(timer) })
  t.teardown(() => Object.assign(globalThis, { setTimeout: set, clearTimeout: clear }))
  return all
}

/** Whether `setTimeout` was called from lib/client. */
function isClient ({ stack = '' }: Error): boolean {
  return /^.*\n.*\n.*[\\/]lib[\\/]client[\\/]/.test(stack)
}

/** Replaces a global until the test ends; with undefined it is missing. */
export function replace (t: Test, name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name)
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  t.teardown(() => {
    if (before === undefined) Reflect.deleteProperty(globalThis, name)
    else Object.defineProperty(globalThis, name, before)
  })
}
