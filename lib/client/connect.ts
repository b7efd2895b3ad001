import type { Connection, Refusal, Transport } from './events.ts'
import { BEST, type Heard } from './lines.ts'
import { BETTER, FIRST_WORD, HEARTBEAT, RETRY, RETRY_MOST } from './times.ts'

/** Keeps a line to the server, the best that the network lets through. Returns how to close it. */
export function connect (url: URL, sleep: boolean | undefined, take: (message: Heard) => void, tell: (connection: Connection) => void): () => void {
  const listening = new AbortController()
  /** How to end the line in use, and the one that is being tried. */
  let line: (() => void) | null = null
  let next: (() => void) | null
  /** That of the line in use. */
  let transport: Transport
  /** When the line in use is dead, unless it says a word before. */
  let deadAt: number
  let told: string
  let timer: ReturnType<typeof setTimeout>
  /** How often it did not work, or not for long. */
  let fails = 0
  /** WebSockets have worked here. */
  let isProven = false

  const say = (state: Connection['state'], refusal?: Refusal): void => {
    if (told !== (told = state + (line && transport))) tell({ state, transport: line && transport, refusal })
  }

  const later = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(open, ms)
  }

  const drop = (state: Connection['state']): void => {
    clearTimeout(timer)
    line?.()
    next?.()
    line = next = null
    say(state)
  }

  const open = (way = BEST): void => {
    const [name, start, other] = way
    let isOver = false
    let limit = FIRST_WORD
    let watchdog: ReturnType<typeof setTimeout>
    let close: (() => void) | undefined

    const end = (): void => {
      isOver = true
      clearTimeout(watchdog)
      close?.()
    }

    const lose = (retry = 0, refusal?: Refusal): void => {
      if (isOver) return
      end()
      const wasUsed = line === end
      if (wasUsed) line = null
      else next = null
      // What was tried was to be better.
      if (line) return later(BETTER)
      // Where WebSockets have worked, it is rather the server that is away than they that are blocked.
      if (!retry && other && !refusal && (fails > 2 || !(wasUsed || isProven))) return open(other)
      // At random, so that pages don't all come back at the same time.
      later((refusal ? RETRY_MOST : Math.min(BETTER, retry)) + Math.min(RETRY_MOST, RETRY * 2 ** fails++) * Math.random())
      // Last: whoever is told may close it.
      say(refusal ? 'refused' : 'connecting', refusal)
    }

    const hear = (message: Heard): void => {
      if (isOver) return
      const { code, stations, heartbeat = HEARTBEAT } = message
      // Only an error has one.
      if (code) return lose(0, message)
      if (line === end) {
        fails = 0
      } else if (stations) {
        line?.()
        line = end
        next = null
        transport = name
        limit = heartbeat * 1.5 + 2000
        // One that was lost meanwhile need not be opened again.
        clearTimeout(timer)
        if (way === BEST) isProven = true
        else later(BETTER)
      } else {
        return
      }
      deadAt = Date.now() + limit
      clearTimeout(watchdog)
      watchdog = setTimeout(lose, limit)
      say('open')
      if (!isOver) take(message)
    }

    clearTimeout(timer)
    next?.()
    next = end
    watchdog = setTimeout(lose, limit)
    try {
      close = start(url, hear, lose)
    } catch {
      lose()
    }
    if (next === end && !line) say('connecting')
  }

  /** A page that is hidden may sleep, and one that is kept to go back to must not have a line. */
  const look = ({ type }: { type: string }): void => {
    const isHidden = globalThis.document?.hidden
    if (type === 'pagehide' || (sleep && isHidden)) drop('asleep')
    // Another network may have come; else it is only a look at what is waited for, or seems to be dead.
    else if (type === 'online' || !(isHidden || next || (line && Date.now() < deadAt))) open()
  }
  for (const type of ['online', 'pagehide', 'pageshow', 'visibilitychange']) globalThis.addEventListener?.(type, look, listening)
  look({ type: 'online' })

  return () => {
    listening.abort()
    drop('closed')
  }
}
