import type { Backplane } from './backplane.ts'

const RETRY_INTERVAL_MS = 1000

interface Listener {
  /** A text has arrived. */
  onHint (text: string): void
  /** Texts may have been missed. Also called at the beginning. */
  onLost (): void
  isClosed (): boolean
}

/** Starts to receive texts, and tries again until that works. Never rejects. */
export async function keepListening (backplane: Backplane, { onHint, onLost, isClosed }: Listener): Promise<void> {
  while (!isClosed()) {
    try {
      await backplane.listen({ onHint, onLost })
      return onLost()
    } catch {
      await new Promise((resolve) => { setTimeout(resolve, RETRY_INTERVAL_MS).unref() })
    }
  }
}
