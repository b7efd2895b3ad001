import { SNAPSHOT_TIMEOUT_MS } from './timeouts.ts'
import type { OnLoss, OnMessage, OpenTransport } from './transports.ts'

/** One connection over one transport, from the handshake to its end. */
export interface Attempt {
  /** Connects. It fails at once where the transport is not available. */
  start: (open: OpenTransport, url: URL) => void
  /** Disconnects without calling `onLoss`. */
  end: () => void
  /** Disconnects and calls `onLoss`. */
  lose: OnLoss
  /** Sets the time in ms until the connection counts as lost, unless this is called again before. */
  expectWithin: (ms: number) => void
}

/**
 * Watches one connection. `onLoss` is called at most once: when the transport reports its end, when it is silent for too
 * long, or when it is not available. After that, and after `end`, no message is passed on.
 */
export function createAttempt (onMessage: OnMessage, onLoss: OnLoss): Attempt {
  let isOver = false
  let watchdog: ReturnType<typeof setTimeout>
  let close: (() => void) | undefined

  const end = (): void => {
    isOver = true
    clearTimeout(watchdog)
    close?.()
  }
  const lose: OnLoss = (retry, refusal) => {
    if (isOver) return
    end()
    onLoss(retry, refusal)
  }
  const expectWithin = (ms: number): void => {
    clearTimeout(watchdog)
    watchdog = setTimeout(lose, ms)
  }

  const start = (open: OpenTransport, url: URL): void => {
    expectWithin(SNAPSHOT_TIMEOUT_MS)
    try {
      close = open(url, (message) => { if (!isOver) onMessage(message) }, lose)
    } catch {
      lose()
    }
  }

  return { start, end, lose, expectWithin }
}
