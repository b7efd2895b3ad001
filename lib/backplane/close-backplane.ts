import { withTimeout } from '../store/with-timeout.ts'
import type { Backplane } from './backplane.ts'

const LEAVE_TIMEOUT_MS = 300
const CLOSE_TIMEOUT_MS = 1000

/** Gives up the lease and closes the backplane. `contacting`: an attempt to lead that may be under way. Never rejects. */
export async function closeBackplane (backplane: Backplane, contacting: Promise<void>): Promise<void> {
  await settled(LEAVE_TIMEOUT_MS, () => contacting)
  await settled(LEAVE_TIMEOUT_MS, () => backplane.leave())
  await settled(CLOSE_TIMEOUT_MS, () => backplane.close())
}

/** Waits for something that may fail or hang. */
export async function settled (ms: number, act: () => unknown): Promise<void> {
  await withTimeout(ms, 'close', act).catch(() => {})
}
