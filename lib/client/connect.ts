import type { Connection, Refusal, Transport } from './events.ts'
import { LINES, type Heard } from './lines.ts'

interface Line {
  /** Its place among them, the best being 0. */
  level: number
  /** Nothing was heard for too long. */
  isDead (): boolean
  end (): void
}

export interface ConnectOptions {
  url: URL
  /** Whether to close the line while the page is hidden. */
  sleep: boolean
  hear (message: Heard): void
  tell (connection: Connection): void
}

const TRANSPORTS: readonly Transport[] = ['websocket', 'eventstream', 'polling']
/** ms that a line may take to its first word. */
const FIRST_WORD = 8000
/** ms between two heartbeats where the server doesn't say. */
const HEARTBEAT = 25_000
/** ms that the browser may take to open an event stream again: the server may have asked it to wait for a minute. */
const REST = 75_000
/** ms until a line is tried again: at the most the first time, and ever. */
const RETRY = 1000
const RETRY_MOST = 30_000
/** About how many ms until a better line is tried again. */
const BETTER = 300_000

/** Keeps a line to the server, the best that the network lets through. Returns how to close it. */
export function connect ({ url, sleep, hear, tell }: ConnectOptions): () => void {
  const { document } = globalThis
  const listening = new AbortController()
  /** The line in use, and the one that is being tried. */
  let line: Line | undefined
  let next: Line | undefined
  let timer: ReturnType<typeof setTimeout>
  let fails = 0
  /** WebSockets have worked here. */
  let isProven = false
  let told: string

  const say = (state: Connection['state'], refusal?: Refusal): void => {
    const transport = line ? TRANSPORTS[line.level] ?? null : null
    if (told !== (told = state + transport)) tell({ state, transport, ...refusal && { refusal } })
  }

  const later = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(open, ms)
  }

  /** The line in use goes on meanwhile. */
  const seekBetter = (): void => {
    clearTimeout(timer)
    if (line?.level) later(BETTER * (0.5 + Math.random()))
  }

  const drop = (state: Connection['state']): void => {
    clearTimeout(timer)
    line?.end()
    next?.end()
    line = next = undefined
    say(state)
  }

  const open = (level = 0): void => {
    let limit = FIRST_WORD
    let isOver = false
    let heardAt: number
    let watchdog: ReturnType<typeof setTimeout>
    let close: (() => void) | undefined

    const mine: Line = {
      level,
      isDead: () => Date.now() - heardAt > limit,
      end () {
        isOver = true
        clearTimeout(watchdog)
        close?.()
      }
    }

    const watch = (ms: number): void => {
      heardAt = Date.now()
      clearTimeout(watchdog)
      watchdog = setTimeout(lose, ms)
    }

    const lose = (retry?: number, refusal?: Refusal): void => {
      if (isOver) return
      mine.end()
      const isUsed = mine === line
      if (isUsed) line = undefined
      else next = undefined
      if (line) return seekBetter()
      // Another is being tried already.
      if (next) return say('connecting')
      let wait = Math.min(retry ?? NaN, 2 * RETRY_MOST)
      if (!(wait >= 0)) {
        // Where they have worked, it is rather the server that is away than WebSockets that are blocked.
        if (!isUsed && level < 2 && !refusal && (!isProven || fails > 2)) return open(level + 1)
        // At random, so that pages don't all come back at the same time.
        wait = Math.random() * Math.min(RETRY_MOST, RETRY * 2 ** fails) + (refusal && fails > 2 ? RETRY_MOST : 0)
        fails++
      }
      say(refusal ? 'refused' : 'waiting', refusal)
      later(wait)
    }

    clearTimeout(timer)
    next?.end()
    next = mine
    if (!line) say('connecting')
    watch(limit)
    try {
      close = LINES[level]?.(url, {
        lose,
        rest () {
          if (mine === next) return lose()
          watch(REST)
          say('waiting')
        },
        hear (message) {
          if (isOver || !message) return
          const { type, stations, heartbeat = HEARTBEAT } = message
          if (type === 'error') return lose(NaN, message)
          if (type === 'snapshot') {
            // Nothing that we know.
            if (!Array.isArray(stations)) return
            limit = heartbeat * 1.5 + 2000
            if (mine === next) {
              line?.end()
              line = mine
              next = undefined
              fails = 0
              isProven ||= !level
              seekBetter()
            }
          }
          watch(limit)
          if (mine === line) say('open')
          hear(message)
        }
      })
    } catch {
      lose()
    }
  }

  const isAsleep = (): boolean => sleep && document?.hidden
  const wake = (): void => { if (!isAsleep()) open() }
  const on = (target: EventTarget | undefined, type: string, listener: (event: Event) => void): void => target?.addEventListener?.(type, listener, listening)
  on(document, 'visibilitychange', () => {
    if (isAsleep()) drop('asleep')
    else if (!document.hidden && (!line || line.isDead())) open()
  })
  // The network may be another one.
  on(globalThis, 'online', wake)
  // A page that is kept, to go back to, must not have a line.
  on(globalThis, 'pagehide', () => drop('asleep'))
  on(globalThis, 'pageshow', (event) => { if ('persisted' in event && event.persisted) wake() })
  if (isAsleep()) say('asleep')
  else open()

  return () => {
    listening.abort()
    drop('closed')
  }
}
